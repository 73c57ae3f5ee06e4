using System.IO.Compression;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>What an event for Sentry costs, and that there is no cost while nothing changes.</summary>
internal static class SentryRows
{
    private static readonly DateTimeOffset At = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    public static IEnumerable<Row> Measure(BenchmarkOptions options)
    {
        var redactor = new Redactor();
        var trail = new SentryTrail();
        var well = State("disk", HealthStatus.Healthy);
        for (var i = 0; i < SentryTrail.Capacity; i++)
        {
            trail.OnTransition(well with { Name = $"check{i % 10}" }, State($"check{i % 10}", HealthStatus.Unhealthy));
        }

        var events = new SentryEvents(new SentrySettings { ProcessType = "web" }, redactor, trail);
        var message = Message();
        var interleaved = new Interleaved(options.Quick);
        var full = interleaved.Measure(() => events.OfIncident(message, Evidence));
        yield return Row.OfTime("Sentry event with 50 breadcrumbs and evidence, built and written", full);
        yield return Row.OfBytes("Sentry event with 50 breadcrumbs and evidence, allocated", full);
        var plain = new SentryEvents(new SentrySettings(), redactor, new SentryTrail());
        yield return Row.OfTime("Sentry event of an incident alone, built and written", interleaved.Measure(() => plain.OfIncident(message, null)));
        var app = new SentryApp("shop", "1.2.3", "web-1");
        var extra = new Dictionary<string, object?> { ["rows"] = 17, ["file"] = "/var/spool/import/orders.csv" };
        yield return Row.OfTime(
            "Sentry message with 2 extras, built and written",
            interleaved.Measure(() => plain.OfMessage(OwnMessage.Of(At, LogLevel.Warning, "import stopped", extra, null, redactor), app)));
        var made = events.OfIncident(message, Evidence);
        var (raw, compressed) = Sizes(made);
        yield return new Row("Sentry envelope of that incident", Text.Bytes(raw), "", "", "", null);
        yield return new Row("Sentry envelope of that incident, as it travels", Text.Bytes(compressed), Text.Bytes(raw), Text.Number((double)compressed / raw), "", null);
        var idle = interleaved.Measure(() => trail.OnResult(well));
        yield return Row.OfTime("Sentry, result of a check that is well", idle);
        yield return Row.OfBytes("Sentry, result of a check that is well, allocated", idle, atMost: 0);
    }

    private const string Evidence =
        """{"at":"2026-11-22T10:00:05Z","check":{"name":"disk","status":"Unhealthy","data":{"path":"/data","freeBytes":1610612736,"freePercent":1.2}},"checks":[{"name":"disk","status":"Unhealthy"},{"name":"db","status":"Healthy"}]}""";

    private static CheckState State(string name, HealthStatus status) => new()
    {
        Name = name, Status = status, Condition = CheckCondition.Current, Since = At, Reason = "disk.space.low", Description = "/data: free space 1.2 %, unhealthy below 5 %", Policy = new CheckPolicy(),
    };

    private static IncidentMessage Message() => new()
    {
        Id = "0194f3c2b7a17c3e8d5e6f7a8b9c0d1e-1", Kind = IncidentMessageKind.Opened, At = At, Application = "shop", Version = "1.2.3", Host = "web-1",
        Incident = new Incident
        {
            Id = "0194f3c2b7a17c3e8d5e6f7a8b9c0d1e", Check = "disk", CheckType = "DiskSpace", Reason = "disk.space.low", Reasons = ["disk.space.low"],
            Status = HealthStatus.Unhealthy, WorstStatus = HealthStatus.Unhealthy, OpenedAt = At, UpdatedAt = At,
            Description = "/data: free space 1.2 %, unhealthy below 5 %", Remedy = "Free space on /data.",
            ReadingsBefore = [new("freeBytes", 4.1e10, "bytes"), new("freePercent", 42.1, "percent")],
            ReadingsAt = [new("freeBytes", 1.6e9, "bytes"), new("freePercent", 1.2, "percent")],
        },
    };

    private static (int Raw, int Compressed) Sizes(SentryIncidentEvent made)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        SentryEnvelope.Write(
            output, made.EventId, [SentryItem.Event(made.Json), .. made.Attachments.Select(file => SentryItem.Attachment(file.Name, file.Content, file.ContentType))], At);
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(output.WrittenSpan);
        }

        return (output.WrittenCount, (int)compressed.Length);
    }
}
