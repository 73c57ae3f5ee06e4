using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Microsoft.Win32.SafeHandles;

namespace HealthKit;

/// <summary>Reads a log once, in blocks, and makes its summary.</summary>
/// <param name="path">The file.</param>
/// <param name="options">Valid options.</param>
/// <param name="blockBytes">How much is read at once: the result does not hang on it.</param>
internal sealed class LogSummaryReader(string path, LogSummaryOptions options, int blockBytes = LogSummaryReader.DefaultBlock)
{
    /// <summary>Small enough to stay in the processor's own cache while it is looked at.</summary>
    public const int DefaultBlock = 256 * 1024;

    /// <summary>How much of the file says what it is, and how long its lines are.</summary>
    private const int PeekBytes = 256 * 1024;

    private const int SampledLines = 50_000;
    private const long SampledBytes = 48L << 20;
    private const int LongestSecret = 8_192;

    /// <summary>How far line breaks are looked for ahead.</summary>
    private const int Stretch = 16 * 1024;

    private readonly Redactor _redactor = options.Redactor ?? new Redactor();
    private readonly List<string> _notes = [];
    private readonly LogRate _rate = new();

    private LogScanner _scanner = null!;
    private readonly int[] _lineBreaks = new int[Stretch + 2];
    private byte[] _buffer = [];
    private byte[] _longLine = [];
    private long _read;
    private long _holes;
    private long _headHole;
    private int _longKept;

    /// <summary>The offset in the file of the first byte of the line that is not yet complete, and its length so far.</summary>
    private long _lineStart;
    private long _lineLength;

    /// <summary>Called between two blocks: for tests.</summary>
    internal Action? AfterBlock { get; init; }

    public LogSummary Read(CancellationToken cancellationToken)
    {
        using var file = SparseFile.Open(path, out var status);
        var repeated = new RepeatedLogLines(_redactor, options.MaxLineLength);
        var sparse = status.AllocatedBytes < status.Length;
        var stride = Peek(file, status.Length, sparse);
        _scanner = new LogScanner(options, _rate, repeated, stride, status.ModifiedAt);
        var end = Scan(file, status.Length, sparse, cancellationToken);
        var lines = _scanner.Lines;
        var tail = Tail(file, end);
        if (FileStatus.Read(file, out var after) == 0)
        {
            NoteChanges(status.Length, after.Length, end);
        }

        var first = _scanner.First is { } f ? Time(f, status.ModifiedAt) : (DateTimeOffset?)null;
        var last = first is null ? (DateTimeOffset?)null : Time(_scanner.Last, status.ModifiedAt);
        var rate = Rate(status.ModifiedAt);
        NoteTimes(first is not null);
        NoteSample(repeated);
        return new LogSummary
        {
            Path = path,
            LengthBytes = status.Length,
            AllocatedBytes = status.AllocatedBytes,
            ReadBytes = _read,
            ModifiedAt = status.ModifiedAt,
            Lines = lines,
            LongestLineBytes = _scanner.Longest,
            FirstTime = first,
            LastTime = last,
            Levels = Levels(_scanner.Levels),
            Rate = rate,
            SampledLines = repeated.Lines,
            Repeated = repeated.Most(options.RepeatedLines, lines),
            Head = Show([.. _scanner.Head.Select(line => Line(line.Bytes, line.Length))], options.HeadLines, fromEnd: false),
            Tail = tail,
            Notes = _notes,
        };
    }

    private static LogLevelCounts Levels(ReadOnlySpan<long> levels) => new()
    {
        Trace = levels[0],
        Debug = levels[1],
        Information = levels[2],
        Warning = levels[3],
        Error = levels[4],
        Critical = levels[5],
        Unknown = levels[6],
        Continuation = levels[7],
    };

    /// <summary>Looks at the beginning: what it is, and how long its lines are.</summary>
    /// <returns>One of how many lines is to be sampled.</returns>
    private int Peek(SafeFileHandle file, long length, bool sparse)
    {
        var dataEnd = length;
        var from = sparse ? SparseFile.NextData(file, 0, length, out dataEnd) : 0;
        var bytes = new byte[(int)Math.Min(PeekBytes, Math.Max(0, dataEnd - from))];
        var text = bytes.AsSpan(0, ReadFully(file, bytes, from));
        if (text.IsEmpty)
        {
            return 1;
        }

        if (text.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]))
        {
            _notes.Add("It is compressed (gzip): decompress it first, as by zcat.");
        }
        else if (text.StartsWith((ReadOnlySpan<byte>)[0xff, 0xfe]) || text.StartsWith((ReadOnlySpan<byte>)[0xfe, 0xff]))
        {
            _notes.Add("It is UTF-16: levels and times are not recognized. Convert it first, as by iconv -f UTF-16 -t UTF-8.");
        }
        else
        {
            // Zeros are left of a hole; here and there, they are of something binary.
            text = text.TrimStart((byte)0);
            var binary = 0;
            for (var i = 1; i < text.Length; i++)
            {
                binary += text[i] is < 0x20 and not ((byte)'\n' or (byte)'\r' or (byte)'\t' or 0x1b) && (text[i] != 0 || text[i - 1] != 0) ? 1 : 0;
            }

            if (binary > text.Length / 50)
            {
                _notes.Add("It looks binary: more than 2 % of its beginning are control characters.");
            }
        }

        var lines = text.Count((byte)'\n') + 1;
        var average = Math.Max(1, text.Length / (double)lines);
        var expected = (length - from) / average;
        return (int)Math.Clamp(Math.Ceiling(Math.Max(expected / SampledLines, (length - from) / (double)SampledBytes)), 1, int.MaxValue / 4);
    }

    /// <returns>Where reading ended: the length, or earlier if the file has shrunk.</returns>
    private long Scan(SafeFileHandle file, long length, bool sparse, CancellationToken cancellationToken)
    {
        _buffer = GC.AllocateUninitializedArray<byte>(LogLine.MaxKept + blockBytes + LogLine.Padding, pinned: true);
        var carried = 0;
        long position = 0;
        while (position < length)
        {
            // What occupies its whole length has no holes: asking for them is dear on tmpfs.
            var dataEnd = length;
            var data = sparse ? SparseFile.NextData(file, position, length, out dataEnd) : position;
            if (position == 0)
            {
                _headHole = data;
                _lineStart = data;
            }

            _holes += data - position;
            position = data;
            while (position < dataEnd)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var read = RandomAccess.Read(file, _buffer.AsSpan(carried, (int)Math.Min(blockBytes, dataEnd - position)), position);
                if (read == 0)
                {
                    length = position;
                    break;
                }

                carried = Lines(carried, read, position);
                position += read;
                _read += read;
                AfterBlock?.Invoke();
            }
        }

        if (_lineLength > 0)
        {
            if (_longKept > 0)
            {
                _scanner.Add(ref _longLine[0], _longKept, _lineStart, _lineLength, 0);
            }
            else
            {
                // As behind every other line, for vectors read on.
                _buffer.AsSpan(carried, LogLine.Padding).Fill((byte)'\n');
                _scanner.Add(ref _buffer[0], carried, _lineStart, _lineLength, 0);
            }
        }

        _buffer = [];
        _longLine = [];
        return length;
    }

    /// <summary>Hands the lines of a block on.</summary>
    /// <param name="carried">How much of an incomplete line stands before it.</param>
    /// <param name="read">How much was read.</param>
    /// <param name="position">Where that stands in the file.</param>
    /// <returns>How much of an incomplete line is carried on.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Lines(int carried, int read, long position)
    {
        ref var buffer = ref MemoryMarshal.GetArrayDataReference(_buffer);
        var filled = carried + read;
        var at = 0;
        for (var from = carried; from < filled; from += Stretch)
        {
            // First where all the line breaks are, then line by line: so neither loop has a branch that cannot be foreseen.
            var found = FindLineBreaks(ref buffer, from, Math.Min(from + Stretch, filled));
            for (var i = 0; i < found; i++)
            {
                var end = _lineBreaks[i];
                if (at == 0 && _lineLength > 0)
                {
                    EndFirst(ref buffer, end, carried);
                }
                else
                {
                    var length = end - at;
                    _scanner.Add(ref Unsafe.Add(ref buffer, at), Math.Min(length, LogLine.MaxKept), position + (at - carried), length, 1);
                }

                at = end + 1;
            }
        }

        if (at > 0)
        {
            _lineStart = position + (at - carried);
            _lineLength = 0;
        }

        var rest = filled - at;
        if (_longKept > 0)
        {
            // Only its length matters now.
            _lineLength += read;
            return 0;
        }

        _lineLength = rest;
        if (rest >= LogLine.MaxKept)
        {
            if (_longLine.Length == 0)
            {
                _longLine = new byte[LogLine.MaxKept + LogLine.Padding];
            }

            _buffer.AsSpan(at, LogLine.MaxKept).CopyTo(_longLine);
            _longKept = LogLine.MaxKept;
            return 0;
        }

        _buffer.AsSpan(at, rest).CopyTo(_buffer);
        return rest;
    }

    /// <summary>Writes down where line breaks are.</summary>
    /// <returns>How many there are.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int FindLineBreaks(ref byte buffer, int from, int to)
    {
        var lineBreak = Vector512.Create((byte)'\n');
        ref var places = ref MemoryMarshal.GetArrayDataReference(_lineBreaks);
        var count = 0;
        for (var window = from; window < to; window += 64)
        {
            var found = Vector512.Equals(Vector512.LoadUnsafe(ref buffer, (nuint)window), lineBreak).ExtractMostSignificantBits();
            if (to - window < 64)
            {
                found &= (1UL << (to - window)) - 1;
            }

            // Two are written whether they are there or not: what is too much is written over.
            var next = count + BitOperations.PopCount(found);
            Unsafe.Add(ref places, count) = window + BitOperations.TrailingZeroCount(found);
            found &= found - 1;
            Unsafe.Add(ref places, count + 1) = window + BitOperations.TrailingZeroCount(found);
            found &= found - 1;
            for (var i = count + 2; i < next; i++)
            {
                Unsafe.Add(ref places, i) = window + BitOperations.TrailingZeroCount(found);
                found &= found - 1;
            }

            count = next;
        }

        return count;
    }

    /// <summary>Ends the line that began in a block before.</summary>
    private void EndFirst(ref byte buffer, int end, int carried)
    {
        var length = _lineLength + (end - carried);
        if (_longKept > 0)
        {
            _scanner.Add(ref _longLine[0], _longKept, _lineStart, length, 1);
            _longKept = 0;
        }
        else
        {
            _scanner.Add(ref buffer, Math.Min(end, LogLine.MaxKept), _lineStart, length, 1);
        }
    }

    /// <summary>The last lines, read anew: while the log was scanned, any line might have been the last but few.</summary>
    private List<string> Tail(SafeFileHandle file, long end)
    {
        List<string> lines = [];
        var bytes = new byte[LogLine.MaxShownBytes + 1];

        // More than is shown, for a secret may go over several lines and begin before the first that is shown.
        var known = Math.Min(_scanner.Lines, LogScanner.KnownStarts);
        for (var number = _scanner.Lines - known; number < _scanner.Lines; number++)
        {
            var start = _scanner.StartOf(number);
            var next = number + 1 < _scanner.Lines ? _scanner.StartOf(number + 1) : end;
            var part = bytes.AsSpan(0, ReadFully(file, bytes.AsSpan(0, (int)Math.Min(bytes.Length, next - start)), start));
            var lineBreak = part.IndexOf((byte)'\n');
            var length = lineBreak >= 0 ? lineBreak : next - start;
            lines.Add(Line(part[..(int)Math.Min(LogLine.MaxShownBytes, lineBreak >= 0 ? lineBreak : part.Length)], length));
        }

        return Show(lines, options.TailLines, fromEnd: true);
    }

    /// <summary>One line, redacted and cut, but not yet redacted together with those around it.</summary>
    private string Line(ReadOnlySpan<byte> bytes, long length)
    {
        var whole = bytes.Length >= length;
        bytes = bytes.TrimStart((byte)0);
        if (whole)
        {
            bytes = bytes.TrimEnd((byte)'\r');
        }

        var text = _redactor.Redact(PrintableText.Decode(bytes));
        if (!whole)
        {
            // A secret that the cut goes through begins in here, and no rule can know it.
            text = text[..Math.Max(0, text.Length - LongestSecret)];
        }

        return whole && text.Length <= options.MaxLineLength
            ? text
            : string.Create(CultureInfo.InvariantCulture, $"{PrintableText.Cut(text, options.MaxLineLength)}… ({length:#,0} bytes)");
    }

    private List<string> Show(List<string> lines, int count, bool fromEnd)
    {
        // All together first, for private keys go over many lines; each by itself again when control characters are out of it.
        var text = _redactor.Redact(string.Join('\n', lines));
        var shown = lines.Count == 0 ? [] : text.Split('\n');
        return [.. (fromEnd ? shown.TakeLast(count) : shown.Take(count)).Select(line => _redactor.Redact(PrintableText.Escape(line.TrimStart('\uFEFF'))))];
    }

    private List<LogRateBucket> Rate(DateTimeOffset modifiedAt)
    {
        if (_scanner.First is not { } first)
        {
            return [];
        }

        var offset = TimeSpan.FromMinutes(first.OffsetMinutes);
        var buckets = _rate.Finish(_scanner.All, out var width, out var stray);
        if (stray > 0)
        {
            _notes.Add(string.Create(CultureInfo.InvariantCulture, $"Times far from all others are not in the rate; lines with them: {stray:#,0}."));
        }

        return
        [
            .. buckets.Select(bucket => new LogRateBucket(
                Time((bucket.Second - (60L * first.OffsetMinutes), first.OffsetMinutes), modifiedAt),
                TimeSpan.FromSeconds(width),
                bucket.Counts.Lines,
                bucket.Counts.Bytes,
                bucket.Counts.Errors)),
        ];
    }

    /// <summary>A time as the log's lines have it. Without dates, the last is taken to be the last of that time of day before the file was written.</summary>
    private DateTimeOffset Time((long Utc, int OffsetMinutes) time, DateTimeOffset modifiedAt)
    {
        var seconds = time.Utc;
        if (_scanner.OnlyTimeOfDay)
        {
            const int Leeway = 300;
            var last = _scanner.Last.Utc;
            seconds += (long)Math.Floor((modifiedAt.ToUnixTimeSeconds() + Leeway - last) / 86_400d) * 86_400;
        }

        // Buckets of many days may begin before the year 1.
        seconds = Math.Clamp(seconds, -62_135_510_400, 253_402_214_400);
        return DateTimeOffset.FromUnixTimeSeconds(seconds).ToOffset(TimeSpan.FromMinutes(time.OffsetMinutes));
    }

    private void NoteChanges(long before, long after, long end)
    {
        if (_headHole > 0 && before > 0)
        {
            _notes.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"Its first {GaugeAmount.Bytes(_headHole)} are a hole: cut off or never written, and skipped."));
        }

        if (_holes > _headHole)
        {
            _notes.Add(string.Create(CultureInfo.InvariantCulture, $"Holes of {GaugeAmount.Bytes(_holes - _headHole)} behind its beginning were skipped."));
        }

        if (end < before || after < before)
        {
            _notes.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"It was cut off while it was read: from {GaugeAmount.Bytes(before)} to {GaugeAmount.Bytes(after)}. Lines may be missing, and the last lines wrong."));
        }
        else if (after > before)
        {
            _notes.Add(string.Create(CultureInfo.InvariantCulture, $"It grew by {GaugeAmount.Bytes(after - before)} while it was read: that is not in here."));
        }
    }

    private void NoteTimes(bool any)
    {
        if (!any)
        {
            if (_scanner.Lines > 0)
            {
                _notes.Add("No line has a time that is known: there is no rate.");
            }

            return;
        }

        if (_scanner.OnlyTimeOfDay)
        {
            _notes.Add("Times have no date: the last is taken for the last before the file was written, and a day for gone by where they start over.");
        }
        else if (_scanner.SomeWithoutYear)
        {
            _notes.Add("Times have no year: the last one is taken that is not later than a day after the file was written.");
        }

        if (_scanner.SomeWithoutOffset)
        {
            var offset = options.AssumedOffset;
            _notes.Add(offset == TimeSpan.Zero
                ? "Times bear no offset: UTC is assumed."
                : string.Create(CultureInfo.InvariantCulture, $"Times bear no offset: {(offset < TimeSpan.Zero ? '-' : '+')}{offset:hh\\:mm} is assumed."));
        }

        if (_scanner.StepsBack > 0)
        {
            _notes.Add(string.Create(CultureInfo.InvariantCulture, $"Times are not in order: {_scanner.StepsBack:#,0} of them are more than a minute before one above."));
        }
    }

    private void NoteSample(RepeatedLogLines repeated)
    {
        if (repeated.NotUtf8 > 0)
        {
            _notes.Add(string.Create(CultureInfo.InvariantCulture, $"{repeated.NotUtf8:#,0} of {repeated.Lines:#,0} sampled lines are not UTF-8."));
        }

        if (repeated.Dropped)
        {
            _notes.Add("Lines are too various to count them all: rare ones were dropped, and counts of repeated lines are at least so high.");
        }
    }

    private static int ReadFully(SafeFileHandle file, Span<byte> buffer, long position)
    {
        var filled = 0;
        while (filled < buffer.Length && RandomAccess.Read(file, buffer[filled..], position + filled) is var read and > 0)
        {
            filled += read;
        }

        return filled;
    }
}
