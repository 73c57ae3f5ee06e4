using System.Globalization;
using System.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>A message in words, the same in every culture: for sinks that tell people.</summary>
/// <remarks>
/// Plain text, without any markup: a sink that writes HTML or another markup escapes it. Texts of checks are foreign: control characters in
/// them become blanks, and each is bounded in length. A line of theirs never begins where a line of ours does.
/// </remarks>
public static class IncidentText
{
    private const int MaxNameLength = 200;
    private const int MaxTextLength = 2_000;
    private const int MaxReadings = 20;
    private const string Unknown = "?";

    /// <summary>
    /// One line that says what happened to which check where: <c>Unhealthy: disk on web-1 (disk.space.low)</c>,
    /// <c>Resolved after 12 min: disk on web-1 (disk.space.low)</c>. At most 900 characters.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <exception cref="ArgumentNullException"><paramref name="message"/> is null.</exception>
    public static string Title(IncidentMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message.Kind == IncidentMessageKind.Test
            ? $"Test: alerts of {Name(message.Application)} on {Name(message.Host)}"
            : $"{Event(message)}: {Where(message)}";
    }

    /// <summary>
    /// A few lines, divided by <c>\n</c>: what the check says, its cause, readings before, at and after, times, what to do, and where
    /// it was.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <exception cref="ArgumentNullException"><paramref name="message"/> is null.</exception>
    public static string Body(IncidentMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var text = new StringBuilder();
        if (message.Kind == IncidentMessageKind.Test)
        {
            text.Append("Nothing is wrong: somebody tests whether alerts arrive.");
            Add(text, "App", App(message));
            Add(text, "Message", Name(message.Id));
            return text.ToString();
        }

        var incident = message.Incident;
        Add(text, message.Kind == IncidentMessageKind.Resolved ? "Was" : null, Lines(incident.Description));
        Add(text, "Exception", incident.Exception is { } exception ? OneLine($"{exception.Type}: {exception.Message}", MaxTextLength) : null);
        Add(text, "Cause", incident.Cause is { } cause ? $"{Name(cause)}{InIncident(incident.CauseIncidentId)}" : null);
        Add(text, "Depend on it", message.Kind == IncidentMessageKind.Resolved || incident.Dependents.Count == 0 ? null : string.Join(", ", incident.Dependents.Select(Name)));
        AddReadings(text, incident);
        AddTimes(text, message);
        Add(text, "Remedy", Lines(incident.Remedy));
        Add(text, "Not announced", WhySilent(message));
        Add(text, "App", App(message));
        Add(text, "Incident", Name(incident.Id));
        return text.ToString();
    }

    /// <summary>Foreign text in one line: every line break and other control character becomes a blank.</summary>
    internal static string OneLine(string? text, int maxLength = MaxTextLength) => Clean(text, maxLength, lineBreak: " ");

    /// <summary>Why nobody is told; null when the message is not silent.</summary>
    internal static string? WhySilent(IncidentMessage message)
    {
        if (!message.IsSilent)
        {
            return null;
        }

        var incident = message.Incident;
        var why = incident.Silence switch
        {
            IncidentSilence.Waiting => "its causes are being looked at, or it is given time because it flaps",
            IncidentSilence.Cause => $"check '{OneLine(incident.Cause, MaxNameLength)}', which it depends on, is bad too",
            IncidentSilence.Maintenance => "in maintenance" + OfCause(incident),
            IncidentSilence.Muted => "muted" + OfCause(incident),
            _ => "nobody was told of it",
        };
        return incident.SilenceReason is { Length: > 0 } reason ? $"{why} ({OneLine(reason, MaxNameLength)})" : why;
    }

    private static string OfCause(Incident incident) =>
        incident.Cause is null ? "" : $", as check '{OneLine(incident.Cause, MaxNameLength)}' is, which it depends on and which is bad too";

    /// <summary>From opening to resolve, or to the message while it is open.</summary>
    internal static TimeSpan Length(IncidentMessage message)
    {
        // The wall clock may have been set back in between.
        var length = (message.Incident.ResolvedAt ?? message.At) - message.Incident.OpenedAt;
        return length < TimeSpan.Zero ? TimeSpan.Zero : length;
    }

    private static string Event(IncidentMessage message)
    {
        var incident = message.Incident;
        if (message.Kind == IncidentMessageKind.Resolved)
        {
            var after = GaugeAmount.Time(Length(message));
            return incident.Resolution switch
            {
                IncidentResolution.CheckRemoved => $"Closed, check removed, after {after}",
                IncidentResolution.Superseded => $"Closed, superseded, after {after}",
                _ => $"Resolved after {after}",
            };
        }

        if (incident.IsFlapping)
        {
            return "Flapping";
        }

        var status = Word(incident.Status);
        return message.Kind == IncidentMessageKind.Opened || message.ToldBefore is not { } told ? status
            : told == incident.Status ? $"Still {Lower(status)}"
            : $"{status}, was {Lower(Word(told))}";
    }

    private static string Where(IncidentMessage message)
    {
        var incident = message.Incident;
        var item = incident.Item is { Length: > 0 } i ? $" '{Name(i)}'" : "";
        var reason = incident.Reason is { Length: > 0 } r ? $" ({Name(r)})" : "";
        return $"{Name(incident.Check)}{item} on {Name(message.Host)}{reason}";
    }

    private static string App(IncidentMessage message) =>
        message.Version is { Length: > 0 } version
            ? $"{Name(message.Application)} {Name(version)} on {Name(message.Host)}"
            : $"{Name(message.Application)} on {Name(message.Host)}";

    private static void AddTimes(StringBuilder text, IncidentMessage message)
    {
        var incident = message.Incident;
        var length = GaugeAmount.Time(Length(message));
        if (incident.ResolvedAt is { } resolved)
        {
            Add(text, "From", $"{Time(incident.OpenedAt)} to {Time(resolved)} ({length})");
            Add(text, "End", incident.Resolution switch
            {
                IncidentResolution.CheckRemoved => "the check was turned off or is not registered any more; whether it recovered is unknown",
                IncidentResolution.Superseded => "another incident of the check stands in its place, opened while the state directory could not be read",
                _ => null,
            });
        }
        else
        {
            Add(text, "Since", $"{Time(incident.OpenedAt)} ({length})");
        }

        Add(text, "Occurrences", incident.Occurrences > 1 ? incident.Occurrences.ToString(CultureInfo.InvariantCulture) : null);
        Add(text, "Flapping", incident.IsFlapping && incident.IsOpen ? "it changes so often that single changes are not told" : null);
        if (incident.Gap is { } gap)
        {
            var from = gap.From is { } last ? Time(last) : "a time that is not known";
            Add(text, "Gap", $"from {from} to {Time(gap.Until)} the app did not run; what the check did then is unknown");
        }
    }

    private static void AddReadings(StringBuilder text, Incident incident)
    {
        List<(string Title, IReadOnlyList<Reading> Readings)> columns = [];
        foreach (var (title, readings) in new[]
        {
            ("before", incident.ReadingsBefore), ("at", incident.ReadingsAt), ("after", incident.ReadingsAfter),
        })
        {
            if (readings.Count > 0)
            {
                columns.Add((title, readings));
            }
        }

        if (columns.Count == 0)
        {
            return;
        }

        // What opened the incident tells most: it stands first, also where there are more than are shown.
        var rows = incident.ReadingsAt.Concat(incident.ReadingsAfter).Concat(incident.ReadingsBefore)
            .DistinctBy(reading => (reading.Item, reading.Name))
            .ToList();
        Add(text, "Readings", string.Join(" → ", columns.Select(column => column.Title)));
        foreach (var row in rows.Take(MaxReadings))
        {
            var values = columns.Select(column => Find(column.Readings, row) is { } reading ? Value(reading) : Unknown);
            text.Append("\n  ").Append(Label(row)).Append(": ").AppendJoin(" → ", values);
        }

        if (rows.Count > MaxReadings)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  and {rows.Count - MaxReadings} more");
        }
    }

    private static Reading? Find(IReadOnlyList<Reading> readings, Reading row)
    {
        foreach (var reading in readings)
        {
            if (reading.Name == row.Name && reading.Item == row.Item)
            {
                return reading;
            }
        }

        return null;
    }

    /// <summary>The name in words, without the unit that the value shows: <c>oldestAgeSeconds</c> is <c>oldest age</c>.</summary>
    private static string Label(Reading reading)
    {
        var name = reading.Name.AsSpan();
        foreach (var suffix in (ReadOnlySpan<string>)["BytesPerSecond", "PerSecond", "Bytes", "Percent", "Seconds", "Count"])
        {
            if (name.Length > suffix.Length && name.EndsWith(suffix, StringComparison.Ordinal))
            {
                name = name[..^suffix.Length];
                break;
            }
        }

        var label = new StringBuilder();
        if (reading.Item is { Length: > 0 } item)
        {
            label.Append(Name(item)).Append(' ');
        }

        foreach (var c in Name(name.ToString()))
        {
            if (char.IsAsciiLetterUpper(c))
            {
                label.Append(' ');
            }

            label.Append(char.ToLowerInvariant(c));
        }

        return label.ToString();
    }

    private static string Value(Reading reading) => reading.Unit switch
    {
        "bytes" => GaugeAmount.Bytes(reading.Value).ToString(),
        "percent" => GaugeAmount.Percent(reading.Value).ToString(),
        "seconds" => new GaugeAmount(reading.Value, GaugeUnit.Seconds).ToString(),
        "count" => GaugeAmount.Count(reading.Value).ToString(),
        "bytes/second" => $"{GaugeAmount.Bytes(reading.Value)}/s",
        "1/second" => $"{GaugeAmount.Count(reading.Value)}/s",
        _ => $"{GaugeAmount.Count(reading.Value)} {Name(reading.Unit)}",
    };

    private static void Add(StringBuilder text, string? label, string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return;
        }

        if (text.Length > 0)
        {
            text.Append('\n');
        }

        if (label is not null)
        {
            text.Append(label).Append(": ");
        }

        text.Append(value);
    }

    private static string InIncident(string? id) => id is { Length: > 0 } ? $" is bad too (incident {Name(id)})" : " is bad too";

    private static string Word(HealthStatus status) => status switch
    {
        HealthStatus.Unhealthy => "Unhealthy",
        HealthStatus.Degraded => "Degraded",
        _ => "Healthy",
    };

    private static string Lower(string word) => word.ToLowerInvariant();

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private static string Name(string text) => OneLine(text, MaxNameLength);

    /// <summary>Text of several lines: those after the first are indented, so that none is taken for a line of ours.</summary>
    private static string Lines(string? text) => Clean(text, MaxTextLength, lineBreak: "\n  ");

    private static string Clean(string? text, int maxLength, string lineBreak)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return "";
        }

        var source = text.AsSpan().Trim();
        var cut = source.Length > maxLength;
        if (cut)
        {
            source = source[..(char.IsHighSurrogate(source[maxLength - 2]) ? maxLength - 2 : maxLength - 1)];
        }

        var clean = new StringBuilder(source.Length + 1);
        var afterReturn = false;
        foreach (var rune in source.EnumerateRunes())
        {
            if (rune.Value is '\n' or '\r' or '\v' or '\f' or 0x85 or 0x2028 or 0x2029)
            {
                clean.Append(afterReturn && rune.Value == '\n' ? "" : lineBreak);
            }
            else
            {
                clean.Append(ForeignText.IsHidden(rune) ? new Rune(' ') : rune);
            }

            afterReturn = rune.Value == '\r';
        }

        return cut ? clean.Append('…').ToString() : clean.ToString();
    }
}
