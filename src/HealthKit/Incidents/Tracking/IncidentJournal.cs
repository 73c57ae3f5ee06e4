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
/// A second, small record says that every outbox has the message. An incident whose last message lacks it is told again at the next
/// start, to those outboxes that do not know the message.
/// </remarks>
internal sealed partial class IncidentJournal(StateDirectory directory, TimeProvider time, ILogger logger) : IDisposable
{
    private const int CapacityBytes = 8 * 1024 * 1024; // 1,000 open incidents in half of it

    /// <summary>The sequence numbers of each incident's latest record, and of the one that says its message is queued.</summary>
    private readonly Dictionary<string, (long Change, long Queued)> _latest = new(StringComparer.OrdinalIgnoreCase);

    private readonly HashSet<long> _needed = [];
    private Journal? _journal;
    private bool _isFull;

    /// <summary>The journal; null before <see cref="Open"/>.</summary>
    public Journal? Journal => _journal;

    /// <summary>Opens it; once.</summary>
    /// <returns>Each incident as it was written down last, in that order; with a notice where its message may not have been queued.</returns>
    public IReadOnlyList<(Incident Incident, IncidentNotice? Unqueued, HealthStatus? Told)> Open()
    {
        _journal = Journal.Open(directory, "incidents", CapacityBytes, (sequence, _) => _needed.Contains(sequence), time, logger);
        var found = new Dictionary<string, IncidentChange>(StringComparer.OrdinalIgnoreCase);
        var order = new Dictionary<string, long>(StringComparer.OrdinalIgnoreCase);
        foreach (var record in _journal.ReadAll())
        {
            if (Parse(record.Payload.Span) is not { } change)
            {
                continue;
            }

            if (change.Incident is { } incident)
            {
                Remember(incident.Id, record.Sequence);
                found[incident.Id] = change;
                order[incident.Id] = record.Sequence;
            }
            else if (change.Queued is { } id && found.TryGetValue(id, out var known) && known.Incident!.Messages == change.Number)
            {
                RememberQueued(id, record.Sequence);
                found[id] = known with { Notice = null };
            }
        }

        return [.. order.OrderBy(pair => pair.Value).Select(pair => found[pair.Key]).Select(change => (change.Incident!, change.Notice, change.Told))];
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

    /// <summary>Every outbox that is to have the incident's latest message has it.</summary>
    public void WriteQueued(Incident incident)
    {
        if (Append(new IncidentChange { Queued = incident.Id, Number = incident.Messages }, out var sequence))
        {
            RememberQueued(incident.Id, sequence);
        }
    }

    /// <summary>An incident need not be kept any longer.</summary>
    public void Forget(string id)
    {
        if (_latest.Remove(id, out var latest))
        {
            _needed.Remove(latest.Change);
            _needed.Remove(latest.Queued);
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

    private bool Append(IncidentChange change, out long sequence) => Append(ToBytes(change), out sequence);

    private bool Append(byte[] bytes, out long sequence)
    {
        sequence = 0;
        return _journal is { } journal && journal.TryAppend(bytes, out sequence);
    }

    private static byte[] ToBytes(IncidentChange change) => JsonSerializer.SerializeToUtf8Bytes(change, IncidentChangeJson.Default.IncidentChange);

    private void Remember(string id, long sequence)
    {
        var (change, queued) = _latest.GetValueOrDefault(id);
        _needed.Remove(change);
        _needed.Remove(queued); // it was about an earlier message, or is written anew
        _needed.Add(sequence);
        _latest[id] = (sequence, 0);
    }

    private void RememberQueued(string id, long sequence)
    {
        if (_latest.TryGetValue(id, out var latest))
        {
            _needed.Remove(latest.Queued);
            _needed.Add(sequence);
            _latest[id] = latest with { Queued = sequence };
        }
    }

    [LoggerMessage(EventId = 310, Level = LogLevel.Error, Message = "The journal of incidents has no room: the incident of check '{Check}' is kept in memory only, beside {Count} others that are kept")]
    private static partial void LogFull(ILogger logger, string check, int count);
}

/// <summary>A record of the journal: a change of an incident with what is to be told of it, or that this was queued.</summary>
internal sealed record IncidentChange
{
    public Incident? Incident { get; init; }

    /// <summary>The worst status that was told of it.</summary>
    public HealthStatus? Told { get; init; }

    public IncidentNotice? Notice { get; init; }

    public string? Queued { get; init; }

    public int Number { get; init; }
}

/// <summary>Its serializer.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(IncidentChange))]
internal sealed partial class IncidentChangeJson : JsonSerializerContext;
