namespace HealthKit;

/// <summary>What policies and configuration say about incidents. Immutable: a reload makes a new one.</summary>
internal sealed class IncidentRules
{
    /// <param name="names">The registered checks.</param>
    /// <param name="policies">Their policies.</param>
    /// <param name="windows">The maintenance windows of the configuration.</param>
    /// <param name="maintenanceFile">The maintenance file's path; null for none.</param>
    public IncidentRules(
        RegisteredNames names,
        IReadOnlyCollection<NamedPolicy> policies,
        IReadOnlyList<MaintenanceWindow> windows,
        string? maintenanceFile)
    {
        Names = names;
        Dependencies = new DependencyGraph(policies);
        Mutes = [.. policies
            .Where(policy => policy.Policy is { MutedUntil: not null, MuteReason: not null })
            .Select(policy => new Mute(policy.Name, policy.Policy.MuteReason!, policy.Policy.MutedUntil!.Value))];
        Windows = windows;
        MaintenanceFile = maintenanceFile;
    }

    public RegisteredNames Names { get; }

    public DependencyGraph Dependencies { get; }

    /// <summary>The mutes of the policies, also those that are over.</summary>
    public IReadOnlyList<Mute> Mutes { get; }

    /// <summary>The maintenance windows of the configuration, also those that are over.</summary>
    public IReadOnlyList<MaintenanceWindow> Windows { get; }

    public string? MaintenanceFile { get; }
}
