using System.Globalization;
using System.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>Writes the table for people with curl: under 80 columns, what is bad first.</summary>
internal static class HealthTable
{
    private const int MaximumNameWidth = 50;
    private const string Indent = "  ";

    public static byte[] Render(RouteVerdict verdict, HealthDetail detail, AppIdentity identity, IReadOnlyList<Incident> open, DateTimeOffset now)
    {
        var text = new StringBuilder(1024);
        WriteHead(text, verdict, detail, identity);
        if (detail != HealthDetail.Status && verdict.Checks.Count > 0)
        {
            WriteChecks(text, verdict.Checks, detail == HealthDetail.Full, now);
        }

        if (detail == HealthDetail.Full)
        {
            WriteIncidents(text, open, now);
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>An age in one unit, short: 12 s, 5 min, 3 h, 4 d.</summary>
    internal static string Age(TimeSpan age)
    {
        var (value, unit) = age switch
        {
            { Ticks: <= 0 } => (0, "s"),
            { TotalSeconds: < 100 } => (age.TotalSeconds, "s"),
            { TotalMinutes: < 100 } => (age.TotalMinutes, "min"),
            { TotalHours: < 48 } => (age.TotalHours, "h"),
            _ => (age.TotalDays, "d"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(value):0} {unit}");
    }

    private static void WriteHead(StringBuilder text, RouteVerdict verdict, HealthDetail detail, AppIdentity identity)
    {
        List<string> head = [verdict.Status.ToString()];
        if (detail == HealthDetail.Full)
        {
            head.AddRange(new[] { identity.Name, identity.Version }.OfType<string>());
            head.Add("on " + identity.Host);
            if (identity.StartedAt is { } started)
            {
                head.Add("since " + started.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            }
        }

        PlainText.Wrap(text, string.Join(' ', head), indent: "");
        if (verdict.Draining)
        {
            PlainText.Wrap(text, "Draining: the app was asked to stop, readiness is 503.", indent: "");
        }
    }

    private static void WriteChecks(StringBuilder text, IReadOnlyList<CheckState> checks, bool full, DateTimeOffset now)
    {
        // A stable sort: within a status the order of registration stays.
        var rows = checks.OrderBy(check => check.Status).Select(check => (Check: check, Name: PlainText.Clean(check.Name))).ToList();
        var width = Math.Clamp(rows.Max(row => PlainText.Width(row.Name)), "NAME".Length, MaximumNameWidth);
        text.Append('\n');
        WriteRow(text, width, "NAME", "STATUS", "AGE");

        foreach (var (check, name) in rows)
        {
            WriteRow(text, width, name, check.Status.ToString(), check.CheckedAt is { } checkedAt ? Age(now - checkedAt) : "-");
            WriteNotes(text, check, full, now);
        }
    }

    private static void WriteIncidents(StringBuilder text, IReadOnlyList<Incident> open, DateTimeOffset now)
    {
        if (open.Count == 0)
        {
            return;
        }

        text.Append('\n');
        PlainText.Wrap(text, "Open incidents:", indent: "");
        foreach (var incident in open)
        {
            List<string?> notes =
            [
                incident.Reason,
                incident.Cause is { } cause ? "caused by " + cause : null,
                incident.Silence is { } silence and not IncidentSilence.Cause ? silence.ToString().ToLowerInvariant() : null,
                incident.IsFlapping ? "flapping" : null,
                incident.Occurrences > 1 ? string.Create(CultureInfo.InvariantCulture, $"{incident.Occurrences} times") : null,
            ];
            var details = string.Join(", ", notes.OfType<string>());
            Wrap(text, $"{incident.Check} {incident.Status}, for {Age(now - incident.OpenedAt)}{(details.Length > 0 ? ": " + details : "")}; {incident.Id}");
        }
    }

    private static void WriteRow(StringBuilder text, int width, string name, string status, string age)
    {
        var nameWidth = PlainText.Width(name);
        if (nameWidth > width)
        {
            // Too long for its column: it gets lines of its own.
            PlainText.Wrap(text, name, indent: "");
            name = "";
            nameWidth = 0;
        }

        text.Append(name).Append(' ', width - nameWidth).Append(Indent)
            .Append(status.PadRight(nameof(HealthStatus.Unhealthy).Length)).Append(Indent)
            .Append(age.PadLeft(6)).Append('\n');
    }

    private static void WriteNotes(StringBuilder text, CheckState check, bool full, DateTimeOffset now)
    {
        List<string> notes = [];
        if (check.Condition != CheckCondition.Current)
        {
            notes.Add(check.Condition.ToString().ToLowerInvariant());
        }

        if (check.LatestStatus is { } latest && latest != check.Status)
        {
            notes.Add("latest result: " + latest);
        }

        if (check.RunningSince is { } running && now - running > check.Policy.Timeout)
        {
            notes.Add("running for " + Age(now - running));
        }

        if (notes.Count > 0)
        {
            PlainText.Wrap(text, string.Join(", ", notes), Indent);
        }

        if (check.Status == HealthStatus.Healthy && check.LatestStatus is null or HealthStatus.Healthy)
        {
            // The numbers are what people look for before anything is wrong.
            Wrap(text, full ? check.Description : null);
            return;
        }

        if (full || HealthJson.IsReasonForAll(check))
        {
            Wrap(text, check.Reason);
        }

        if (full)
        {
            Wrap(text, check.Description ?? check.Exception?.Message);
            if (check.Exception is { } exception)
            {
                Wrap(text, exception.Message == check.Description ? exception.Type : $"{exception.Type}: {exception.Message}");
            }

            Wrap(text, check.Remedy is { Length: > 0 } remedy ? "Remedy: " + remedy : null);
        }
    }

    private static void Wrap(StringBuilder text, string? note)
    {
        if (!string.IsNullOrWhiteSpace(note))
        {
            PlainText.Wrap(text, PlainText.Clean(note), Indent);
        }
    }
}
