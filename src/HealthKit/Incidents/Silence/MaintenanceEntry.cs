namespace HealthKit;

/// <summary>The keys of an entry of <c>HealthKit:Maintenance</c>.</summary>
internal sealed class MaintenanceEntry
{
    public static readonly OptionSchema Schema = OptionSchema.Of<MaintenanceEntry>();

    public DateTimeOffset? Begin { get; set; }

    public DateTimeOffset? End { get; set; }

    public string? Reason { get; set; }

    public IList<string> Checks { get; set; } = [];
}
