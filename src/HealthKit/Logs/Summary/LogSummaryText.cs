using System.Globalization;

namespace HealthKit;

/// <summary>A summary as a page of plain text.</summary>
internal static class LogSummaryText
{
    private const int BarLength = 20;

    public static void Write(TextWriter writer, LogSummary summary)
    {
        Line(writer, $"{PrintableText.Escape(summary.Path)}");
        var disk = summary.AllocatedBytes < summary.LengthBytes ? $", {GaugeAmount.Bytes(summary.AllocatedBytes)} on disk" : "";
        Line(writer, $"{GaugeAmount.Bytes(summary.LengthBytes)}{disk}, lines: {summary.Lines:#,0}, longest: {summary.LongestLineBytes:#,0} B, written {summary.ModifiedAt:yyyy-MM-dd HH:mm:ss zzz}");
        if (summary is { FirstTime: { } first, LastTime: { } last })
        {
            var span = last >= first ? $" ({GaugeAmount.Time(last - first)})" : "";
            Line(writer, $"{first:yyyy-MM-dd HH:mm:ss zzz} to {last:yyyy-MM-dd HH:mm:ss zzz}{span}");
        }

        foreach (var note in summary.Notes)
        {
            Line(writer, $"! {note}");
        }

        WriteLevels(writer, summary);
        WriteRate(writer, summary.Rate);
        WriteRepeated(writer, summary);
        WriteLines(writer, "First lines", summary.Head);
        WriteLines(writer, "Last lines", summary.Tail);
    }

    private static void WriteLevels(TextWriter writer, LogSummary summary)
    {
        if (summary.Lines == 0)
        {
            return;
        }

        var levels = summary.Levels;
        Line(writer, $"\nLevels (of every line)");
        foreach (var (name, count) in new[]
        {
            ("critical", levels.Critical), ("error", levels.Error), ("warning", levels.Warning), ("information", levels.Information),
            ("debug", levels.Debug), ("trace", levels.Trace), ("unknown", levels.Unknown), ("continuation", levels.Continuation),
        })
        {
            if (count > 0)
            {
                Line(writer, $"  {name,-12} {count,15:#,0}  {GaugeAmount.Percent(100d * count / summary.Lines),7}");
            }
        }
    }

    private static void WriteRate(TextWriter writer, IReadOnlyList<LogRateBucket> rate)
    {
        if (rate.Count == 0)
        {
            return;
        }

        var most = rate.Max(bucket => bucket.Lines);
        var seconds = rate[0].Duration < TimeSpan.FromMinutes(1);
        Line(writer, $"\nRate (every line; {GaugeAmount.Time(rate[0].Duration)} each)");
        Line(writer, $"  {(seconds ? "from               " : "from            ")}  {"lines",13}  {"bytes",10}  {"",-BarLength}  {"errors",11}");
        var expected = rate[0].Start;
        foreach (var bucket in rate)
        {
            if (bucket.Start != expected)
            {
                Line(writer, $"  (nothing for {GaugeAmount.Time(bucket.Start - expected)})");
            }

            expected = bucket.Start + bucket.Duration;
            var bar = new string('#', (int)Math.Ceiling(BarLength * (double)bucket.Lines / most));
            var start = bucket.Start.ToString(seconds ? "yyyy-MM-dd HH:mm:ss" : "yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
            var errors = bucket.Errors > 0 ? string.Create(CultureInfo.InvariantCulture, $"  {bucket.Errors,11:#,0}") : "";
            Line(writer, $"  {start}  {bucket.Lines,13:#,0}  {GaugeAmount.Bytes(bucket.Bytes),10}  {bar,-BarLength}{errors}");
        }
    }

    private static void WriteRepeated(TextWriter writer, LogSummary summary)
    {
        if (summary.Repeated.Count == 0)
        {
            return;
        }

        var all = summary.SampledLines == summary.Lines;
        var sample = all ? "of every line" : string.Create(CultureInfo.InvariantCulture, $"from a sample of {summary.SampledLines:#,0} of {summary.Lines:#,0} lines");
        Line(writer, $"\nMost repeated, numbers masked ({sample})");
        foreach (var line in summary.Repeated)
        {
            var level = line.Level is { } known ? known.ToString().ToLowerInvariant() : "-";
            Line(writer, $"  {GaugeAmount.Percent(100 * line.Share),7} {(all ? ' ' : '~')}{line.EstimatedLines,-13:#,0} {level,-11} {line.Text}");
        }
    }

    private static void WriteLines(TextWriter writer, string title, IReadOnlyList<string> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        Line(writer, $"\n{title}");
        foreach (var line in lines)
        {
            Line(writer, $"  {line}");
        }
    }

    // Line feeds only, whatever the system: the page is compared and committed.
    private static void Line(TextWriter writer, FormattableString text)
    {
        writer.Write(text.ToString(CultureInfo.InvariantCulture).TrimEnd(' '));
        writer.Write('\n');
    }
}
