using System.Globalization;
using System.Text;
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
    private const string Newline = "\r\n"; // RFC 4180, section 2

    /// <summary>
    /// Writes the report as one JSON object: names in camelCase, times in ISO 8601, lengths as <c>[d.]hh:mm:ss[.fffffff]</c>, percentages
    /// rounded to 4 digits after the point. What is null is left out.
    /// </summary>
    /// <param name="writer">The writer, at a place where a value may stand.</param>
    /// <exception cref="ArgumentNullException"><paramref name="writer"/> is null.</exception>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("at", At);
        writer.WriteString("knownSince", KnownSince);
        writer.WritePropertyName("app");
        Write(writer, App);
        writer.WriteStartArray("checks");
        foreach (var check in Checks)
        {
            Write(writer, check);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("outages");
        foreach (var outage in Outages)
        {
            Write(writer, outage);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>
    /// The outages as CSV (RFC 4180) with a header line, the last one first: <c>check,start,end,durationSeconds,unknownSeconds,planned,reason</c>.
    /// </summary>
    /// <returns>
    /// Lines that end in CR LF. An empty check is the app, an empty end means that the outage lasts; its duration counts up to
    /// <see cref="At"/>. Times are UTC in ISO 8601, to the millisecond; numbers have a point and at most 3 digits after it.
    /// </returns>
    /// <remarks>
    /// A check or reason with a comma, a quote or a line break is quoted. One that a spreadsheet would take for a formula is not: where its
    /// first character that is no white space is <c>=</c>, <c>+</c>, <c>-</c> or <c>@</c> (or one of their full-width forms), or it begins
    /// with a tab or a line break, it gets an apostrophe in front and is quoted (OWASP, CSV Injection).
    /// </remarks>
    public string ToCsv()
    {
        var csv = new StringBuilder("check,start,end,durationSeconds,unknownSeconds,planned,reason").Append(Newline);
        foreach (var outage in Outages)
        {
            var length = (outage.End ?? At) - outage.Start;
            csv.Append(Field(outage.Check)).Append(',')
                .Append(Time(outage.Start)).Append(',')
                .Append(outage.End is { } end ? Time(end) : null).Append(',')
                .Append(Seconds(length > TimeSpan.Zero ? length : TimeSpan.Zero)).Append(',')
                .Append(Seconds(outage.Unknown)).Append(',')
                .Append(outage.Planned ? "true" : "false").Append(',')
                .Append(Field(outage.Reason)).Append(Newline);
        }

        return csv.ToString();
    }

    private static void Write(Utf8JsonWriter writer, Downtime downtime)
    {
        writer.WriteStartObject();
        if (downtime.Check is { } check)
        {
            writer.WriteString("check", check);
        }

        writer.WriteNumber("outages", downtime.Outages);
        writer.WriteString("total", Span(downtime.Total));
        writer.WriteString("longest", Span(downtime.Longest));
        WritePercent(writer, "uptimePercentDay", downtime.UptimePercentDay);
        WritePercent(writer, "uptimePercentWeek", downtime.UptimePercentWeek);
        WritePercent(writer, "uptimePercentMonth", downtime.UptimePercentMonth);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, Outage outage)
    {
        writer.WriteStartObject();
        if (outage.Check is { } check)
        {
            writer.WriteString("check", check);
        }

        writer.WriteString("start", outage.Start);
        if (outage.End is { } end)
        {
            writer.WriteString("end", end);
        }

        if (outage.Reason is { } reason)
        {
            writer.WriteString("reason", reason);
        }

        writer.WriteString("unknown", Span(outage.Unknown));
        writer.WriteBoolean("planned", outage.Planned);
        writer.WriteEndObject();
    }

    private static void WritePercent(Utf8JsonWriter writer, string name, double? percent)
    {
        if (percent is { } known)
        {
            writer.WriteNumber(name, Math.Round(known, 4));
        }
    }

    private static string Span(TimeSpan span) => span.ToString("c", CultureInfo.InvariantCulture);

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Seconds(TimeSpan span) => span.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);

    private static string Field(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return string.Empty;
        }

        var isFormula = text[0] is '\t' or '\r' or '\n' || (text.AsSpan().TrimStart() is [var first, ..] && first is '=' or '+' or '-' or '@' or '＝' or '＋' or '－' or '＠');
        return isFormula || text.AsSpan().IndexOfAny(",\"\r\n") >= 0
            ? $"\"{(isFormula ? "'" : null)}{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : text;
    }
}
