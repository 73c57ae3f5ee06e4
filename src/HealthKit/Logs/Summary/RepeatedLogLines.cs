using System.Text;
using System.Text.Unicode;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// Counts lines that are alike but for their numbers, in a bounded table. When the table is full, the rarer half is dropped, as in lossy counting
/// (Manku and Motwani, 2002): what stays was counted right but for what was dropped of it before.
/// </summary>
internal sealed class RepeatedLogLines(Redactor redactor, int maxLineLength)
{
    private const int MaxEntries = 2_048;

    /// <summary>Lines that are alike so far count as one.</summary>
    private const int ComparedBytes = 400;

    /// <summary>No secret is longer (<see cref="Redactor.AddSecret"/>): one that a cut goes through begins within so many characters before it.</summary>
    private const int LongestSecret = 8_192;

    private readonly Dictionary<string, Entry> _entries = new(MaxEntries, StringComparer.Ordinal);
    private readonly char[] _line = new char[ComparedBytes + 16];
    private readonly char[] _masked = new char[ComparedBytes + 16];

    public long Lines { get; private set; }

    public long NotUtf8 { get; private set; }

    /// <summary>Whether something was dropped: then counts are lower bounds.</summary>
    public bool Dropped { get; private set; }

    /// <summary>Takes a line into the sample.</summary>
    /// <param name="line">The line, or what was kept of it.</param>
    /// <param name="timeStart">Where its time stands; -1 without one.</param>
    /// <param name="timeEnd">Behind it.</param>
    /// <param name="level">Its level.</param>
    /// <param name="weight">For how many lines it stands.</param>
    public void Add(ReadOnlySpan<byte> line, int timeStart, int timeEnd, int level, long weight)
    {
        Lines++;
        NotUtf8 += Utf8.IsValid(WithoutHalfCharacter(line[..Math.Min(line.Length, ComparedBytes)], line.Length > ComparedBytes)) ? 0 : 1;
        if (line.Trim(" \t"u8).IsEmpty)
        {
            return;
        }

        var length = 0;
        var rest = line;
        if (timeStart >= 0 && timeStart < ComparedBytes && timeEnd <= line.Length)
        {
            length = Encoding.UTF8.GetChars(line[..timeStart], _line);
            LogLineMask.Time.CopyTo(_line.AsSpan(length));
            length += LogLineMask.Time.Length;
            rest = line[timeEnd..];
        }

        Utf8.ToUtf16(rest[..Math.Min(rest.Length, ComparedBytes)], _line.AsSpan(length, ComparedBytes - Math.Min(length, ComparedBytes)), out _, out var written);
        length += written;
        var masked = _masked.AsSpan(0, LogLineMask.Apply(_line.AsSpan(0, length), _masked));
        if (_entries.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(masked, out var entry))
        {
            entry.Lines++;
            entry.Weight += weight;
            return;
        }

        if (_entries.Count >= MaxEntries)
        {
            Drop();
        }

        _entries.Add(new string(masked), new Entry
        {
            Text = Show(line, timeStart, timeEnd),
            Level = level < LogLevelWords.None ? (LogLevel)level : null,
            Lines = 1,
            Weight = weight,
        });
    }

    /// <summary>The most frequent.</summary>
    /// <param name="count">How many at most.</param>
    /// <param name="allLines">How many lines the log has.</param>
    public List<RepeatedLogLine> Most(int count, long allLines) =>
    [
        // Redaction may make lines alike that were not.
        .. _entries.Values
            .GroupBy(entry => entry.Text, StringComparer.Ordinal)
            .Select(group => new RepeatedLogLine(
                group.Key,
                group.First().Level,
                group.Sum(entry => entry.Lines),
                Math.Min(allLines, group.Sum(entry => entry.Weight)),
                Math.Min(1, group.Sum(entry => entry.Weight) / (double)allLines)))
            .Where(line => line.SampledLines > 1)
            .OrderByDescending(line => line.EstimatedLines)
            .ThenBy(line => line.Text, StringComparer.Ordinal)
            .Take(count),
    ];

    /// <summary>The line as it is shown: redacted while its numbers are still there, for a secret may have some.</summary>
    private string Show(ReadOnlySpan<byte> line, int timeStart, int timeEnd)
    {
        var kept = line[..Math.Min(line.Length, LogLine.MaxShownBytes)];
        var text = timeStart >= 0 && timeEnd <= kept.Length
            ? PrintableText.Decode(kept[..timeStart]) + LogLineMask.Time + PrintableText.Decode(kept[timeEnd..])
            : PrintableText.Decode(kept);
        text = redactor.Redact(text);
        if (kept.Length < line.Length)
        {
            text = text[..Math.Max(0, text.Length - LongestSecret)];
        }

        text = redactor.Redact(PrintableText.Escape(text));
        var masked = new char[text.Length + 1];
        text = new string(masked, 0, LogLineMask.Apply(text, masked));
        return text.Length <= maxLineLength ? text : PrintableText.Cut(text, maxLineLength) + "…";
    }

    private void Drop()
    {
        Dropped = true;
        var weights = _entries.Values.Select(entry => entry.Weight).Order().ToArray();
        var median = weights[weights.Length / 2];
        var least = weights[0];

        // Where more than half are equally rare, the older of them go with the rest: something has to.
        var limit = median > least ? median - 1 : median;
        foreach (var (key, entry) in _entries)
        {
            if (entry.Weight <= limit)
            {
                _entries.Remove(key);
            }
        }
    }

    /// <summary>Without the beginning of a character whose end was cut off.</summary>
    private static ReadOnlySpan<byte> WithoutHalfCharacter(ReadOnlySpan<byte> bytes, bool cut)
    {
        for (var back = 1; cut && back <= Math.Min(3, bytes.Length); back++)
        {
            if ((bytes[^back] & 0xc0) == 0xc0)
            {
                return bytes[..^back];
            }
        }

        return bytes;
    }

    private sealed class Entry
    {
        public required string Text { get; init; }

        public required LogLevel? Level { get; init; }

        public long Lines { get; set; }

        public long Weight { get; set; }
    }
}
