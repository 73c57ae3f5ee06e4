namespace HealthKit;

/// <summary>A check-in to be sent. Immutable.</summary>
internal sealed record CheckIn(string Id, string Slug, SentryCheckInStatus Status)
{
    public TimeSpan? Duration { get; init; }

    public SentryMonitorConfig? Monitor { get; init; }

    /// <summary>What ties it to an event.</summary>
    public string? TraceId { get; init; }

    public static string NewId() => Guid.NewGuid().ToString("N");

    /// <summary>It as JSON (https://develop.sentry.dev/sdk/telemetry/check-ins/).</summary>
    public ReadOnlyMemory<byte> ToJson(SentrySettings settings, string? release, Redactor redactor)
    {
        using var writer = new EventWriter(redactor);
        var json = writer.Json;
        json.WriteStartObject();
        json.WriteString("check_in_id", Id);
        json.WriteString("monitor_slug", Slug);
        json.WriteString("status", Status switch { SentryCheckInStatus.Ok => "ok", SentryCheckInStatus.Error => "error", _ => "in_progress" });
        if (Duration is { } duration)
        {
            writer.Number("duration", Math.Max(0, duration.TotalSeconds));
        }

        if ((settings.Release ?? release) is { } name)
        {
            json.WriteString("release", name);
        }

        json.WriteString("environment", settings.Environment);
        if (TraceId is not null)
        {
            json.WriteStartObject("contexts");
            json.WriteStartObject("trace");
            json.WriteString("trace_id", TraceId);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        Monitor?.Write(json);
        json.WriteEndObject();
        return writer.ToBytes();
    }
}
