namespace HealthKit;

/// <summary>
/// Collects evidence when an incident opens: what stood around it at that moment. Register implementations as singletons. Called after the
/// sinks' messages are on their way, so that it holds up none.
/// </summary>
public interface IIncidentEvidence
{
    /// <summary>The key under which it stands in the incident's evidence; camelCase: <c>processes</c>.</summary>
    string Name { get; }

    /// <summary>Collects. What it returns is frozen, redacted and bounded like a check's data; an exception is noted in its place.</summary>
    /// <param name="incident">The incident as it opened.</param>
    /// <param name="state">The state of its check.</param>
    /// <param name="cancellationToken">Ends after 5 s: later evidence is thrown away.</param>
    /// <returns>The evidence, or null when there is none to this incident.</returns>
    Task<IReadOnlyDictionary<string, object?>?> CollectAsync(Incident incident, CheckState state, CancellationToken cancellationToken);
}
