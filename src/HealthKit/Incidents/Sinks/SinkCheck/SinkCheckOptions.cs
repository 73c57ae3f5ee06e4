namespace HealthKit;

/// <summary>Which sink a check of a sink is about.</summary>
internal sealed class SinkCheckOptions
{
    /// <summary>The sink's name.</summary>
    public string Sink { get; set; } = "";
}
