namespace HealthKit;

/// <summary>A sink that there is to be: code and configuration brought together.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">The name of its type.</param>
/// <param name="Policy">Which incidents it is told.</param>
/// <param name="Create">Makes it.</param>
/// <param name="IsOwned">Whether who makes it disposes it; otherwise the container does.</param>
internal sealed record SinkDefinition(
    string Name, string Type, SinkPolicy Policy, Func<IServiceProvider, IIncidentSink> Create, bool IsOwned = true)
{
    private const string LogType = "Log";

    /// <summary>The name of the check of a sink.</summary>
    public string CheckName => "sink_" + Name;

    /// <summary>Whether it has a check: the log goes nowhere that could be down.</summary>
    public bool HasCheck => Policy.Enabled && !Type.Equals(LogType, StringComparison.OrdinalIgnoreCase);
}
