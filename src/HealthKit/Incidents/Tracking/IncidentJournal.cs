using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// Writes each change of an incident down, and what of it is to be told, in one record: after a kill both are known or neither. One thread at a
/// time.
/// </summary>
/// <remarks>
/// The outboxes have a message before the next change is written. So only the last change's may be missing there: at the next start it is handed
/// to those outboxes that do not know it, unless an orderly stop has written down that they all have it.
/// </remarks>
internal sealed partial class IncidentJournal(StateDirectory directory, TimeProvider time, ILogger logger) : IDisposable
{
    private const int CapacityBytes = 8 * 1024 * 1024; // 1,000 open incidents in half of it

    /// <summary>The sequence number of each incident's latest record.</summary>
    private readonly Dictionary<string, long> _latest = new(StringComparer.OrdinalIgnoreCase);

    private readonly NeededRecords _needed = new();
    private long _queued;
    private Journal? _journal;
    private bool _isFull;

    /// <summary>The journal; null before <see cref="Open"/>.</summary>
    public Journal? Journal => _journal;

    /// <summary>Whether it is known what earlier runs left.</summary>
    public bool HasReadEarlier => _needed.HasReadEarlier;

    /// <summary>Opens it; once.</summary>
    /// <returns>What <see cref="ReadEarlier"/> gives.</returns>
    public IReadOnlyList<(Incident Incident, IncidentNotice? Unqueued, HealthStatus? Told)> Open()
    {
        _journal = Journal.Open(directory, "incidents", CapacityBytes, _needed.IsNeeded, time, logger);
        return ReadEarlier();
    }

    /// <summary>
    /// What earlier runs left, once: nothing while that cannot be read. Without a disk at the start it comes to light when the disk comes back.
    /// </summary>
    /// <returns>Each incident as it was written down last, in that order; with a notice where its message may not have been queued.</returns>
    public IReadOnlyList<(Incident Incident, IncidentNotice? Unqueued, HealthStatus? Told)> ReadEarlier()
    {
        if (_journal is null || _needed.ReadEarlier(_journal) is not { } records)
        {
            return [];
        }

        var found = new Dictionary<string, IncidentChange>(StringComparer.OrdinalIgnoreCase);
        string? last = null;
        var latest = new Dictionary<string, long>(StringComparer.OrdinalIgnoreCase);
        foreach (var record in records)
        {
            if (Parse(record.Payload.Span) is not { } change)
            {
                continue;
            }

            last = change.Incident?.Id;
            if (change.Incident is { } incident)
            {
                latest[incident.Id] = record.Sequence;
                found[incident.Id] = change;
            }
        }

        foreach (var (id, sequence) in latest)
        {
            _needed.Add(sequence);
            _latest[id] = sequence;
        }

        _needed.EndReading(records);
        return
        [
            .. latest.OrderBy(pair => pair.Value).Select(pair => found[pair.Key])
                .Select(change => (change.Incident!, change.Incident!.Id == last ? change.Notice : null, change.Told)),
        ];
    }

    /// <summary>Writes a change down. Where there is no room it stays in memory alone, and that is logged.</summary>
    public void Write(Incident incident, IncidentNotice? notice, HealthStatus? told)
    {
        if (AppendSmallEnough(new IncidentChange { Incident = incident, Notice = notice, Told = told }, out var sequence))
        {
            Remember(incident.Id, sequence);
            _isFull = false;
        }
        else if (!_isFull)
        {
            _isFull = true;
            LogFull(logger, incident.Check, _latest.Count);
        }
    }

    /// <summary>The outboxes have every message, for the next run too.</summary>
    public void WriteQueued()
    {
        if (_latest.Count > 0 && Append(ToBytes(new IncidentChange()), out var sequence))
        {
            _needed.Remove(_queued);
            _needed.AddOwn(_queued = sequence);
        }
    }

    /// <summary>An incident need not be kept any longer.</summary>
    public void Forget(string id)
    {
        if (_latest.Remove(id, out var latest))
        {
            _needed.Remove(latest);
        }
    }

    public void Dispose() => _journal?.Dispose();

    private static IncidentChange? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, IncidentChangeJson.Default.IncidentChange);
        }
        catch (JsonException)
        {
            return null; // of a later version; its checksum was right
        }
    }

    private bool AppendSmallEnough(IncidentChange change, out long sequence)
    {
        var bytes = ToBytes(change);
        if (bytes.Length > _journal?.MaxRecordBytes)
        {
            // Long texts and many readings: rather without some of them than lost with the process.
            bytes = SmallerIncident.Of(change.Incident!)
                .Select(smaller => ToBytes(change with { Incident = smaller }))
                .FirstOrDefault(smaller => smaller.Length <= _journal.MaxRecordBytes, bytes);
        }

        return Append(bytes, out sequence);
    }

    private bool Append(byte[] bytes, out long sequence)
    {
        sequence = 0;
        return _journal is { } journal && journal.TryAppend(bytes, out sequence);
    }

    private static byte[] ToBytes(IncidentChange change) => JsonSerializer.SerializeToUtf8Bytes(change, IncidentChangeJson.Default.IncidentChange);

    private void Remember(string id, long sequence)
    {
        _needed.Remove(_latest.GetValueOrDefault(id));
        _needed.AddOwn(sequence);
        _latest[id] = sequence;
    }

    [LoggerMessage(EventId = 310, Level = LogLevel.Error, Message = "The journal of incidents has no room: the incident of check '{Check}' is kept in memory only, beside {Count} others that are kept")]
    private static partial void LogFull(ILogger logger, string check, int count);
}

/// <summary>A record of the journal: a change of an incident with what is to be told of it; without an incident, that all was queued.</summary>
internal sealed record IncidentChange
{
    public Incident? Incident { get; init; }

    /// <summary>The worst status that was told of it.</summary>
    public HealthStatus? Told { get; init; }

    public IncidentNotice? Notice { get; init; }
}

/// <summary>Its serializer.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(IncidentChange))]
internal sealed partial class IncidentChangeJson : JsonSerializerContext;
