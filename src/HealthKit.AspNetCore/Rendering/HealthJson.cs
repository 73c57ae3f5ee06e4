using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Text.Unicode;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>
/// Writes the HealthChecks UI contract, as that project's own writer does, with members of our own behind the contract's: the dashboard
/// passes over what it does not know.
/// </summary>
internal static partial class HealthJson
{
    // The encoder of the contract's writer: other scripts stay readable, and nothing that means something in HTML gets through.
    internal static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All), SkipValidation = true };

    public static byte[] Render(RouteVerdict verdict, HealthDetail detail, AppIdentity identity, IReadOnlyList<Incident> open)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            Write(writer, verdict, detail, identity, detail == HealthDetail.Full ? open : []);
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Whether the summary shows a check's reason: when it is a code that HealthKit chose. A check of someone else may put anything there,
    /// and a host's name or address looks like a code.
    /// </summary>
    internal static bool IsReasonForAll(CheckState check) =>
        check.Reason is { Length: <= 64 } reason && Code().IsMatch(reason) && (check.Descriptor is not null || IsOfTheEngine(reason));

    private static void Write(Utf8JsonWriter writer, RouteVerdict verdict, HealthDetail detail, AppIdentity identity, IReadOnlyList<Incident> open)
    {
        var checks = detail == HealthDetail.Status ? [] : verdict.Checks;
        var incidents = open.ToLookup(incident => incident.Check, StringComparer.OrdinalIgnoreCase);
        writer.WriteStartObject();
        writer.WriteString("status"u8, Word(verdict.Status));
        writer.WriteString("totalDuration"u8, (checks.Count == 0 ? TimeSpan.Zero : checks.Max(check => check.Duration)).ToString("c"));
        writer.WriteStartObject("entries"u8);
        foreach (var check in checks)
        {
            WriteEntry(writer, check, incidents[check.Name].FirstOrDefault(), full: detail == HealthDetail.Full);
        }

        writer.WriteEndObject();
        if (verdict.Draining)
        {
            writer.WriteBoolean("draining"u8, true);
        }

        if (detail == HealthDetail.Full)
        {
            WriteOptional(writer, "version"u8, identity.Version);
            WriteOptional(writer, "commit"u8, identity.Commit);
            WriteOptional(writer, "startedAt"u8, identity.StartedAt);
            writer.WriteString("host"u8, identity.Host);
            WriteIncidents(writer, checks, incidents);
        }

        writer.WriteEndObject();
    }

    /// <summary>The open incidents of the route's checks in short; <c>/health/incidents</c> has them whole.</summary>
    private static void WriteIncidents(Utf8JsonWriter writer, IReadOnlyList<CheckState> checks, ILookup<string, Incident> incidents)
    {
        writer.WriteStartArray("incidents"u8);
        foreach (var incident in checks.SelectMany(check => incidents[check.Name]))
        {
            writer.WriteStartObject();
            writer.WriteString("id"u8, incident.Id);
            writer.WriteString("check"u8, incident.Check);
            WriteOptional(writer, "reason"u8, incident.Reason);
            writer.WriteString("status"u8, Word(incident.Status));
            writer.WriteString("openedAt"u8, incident.OpenedAt);
            WriteOptional(writer, "cause"u8, incident.Cause);
            WriteOptional(writer, "silence"u8, incident.Silence?.ToString());
            writer.WriteNumber("occurrences"u8, incident.Occurrences);
            writer.WriteBoolean("isFlapping"u8, incident.IsFlapping);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteEntry(Utf8JsonWriter writer, CheckState check, Incident? incident, bool full)
    {
        writer.WriteStartObject(check.Name);

        // The contract, in its order.
        writer.WritePropertyName("data"u8);
        if (full)
        {
            HealthDataJson.Write(writer, check.Data);
            WriteOptional(writer, "description"u8, check.Description ?? check.Exception?.Message);
        }
        else
        {
            writer.WriteStartObject();
            writer.WriteEndObject();
        }

        writer.WriteString("duration"u8, check.Duration.ToString("c"));
        if (full)
        {
            WriteOptional(writer, "exception"u8, check.Exception?.Details);
        }

        writer.WriteString("status"u8, Word(check.Status));
        writer.WriteStartArray("tags"u8);
        foreach (var tag in check.Tags)
        {
            writer.WriteStringValue(tag);
        }

        writer.WriteEndArray();

        // Our own.
        WriteOptional(writer, "checkedAt"u8, check.CheckedAt);
        writer.WriteString("since"u8, check.Since);
        WriteOptional(writer, "runningSince"u8, check.RunningSince);
        writer.WriteString("condition"u8, check.Condition.ToString());
        if (check.LatestStatus is { } latest)
        {
            writer.WriteString("latestStatus"u8, Word(latest));
        }

        if (full || IsReasonForAll(check))
        {
            WriteOptional(writer, "reason"u8, check.Reason);
        }

        if (full && check.Status != HealthStatus.Healthy)
        {
            WriteOptional(writer, "cause"u8, incident?.Cause);
            WriteOptional(writer, "remedy"u8, check.Remedy);
        }

        writer.WriteEndObject();
    }

    private static bool IsOfTheEngine(string reason) =>
        reason.StartsWith("check.", StringComparison.Ordinal)
        || reason.StartsWith("monitor.", StringComparison.Ordinal)
        || reason.StartsWith("runtime.", StringComparison.Ordinal);

    private static string Word(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => nameof(HealthStatus.Healthy),
        HealthStatus.Degraded => nameof(HealthStatus.Degraded),
        _ => nameof(HealthStatus.Unhealthy),
    };

    private static void WriteOptional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }

    private static void WriteOptional(Utf8JsonWriter writer, ReadOnlySpan<byte> name, DateTimeOffset? value)
    {
        if (value is { } time)
        {
            writer.WriteString(name, time);
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*\z")]
    private static partial Regex Code();
}
