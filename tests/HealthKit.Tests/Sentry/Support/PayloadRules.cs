using System.Text.Json;
using System.Text.RegularExpressions;

namespace HealthKit.Tests.Sentry;

/// <summary>
/// What stands in the payloads (https://develop.sentry.dev/sdk/foundations/transport/event-payloads/,
/// https://develop.sentry.dev/sdk/telemetry/check-ins/, https://develop.sentry.dev/sdk/telemetry/client-reports/).
/// </summary>
internal static partial class PayloadRules
{
    private static readonly Func<JsonElement, string?> Level = Is.OneOf("fatal", "error", "warning", "info", "debug");

    private static readonly Rules Frame = new Rules("frame")
        .Optional("filename", Is.Text).Optional("function", Is.Text).Optional("module", Is.Text).Optional("package", Is.Text)
        .Optional("abs_path", Is.Text).Optional("lineno", Is.Count).Optional("colno", Is.Count).Optional("in_app", Is.Boolean)
        .Optional("instruction_addr", Is.Text).Optional("context_line", Is.Any).Optional("pre_context", Is.Any).Optional("post_context", Is.Any)
        .Optional("platform", Is.Text).Optional("vars", Is.Object);

    private static readonly Rules Stack = new Rules("stacktrace").Required("frames", Is.ListOf(Frame.Find, least: 1));

    private static readonly Rules Exception = new Rules("exception")
        .Required("type", Is.Text).Optional("value", Is.TextUpTo(8192, oneLine: false)).Optional("module", Is.Text)
        .Optional("thread_id", Is.Any).Optional("stacktrace", Stack.Find)
        .Optional("mechanism", new Rules("mechanism")
            .Required("type", Is.Text).Optional("handled", Is.Boolean).Optional("synthetic", Is.Boolean).Optional("description", Is.Text)
            .Optional("data", Is.Object).Optional("exception_id", Is.Count).Optional("parent_id", Is.Count)
            .Optional("is_exception_group", Is.Boolean).Optional("source", Is.Text).Find);

    private static readonly Rules Breadcrumb = new Rules("breadcrumb")
        .Required("timestamp", Is.Time).Optional("type", Is.Text).Optional("category", Is.Text)
        .Optional("message", Is.TextUpTo(8192, oneLine: false)).Optional("level", Level).Optional("data", Is.Object);

    private static readonly Rules FormattedMessage = new Rules("message")
        .Required("formatted", Is.TextUpTo(8192, oneLine: false)).Optional("message", Is.TextUpTo(8192, oneLine: false))
        .Optional("params", Is.ListOf(Is.Any));

    private static readonly Func<JsonElement, string?> Message = value =>
        value.ValueKind == JsonValueKind.Object ? FormattedMessage.Find(value) : Is.TextUpTo(8192, oneLine: false)(value);

    private static readonly Func<JsonElement, string?> Release = value =>
        Is.TextUpTo(200)(value) ?? (value.GetString() is "." or ".." or " " || value.GetString()!.AsSpan().ContainsAny('/', '\\') ? "is no release's name" : null);

    private static readonly Func<JsonElement, string?> Environment = value =>
        Is.TextUpTo(64)(value) ?? (value.GetString() == "None" || value.GetString()!.AsSpan().ContainsAny('/', ' ') ? "is no environment's name" : null);

    private static readonly Func<JsonElement, string?> Contexts = Is.MapOf(key => null, Is.Object);

    /// <summary>An event.</summary>
    public static Rules Event { get; } = new Rules("event")
        .Required("event_id", Is.EventId).Required("timestamp", Is.Time)
        .Required("platform", Is.OneOf("csharp", "native", "node", "javascript", "other"))
        .Optional("level", Level).Optional("logger", Is.Text).Optional("transaction", Is.TextUpTo(200)).Optional("type", Is.OneOf("error", "default"))
        .Optional("server_name", Is.TextUpTo(200)).Optional("release", Release).Optional("dist", Is.TextUpTo(64)).Optional("environment", Environment)
        .Optional("tags", Is.MapOf(TagKey, Is.TextUpTo(200))).Optional("modules", Is.MapOf(key => null, Is.Text)).Optional("extra", Is.Object)
        .Optional("fingerprint", Is.ListOf(Is.Text, least: 1)).Optional("errors", Is.ListOf(Is.Object))
        .Optional("message", Message).Optional("logentry", FormattedMessage.Find)
        .Optional("exception", Is.Values(Exception.Find)).Optional("breadcrumbs", Is.Values(Breadcrumb.Find))
        .Optional("contexts", Contexts).Optional("user", Is.Object).Optional("request", Is.Object).Optional("threads", Is.Values(Is.Object))
        .Optional("debug_meta", Is.Object)
        .Optional("sdk", new Rules("sdk")
            .Required("name", Is.Text).Required("version", Is.Text).Optional("integrations", Is.ListOf(Is.Text)).Optional("packages", Is.ListOf(Is.Object))
            .Optional("settings", Is.Object).Find);

    private static readonly Rules Schedule = new Rules("schedule")
        .Required("type", Is.OneOf("crontab", "interval")).Required("value", Is.Any)
        .Optional("unit", Is.OneOf("year", "month", "week", "day", "hour", "minute"));

    private static readonly Rules MonitorConfig = new Rules("monitor_config")
        .Required("schedule", FindInSchedule).Optional("checkin_margin", Is.Count).Optional("max_runtime", Is.Count).Optional("timezone", Is.Text)
        .Optional("failure_issue_threshold", Is.Count).Optional("recovery_threshold", Is.Count).Optional("owner", Is.Text);

    /// <summary>A check-in.</summary>
    public static Rules CheckIn { get; } = new Rules("check_in")
        .Required("check_in_id", Is.EventId).Required("monitor_slug", Is.Slug).Required("status", Is.OneOf("in_progress", "ok", "error"))
        .Optional("duration", Is.Number).Optional("release", Release).Optional("environment", Environment).Optional("contexts", Contexts)
        .Optional("monitor_config", MonitorConfig.Find);

    /// <summary>A client report.</summary>
    public static Rules ClientReport { get; } = new Rules("client_report")
        .Optional("timestamp", Is.Time)
        .Required("discarded_events", Is.ListOf(
            new Rules("discarded event")
                .Required("reason", Is.OneOf(
                    "queue_overflow", "cache_overflow", "ratelimit_backoff", "network_error", "sample_rate", "before_send", "event_processor", "send_error",
                    "internal_sdk_error", "insufficient_data", "backpressure", "buffer_overflow", "ignored", "invalid"))
                .Required("category", Is.OneOf("default", "error", "transaction", "monitor", "span", "log_item", "security", "attachment", "session", "profile", "replay", "feedback"))
                .Required("quantity", value => Is.Count(value) ?? (value.GetUInt32() == 0 ? "is 0" : null)).Find,
            least: 1));

    private static string? FindInSchedule(JsonElement value) => Schedule.Find(value) ?? (value.GetProperty("type").GetString() == "interval"
        ? Is.Count(value.GetProperty("value")) ?? (value.TryGetProperty("unit", out _) ? null : "has no unit")
        : Is.Text(value.GetProperty("value")));

    private static string? TagKey(string key) => Tag().IsMatch(key) ? null : $"has the key '{key}'";

    /// <summary>What Sentry takes as a tag's key: at most 200 characters of these.</summary>
    [GeneratedRegex(@"\A[a-zA-Z0-9_.:-]{1,200}\z")]
    private static partial Regex Tag();
}
