using System.Text.Json;

namespace HealthKit;

/// <summary>The downtime ledger at one moment. Down is what is unhealthy; degraded is not.</summary>
/// <param name="At">The moment.</param>
/// <param name="KnownSince">Since when the ledger has been kept.</param>
/// <param name="App">The app as a whole: down while any check is.</param>
/// <param name="Checks">Each check that the ledger knows, by name.</param>
/// <param name="Outages">Every outage that is kept, of checks and of the app, the last one first.</param>
public sealed record DowntimeReport(
    DateTimeOffset At, DateTimeOffset KnownSince, Downtime App, IReadOnlyList<Downtime> Checks, IReadOnlyList<Outage> Outages)
{
    /// <summary>Writes the report as one JSON object.</summary>
    /// <param name="writer">The writer, at a place where a value may stand.</param>
    /// <exception cref="ArgumentNullException"><paramref name="writer"/> is null.</exception>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        throw new NotSupportedException(At.ToString("u"));
    }

    /// <summary>The outages as CSV (RFC 4180) with a header line, the last one first.</summary>
    public string ToCsv() => throw new NotSupportedException(At.ToString("u"));
}
