using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// Makes events: of incidents, and of the app's own messages. The same message makes the same event id at every attempt.
/// </summary>
internal sealed class SentryEvents(SentrySettings settings, Redactor redactor, SentryTrail trail)
{
    public const string EvidenceName = "evidence.json";

    private const string Logger = "healthkit";
    private const string Platform = "csharp";
    private const string NoReason = "no-reason";
    private const int MaxTag = 200;
    private const int MaxCrumbs = 50;
    private const int MaxCrumbText = 300;
    private const int MaxReadings = 50;
    private const int MaxDataBytes = 16 * 1024;
    private const int MaxFingerprint = 20;

    /// <summary>The event's id of a message's id.</summary>
    public static string IdOf(string messageId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes("healthkit/" + messageId), hash);

        // Sentry calls it a UUID of version 4 (RFC 9562, section 5.4).
        hash[6] = (byte)((hash[6] & 0x0F) | 0x40);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return Convert.ToHexStringLower(hash[..16]);
    }

    /// <summary>The event of an incident's message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="evidence">The incident's evidence as JSON, if there is any.</param>
    /// <param name="traceId">What ties it to a check-in: 32 hexadecimal digits; null when nothing does.</param>
    public SentryIncidentEvent OfIncident(IncidentMessage message, string? evidence, string? traceId = null)
    {
        using var document = Parse(evidence);
        using var writer = new EventWriter(redactor);
        var id = IdOf(message.Id);
        var (title, template, parameters, fingerprint) = Name(message, writer);
        var incident = message.Incident;
        var json = writer.Json;
        json.WriteStartObject();
        Head(writer, id, message.At, Level(message), message.Host, settings.Release ?? ReleaseOf(message));
        json.WriteStartObject("logentry");
        json.WriteString("message", template);
        WriteTexts(json, "params", parameters);

        // Sentry's title is the first line: it stays the same whatever the rest says.
        var body = message.Kind == IncidentMessageKind.Test ? "" : SentryText.Lines(IncidentText.Body(Clean(message)), EventWriter.MaxMessage - title.Length - 1);
        json.WriteString("formatted", body.Length == 0 ? title : $"{title}\n{body}");
        json.WriteEndObject();
        writer.Text("transaction", incident.Check, MaxTag);
        WriteTexts(json, "fingerprint", fingerprint);
        WriteTags(writer, message);
        json.WriteStartObject("contexts");
        WriteIncident(writer, message);
        WriteReadings(writer, "readings before", incident.ReadingsBefore);
        WriteReadings(writer, "readings at", incident.ReadingsAt);
        WriteReadings(writer, "readings after", incident.ReadingsAfter);
        WriteCheck(writer, incident, message.At, document);
        WriteException(writer, incident);
        WriteApp(writer, message.Application, message.Version);
        WriteTrace(json, traceId);
        json.WriteEndObject();
        if (incident.Exception is { } exception && message.Kind is IncidentMessageKind.Opened or IncidentMessageKind.Updated)
        {
            WriteExceptionValue(writer, exception);
        }

        WriteCrumbs(writer, message.At);
        json.WriteEndObject();
        return new SentryIncidentEvent
        {
            EventId = id,
            Timestamp = message.At,
            Fingerprint = fingerprint,
            Json = writer.ToBytes(),
            Attachments = document is null || message.Kind != IncidentMessageKind.Opened ? [] : [new(EvidenceName, Evidence(document), "application/json")],
        };
    }

    /// <summary>A message of the app's own.</summary>
    public SentryIncidentEvent OfMessage(OwnMessage message, SentryApp app)
    {
        var (id, at, level, text) = (message.Id, message.At, message.Level, message.Text);
        using var writer = new EventWriter(redactor);
        var json = writer.Json;
        json.WriteStartObject();
        Head(writer, id, at, Level(level), app.Host, settings.Release ?? app.Release);
        var formatted = writer.Lines(text, EventWriter.MaxMessage);
        json.WriteStartObject("logentry");
        json.WriteString("formatted", formatted.Length == 0 ? "(no text)" : formatted);
        json.WriteEndObject();
        List<string> parts = [.. message.Fingerprint.Select(part => writer.Line(part, MaxTag)).Where(part => part.Length > 0).Take(MaxFingerprint)];
        if (parts.Count > 0)
        {
            WriteTexts(json, "fingerprint", parts);
        }

        json.WriteStartObject("tags");
        Tag(writer, "host", app.Host);
        Tag(writer, "version", app.Version);
        Tag(writer, "process_type", settings.ProcessType);
        json.WriteEndObject();
        json.WriteStartObject("contexts");
        WriteApp(writer, app.Name, app.Version);
        json.WriteEndObject();
        if (message.Extra is { } extra)
        {
            json.WritePropertyName("extra");
            json.WriteRawValue(extra);
        }

        WriteCrumbs(writer, at);
        json.WriteEndObject();
        return new SentryIncidentEvent { EventId = id, Timestamp = at, Fingerprint = parts, Json = writer.ToBytes() };
    }

    private static string Level(IncidentMessage message) =>
        message.Kind is IncidentMessageKind.Resolved or IncidentMessageKind.Test ? "info"
        : message.Incident.Status == HealthStatus.Unhealthy ? "error" : "warning";

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => "debug",
        LogLevel.Information or LogLevel.None => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "fatal",
    };

    private static string? ReleaseOf(IncidentMessage message) =>
        message.Version is { Length: > 0 } version ? SentryRules.ToRelease($"{message.Application}@{version}") : null;

    private static string Status(HealthStatus status) => status switch
    {
        HealthStatus.Unhealthy => "unhealthy",
        HealthStatus.Degraded => "degraded",
        _ => "healthy",
    };

    private static JsonDocument? Parse(string? evidence)
    {
        if (evidence is null)
        {
            return null;
        }

        try
        {
            var document = JsonDocument.Parse(evidence);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
        }
        catch (JsonException)
        {
            // Kept evidence that is torn tells nothing; the incident is told without it.
        }

        return null;
    }

    /// <summary>
    /// Each text by itself, before words are put around it: they were redacted once, but a secret may have been registered since; and the
    /// reading <c>tokenCount</c>, which reads <c>token: 7</c> there, is none.
    /// </summary>
    private IncidentMessage Clean(IncidentMessage message)
    {
        var incident = message.Incident;
        return message with
        {
            Application = redactor.Redact(message.Application),
            Version = Redacted(message.Version),
            Host = redactor.Redact(message.Host),
            Incident = incident with
            {
                Description = Redacted(incident.Description),
                Remedy = Redacted(incident.Remedy),
                Exception = incident.Exception is { } e ? new ExceptionInfo(Redacted(e.Type), Redacted(e.Message), "") : null,
                Cause = Redacted(incident.Cause),
                SilenceReason = Redacted(incident.SilenceReason),
                Dependents = [.. incident.Dependents.Select(redactor.Redact)],
                ReadingsBefore = Of(incident.ReadingsBefore),
                ReadingsAt = Of(incident.ReadingsAt),
                ReadingsAfter = Of(incident.ReadingsAfter),
            },
        };

        [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(text))]
        string? Redacted(string? text) => text is null ? null : redactor.RedactBeginning(text, EventWriter.MaxRedacted);

        List<Reading> Of(IReadOnlyList<Reading> readings) =>
            [.. readings.Select(reading => reading with { Name = redactor.Redact(reading.Name), Item = Redacted(reading.Item) })];
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void WriteTrace(Utf8JsonWriter json, string? traceId)
    {
        if (traceId is not null)
        {
            json.WriteStartObject("trace");
            json.WriteString("trace_id", traceId);
            json.WriteString("span_id", traceId.AsSpan(0, 16));
            json.WriteEndObject();
        }
    }

    private static void WriteReadings(EventWriter writer, string name, IReadOnlyList<Reading> readings)
    {
        if (readings.Count == 0)
        {
            return;
        }

        writer.Json.WriteStartObject(name);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var reading in readings.Take(MaxReadings))
        {
            var key = writer.Line(reading.Item is { Length: > 0 } item ? $"{item} {reading.Name}" : reading.Name, MaxTag);
            if (key.Length > 0 && names.Add(key))
            {
                writer.Number(key, reading.Value);
            }
        }

        writer.Json.WriteEndObject();
    }

    private static void WriteApp(EventWriter writer, string application, string? version)
    {
        writer.Json.WriteStartObject("app");
        writer.Text("app_name", application, MaxTag);
        writer.Text("app_version", version, MaxTag);
        writer.Json.WriteEndObject();
        writer.Json.WriteStartObject("runtime");
        writer.Json.WriteString("name", ".NET");
        writer.Json.WriteString("version", Environment.Version.ToString());
        writer.Json.WriteEndObject();
    }

    private static void WriteIncident(EventWriter writer, IncidentMessage message)
    {
        var incident = message.Incident;
        var json = writer.Json;
        json.WriteStartObject("incident");
        writer.Text("id", incident.Id);
        writer.Text("message_id", message.Id);
        json.WriteString("told_as", message.Kind.ToString().ToLowerInvariant());
        json.WriteString("status", Status(incident.Status));
        json.WriteString("worst_status", Status(incident.WorstStatus));
        writer.Text("description", incident.Description, lines: true);
        writer.Text("remedy", incident.Remedy, lines: true);
        json.WriteString("opened_at", EventWriter.Time(incident.OpenedAt));
        if (incident.ResolvedAt is { } resolved)
        {
            json.WriteString("resolved_at", EventWriter.Time(resolved));
            writer.Number("duration_seconds", Math.Max(0, (resolved - incident.OpenedAt).TotalSeconds));
            writer.Text("resolution", incident.Resolution?.ToString());
        }

        json.WriteNumber("occurrences", incident.Occurrences);
        json.WriteBoolean("flapping", incident.IsFlapping);
        writer.Text("cause", incident.Cause);
        writer.Text("cause_incident", incident.CauseIncidentId);
        writer.Text("silent_because", message.IsSilent ? incident.Silence?.ToString() : null);
        writer.Text("reasons", string.Join(", ", incident.Reasons));
        writer.Text("tags", string.Join(", ", incident.Tags));
        if (incident.Gap is { } gap)
        {
            json.WriteString("unknown_until", EventWriter.Time(gap.Until));
        }

        json.WriteEndObject();
    }

    private static void WriteException(EventWriter writer, Incident incident)
    {
        if (incident.Exception is { } exception)
        {
            writer.Json.WriteStartObject("exception details");
            writer.Text("text", exception.Details, EventWriter.MaxMessage, lines: true);
            writer.Json.WriteEndObject();
        }
    }

    private static void WriteExceptionValue(EventWriter writer, ExceptionInfo exception)
    {
        var json = writer.Json;
        var type = writer.Line(exception.Type, MaxTag);
        json.WriteStartObject("exception");
        json.WriteStartArray("values");
        json.WriteStartObject();
        json.WriteString("type", type.Length == 0 ? nameof(Exception) : type);
        writer.Text("value", exception.Message, EventWriter.MaxMessage, lines: true);
        json.WriteStartObject("mechanism");
        json.WriteString("type", Logger);
        json.WriteBoolean("handled", true);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Tag(EventWriter writer, string name, string? value) => writer.Text(name, value, MaxTag);

    private static (string Title, string Template, string[] Parameters, string[] Fingerprint) Name(IncidentMessage message, EventWriter writer)
    {
        if (message.Kind == IncidentMessageKind.Test)
        {
            return ("HealthKit: test", "HealthKit: test", [], ["healthkit", "test"]);
        }

        // Of the incident's first reason: a later one is the same incident, and the same issue.
        var incident = message.Incident;
        var check = Or(writer.Line(incident.Check, MaxTag), "?");
        var reason = Or(writer.Line(incident.Reasons is [var first, ..] ? first : incident.Reason, MaxTag), NoReason);
        return message.Kind == IncidentMessageKind.Resolved
            ? ($"{check}: recovered ({reason})", "%s: recovered (%s)", [check, reason], ["healthkit", check, reason, "recovered"])
            : ($"{check}: {reason}", "%s: %s", [check, reason], ["healthkit", check, reason]);
    }

    private static string Or(string text, string other) => text.Length > 0 ? text : other;

    private void Head(EventWriter writer, string id, DateTimeOffset at, string level, string host, string? release)
    {
        var json = writer.Json;
        json.WriteString("event_id", id);
        json.WriteString("timestamp", EventWriter.Time(at));
        json.WriteString("platform", Platform);
        json.WriteString("level", level);
        json.WriteString("logger", Logger);
        writer.Text("server_name", settings.ServerName ?? host, MaxTag);
        if (release is not null)
        {
            json.WriteString("release", release);
        }

        json.WriteString("environment", settings.Environment);
        json.WriteStartObject("sdk");
        json.WriteString("name", SentrySdk.Name);
        json.WriteString("version", SentrySdk.Version);
        json.WriteEndObject();
    }

    private void WriteTags(EventWriter writer, IncidentMessage message)
    {
        var incident = message.Incident;
        writer.Json.WriteStartObject("tags");
        Tag(writer, "check", incident.Check);
        Tag(writer, "reason", incident.Reason);
        Tag(writer, "status", message.Kind != IncidentMessageKind.Resolved ? Status(incident.Status)
            : incident.Resolution == IncidentResolution.Recovered ? "healthy" : "unknown");
        Tag(writer, "host", message.Host);
        Tag(writer, "app", message.Application);
        Tag(writer, "version", message.Version);
        Tag(writer, "process_type", settings.ProcessType);
        Tag(writer, "item", incident.Item);
        writer.Json.WriteEndObject();
    }

    /// <summary>What the check said: its evidence has it, and this run remembers it.</summary>
    private void WriteCheck(EventWriter writer, Incident incident, DateTimeOffset at, JsonDocument? evidence)
    {
        using var own = evidence is null && trail.LastBad(incident.Check, at) is { } lastBad ? Frozen(lastBad) : null;
        JsonElement data = default;
        if (evidence is not null)
        {
            _ = evidence.RootElement.TryGetProperty("check", out var check) && check.ValueKind == JsonValueKind.Object && check.TryGetProperty("data", out data);
        }
        else if (own is not null)
        {
            data = own.RootElement;
        }

        var json = writer.Json;
        json.WriteStartObject("check");
        writer.Text("name", incident.Check, MaxTag);
        writer.Text("check_type", incident.CheckType, MaxTag);
        if (data.ValueKind == JsonValueKind.Object)
        {
            var room = MaxDataBytes;
            var names = new HashSet<string>(["name", "check_type", "type"], StringComparer.Ordinal);
            foreach (var member in data.EnumerateObject())
            {
                var size = member.Name.Length + member.Value.GetRawText().Length;
                if (size <= room && writer.Key(member.Name) is { Length: > 0 } key && names.Add(key))
                {
                    room -= size;
                    writer.Frozen(key, member);
                }
            }
        }

        writer.Json.WriteEndObject();
    }

    private static JsonDocument Frozen(IReadOnlyDictionary<string, object?> data)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output))
        {
            HealthDataJson.Write(writer, data);
        }

        return JsonDocument.Parse(output.WrittenMemory);
    }

    private void WriteCrumbs(EventWriter writer, DateTimeOffset until)
    {
        var steps = trail.Until(until, MaxCrumbs);
        if (steps.Count == 0)
        {
            return;
        }

        var json = writer.Json;
        json.WriteStartArray("breadcrumbs");
        foreach (var step in steps)
        {
            json.WriteStartObject();
            json.WriteString("timestamp", EventWriter.Time(step.At));
            json.WriteString("type", "default");
            json.WriteString("category", "health.transition");
            json.WriteString("level", step.After switch { HealthStatus.Unhealthy => "error", HealthStatus.Degraded => "warning", _ => "info" });
            var before = step.Before is { } status ? Status(status) : "pending";

            // Each part by itself: "auth_token: healthy" put together reads as a secret behind its name.
            var reason = step.Reason is null ? "" : $" ({writer.Line(step.Reason, MaxTag)})";
            json.WriteString("message", SentryText.Line($"{writer.Line(step.Check, MaxTag)}: {before} → {Status(step.After)}{reason}", MaxCrumbText));
            if (writer.Line(step.Description, MaxCrumbText) is { Length: > 0 } description)
            {
                json.WriteStartObject("data");
                json.WriteString("description", description);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private byte[] Evidence(JsonDocument document)
    {
        using var writer = new EventWriter(redactor);
        writer.Frozen(document.RootElement);
        return writer.ToBytes().ToArray();
    }
}
