using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HealthKit;

/// <summary>Takes a log line by line and keeps what a summary says of it. What it does with a line hangs on the lines before only, not on blocks.</summary>
internal sealed class LogScanner
{
    /// <summary>How many of the last lines are known by where they begin.</summary>
    public const int KnownStarts = 64;

    private const int Unknown = LogLevelWords.None;
    private const int Continuation = 7;
    private const int Disorder = 7_200;

    private readonly JsonLogLines _json = new();
    private readonly LogRate _rate;
    private readonly RepeatedLogLines _repeated;
    private readonly List<HeadLine> _head = [];
    private readonly int _headLines;
    private readonly long[] _starts = new long[KnownStarts];
    private readonly long[] _levels = new long[8];
    private readonly long _yearOf;
    private readonly int _assumedMinutes;
    private readonly int _stride;

    // The time that the line before bore: most lines repeat it to the second, and are not read anew.
    private LogTime _time;
    private Vector256<byte> _second;
    private uint _secondMask;
    private int _secondLength;
    private int _colonInSecond;

    private long _lines;
    private long _bytes;
    private long _longest;
    private long _utc;
    private long _nextSample;
    private uint _random = 2_463_534_242;
    private bool _headed;
    private long _latestOfDay = -1;
    private long _latest = long.MinValue;

    /// <param name="options">How much is shown.</param>
    /// <param name="rate">Takes what was logged when.</param>
    /// <param name="repeated">Takes the sample.</param>
    /// <param name="stride">One of how many lines is sampled, on average.</param>
    /// <param name="modifiedAt">When the log was last written: the year of times without one.</param>
    public LogScanner(LogSummaryOptions options, LogRate rate, RepeatedLogLines repeated, int stride, DateTimeOffset modifiedAt)
    {
        LogLevelWords.Prepare();
        _rate = rate;
        _repeated = repeated;
        _headLines = options.HeadLines;
        _stride = stride;
        _assumedMinutes = (int)options.AssumedOffset.TotalMinutes;
        var day = modifiedAt.ToUnixTimeSeconds() / 86_400;
        _yearOf = Math.Clamp(day + 1, 0, 80_000);
    }

    public long Lines => _lines;

    public long Longest => _longest;

    /// <summary>All lines so far but the one that is looked at.</summary>
    public LogRate.Counts Before => new() { Lines = _lines - 1, Bytes = _bytes, Errors = _levels[4] + _levels[5] };

    /// <summary>All lines.</summary>
    public LogRate.Counts All => new() { Lines = _lines, Bytes = _bytes, Errors = _levels[4] + _levels[5] };

    public IReadOnlyList<HeadLine> Head => _head;

    public ReadOnlySpan<long> Levels => _levels;

    /// <summary>The first time and the last, in seconds since 1970 UTC, with the offset in minutes that its line bore.</summary>
    public (long Utc, int OffsetMinutes)? First { get; private set; }

    public (long Utc, int OffsetMinutes) Last => (_utc, _time.HasOffset ? _time.OffsetMinutes : _assumedMinutes);

    public bool SomeWithoutOffset { get; private set; }

    public bool SomeWithoutYear { get; private set; }

    /// <summary>Whether times have no date: then they count from the day of the first line, the first day being 1 January 1970.</summary>
    public bool OnlyTimeOfDay { get; private set; }

    /// <summary>How often a time was more than a minute before the latest so far.</summary>
    public long StepsBack { get; private set; }

    /// <summary>Where a line begins, of the last <see cref="KnownStarts"/>.</summary>
    public long StartOf(long line) => _starts[line % KnownStarts];

    /// <summary>Takes the next line.</summary>
    /// <param name="line">Its bytes, or the first of them; <see cref="LogLine.Padding"/> bytes more can be read behind.</param>
    /// <param name="kept">How many there are, at most <see cref="LogLine.MaxKept"/>.</param>
    /// <param name="start">Where it begins in the file.</param>
    /// <param name="length">Its length without its line break.</param>
    /// <param name="lineBreak">The length of its line break, 0 or 1.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add(ref byte line, int kept, long start, long length, int lineBreak)
    {
        var number = _lines++;
        _starts[(int)number & (KnownStarts - 1)] = start;
        _longest = Math.Max(_longest, length);
        if (number < _headLines)
        {
            _head.Add(new HeadLine(
                MemoryMarshal.CreateReadOnlySpan(ref line, Math.Min(kept, LogLine.MaxShownBytes)).ToArray(), length));
        }

        if (kept > 0 && (line == 0 || number == 0))
        {
            // The rest of a block that a hole was punched into; a byte order mark.
            var skip = Skip(MemoryMarshal.CreateReadOnlySpan(ref line, kept), number == 0);
            line = ref Unsafe.Add(ref line, skip);
            kept -= skip;
        }

        if (kept > 0 && Unsafe.Add(ref line, kept - 1) == '\r')
        {
            kept--;
        }

        var timeStart = -1;
        var timeEnd = -1;
        var level = kept == 0 ? Unknown : Judge(ref line, kept, ref timeStart, ref timeEnd);
        if (level != Unknown || timeStart >= 0)
        {
            _headed = true;
        }
        else if (_headed)
        {
            level = Continuation;
        }

        _levels[level]++;
        _bytes += length + lineBreak;
        if (number == _nextSample)
        {
            Sample(ref line, kept, timeStart, timeEnd, level);
        }
    }

    /// <summary>The level of a line, and its time, which becomes the present one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Judge(ref byte line, int length, ref int timeStart, ref int timeEnd)
    {
        switch (line)
        {
            case (byte)' ' or (byte)'\t':
                return Unknown;

            case (byte)'{':
                length = Math.Min(length, LogLine.JsonKeyBytes);
                if (_json.TryTime(MemoryMarshal.CreateReadOnlySpan(ref line, length), _yearOf, out var time))
                {
                    (timeStart, timeEnd) = (time.Start, time.End);
                    Enter(time);
                }

                return _json.Level(ref line, length);
        }

        var level = line == '<' ? Severity(ref line, length) : Unknown;
        if (FindTime(ref line, length))
        {
            (timeStart, timeEnd) = (_time.Start, _time.End);
            if (level == Unknown && _time.Style is LogTimeStyle.Access or LogTimeStyle.DayMonthYear or LogTimeStyle.Glog)
            {
                level = LevelBeside(MemoryMarshal.CreateReadOnlySpan(ref line, length));
            }
        }

        return level != Unknown ? level : LogLevelWords.Find(ref line, Math.Min(length, LogLine.LevelBytes));
    }

    /// <summary>The time of a line: the first with a date; where the line before had it, that second comes before all others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool FindTime(ref byte line, int length) => IsSameSecond(ref line, _time.Start, length) || SearchTime(ref line, length);

    /// <summary>Looks for <c>:mm:ss</c> by its two colons, and reads what stands before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool SearchTime(ref byte line, int length)
    {
        // Two windows that overlap by one time less a byte.
        const int Window = 64;
        const int Second = Window - 8;
        var timeOnly = default(LogTime);
        var found = false;
        for (var at = 0; at == 0 || (at == Second && length > Window); at += Second)
        {
            var colons = Vector512.Equals(Vector512.LoadUnsafe(ref line, (nuint)at), Vector512.Create((byte)':')).ExtractMostSignificantBits();
            var pairs = colons & (colons >> 3);
            for (var left = pairs; left != 0; left &= left - 1)
            {
                // An address before it moves it from line to line.
                var start = at + BitOperations.TrailingZeroCount(left) - _colonInSecond;
                if (IsSameSecond(ref line, start, length))
                {
                    _time.Start = start;
                    _time.End = start + _secondLength;
                    return true;
                }
            }

            while (pairs != 0)
            {
                var colon = at + BitOperations.TrailingZeroCount(pairs);
                pairs &= pairs - 1;
                if (colon + 6 > length || colon > LogLine.TimeBytes + 14)
                {
                    break;
                }

                if (LogTime.TryRead(MemoryMarshal.CreateReadOnlySpan(ref line, Math.Min(length, 192)), colon, _yearOf, out var time))
                {
                    if (time.Style != LogTimeStyle.TimeOnly)
                    {
                        Enter(time);
                        Remember(ref line, colon, time);
                        return true;
                    }

                    if (!found)
                    {
                        timeOnly = time;
                        found = true;
                    }
                }
            }
        }

        // A log that has dates has them in all its entries.
        if (found && (First is null || OnlyTimeOfDay))
        {
            EnterTimeOfDay(ref timeOnly);
            return true;
        }

        return false;
    }

    /// <summary>Whether at a place stand date and time, to the second, of the line before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsSameSecond(ref byte line, int start, int length)
    {
        if (_secondLength == 0 || start < 0 || start + _secondLength > length)
        {
            return false;
        }

        var same = Vector256.Equals(Vector256.LoadUnsafe(ref line, (nuint)start), _second).ExtractMostSignificantBits();
        return (same & _secondMask) == _secondMask;
    }

    private void Remember(ref byte line, int colon, in LogTime time)
    {
        var length = time.End - time.Start;
        if (length < 32)
        {
            _second = Vector256.LoadUnsafe(ref line, (nuint)time.Start);
            _secondMask = (1u << length) - 1;
            _secondLength = length;
            _colonInSecond = colon - time.Start;
        }
    }

    private void Enter(in LogTime time)
    {
        if (OnlyTimeOfDay)
        {
            OnlyTimeOfDay = false;
            First = null;
            _latest = long.MinValue;
            _rate.Forget(Before);
        }

        SomeWithoutOffset |= !time.HasOffset;
        SomeWithoutYear |= !time.HasYear;
        _time = time;
        MoveTo(time.LocalSeconds - (60L * (time.HasOffset ? time.OffsetMinutes : _assumedMinutes)));
    }

    /// <summary>A time without a date: when it falls by more than what disorder and summer time explain, a day has gone by.</summary>
    private void EnterTimeOfDay(ref LogTime time)
    {
        OnlyTimeOfDay = true;
        SomeWithoutOffset = true;
        var day = Math.Max(0, _latestOfDay) / 86_400;
        var rise = time.LocalSeconds - (_latestOfDay % 86_400);
        if (_latestOfDay >= 0 && rise < -Disorder)
        {
            day++;
        }
        else if (day > 0 && rise > 86_400 - Disorder)
        {
            // Threads that log at midnight: a line of the day before.
            day--;
        }

        time.LocalSeconds += day * 86_400;
        _latestOfDay = Math.Max(_latestOfDay, time.LocalSeconds);
        _time = time;
        MoveTo(time.LocalSeconds - (60L * _assumedMinutes));
    }

    private void MoveTo(long utc)
    {
        _utc = utc;
        _secondLength = 0;
        First ??= (utc, _time.HasOffset ? _time.OffsetMinutes : _assumedMinutes);

        // Buckets of a day begin at midnight where the log was written.
        _rate.MoveTo(utc + (60L * First.Value.OffsetMinutes), Before);
        if (utc >= _latest)
        {
            _latest = utc;
        }
        else if (utc < _latest - 60)
        {
            StepsBack++;
        }
    }

    /// <summary>The severity of <c>&lt;165&gt;</c> (RFC 5424, 6.2.1; printk's <c>&lt;3&gt;</c>).</summary>
    private static int Severity(ref byte line, int length)
    {
        var priority = 0;
        for (var i = 1; i < Math.Min(length, 5); i++)
        {
            var c = Unsafe.Add(ref line, i);
            if (c == '>' && i > 1)
            {
                return priority > 191 ? Unknown : (priority & 7) switch { <= 2 => 5, 3 => 4, 4 => 3, <= 6 => 2, _ => 1 };
            }

            if ((uint)(c - '0') > 9)
            {
                break;
            }

            priority = (priority * 10) + c - '0';
        }

        return Unknown;
    }

    /// <summary>What kinds of logs say instead of a level's name.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int LevelBeside(ReadOnlySpan<byte> line)
    {
        switch (_time.Style)
        {
            case LogTimeStyle.Access:
                // "GET / HTTP/1.1" 502 157
                var rest = line[_time.End..];
                var quote = EndOfRequest(rest);
                return quote >= 0 && rest.Length >= quote + 5 && rest[quote + 2] is >= (byte)'1' and <= (byte)'5'
                    && (uint)(rest[quote + 3] - '0') <= 9 && (uint)(rest[quote + 4] - '0') <= 9
                    && (rest.Length == quote + 5 || rest[quote + 5] == ' ')
                    ? rest[quote + 2] switch { (byte)'5' => 4, (byte)'4' => 3, _ => 2 }
                    : Unknown;

            case LogTimeStyle.DayMonthYear:
                // Redis: "1:M 22 Nov 2026 12:00:00.123 # text"
                var end = LogTime.EndOf(line, _time.End);
                return end + 2 < line.Length && line[end] == ' ' && line[end + 2] == ' '
                    ? line[end + 1] switch { (byte)'.' => 0, (byte)'-' => 1, (byte)'*' => 2, (byte)'#' => 3, _ => Unknown }
                    : Unknown;

            default:
                return line[0] switch { (byte)'I' => 2, (byte)'W' => 3, (byte)'E' => 4, (byte)'F' => 5, _ => Unknown };
        }
    }

    /// <summary>Where a quote with a blank behind it stands; nearly always it is near.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int EndOfRequest(ReadOnlySpan<byte> text)
    {
        ref var first = ref MemoryMarshal.GetReference(text);
        var quotes = Vector512.Equals(Vector512.LoadUnsafe(ref first), Vector512.Create((byte)'"')).ExtractMostSignificantBits();
        var blanks = Vector512.Equals(Vector512.LoadUnsafe(ref first, 1), Vector512.Create((byte)' ')).ExtractMostSignificantBits();
        var place = BitOperations.TrailingZeroCount(quotes & blanks);
        return place < 64 ? (place + 1 < text.Length ? place : -1) : text.IndexOf("\" "u8);
    }

    private void Sample(ref byte line, int kept, int timeStart, int timeEnd, int level)
    {
        var text = MemoryMarshal.CreateReadOnlySpan(ref line, kept);
        if (timeStart >= 0)
        {
            timeEnd = LogTime.EndOf(text, timeEnd);
        }

        _repeated.Add(text, timeStart, timeEnd, level, _stride);

        // By chance, so that no rhythm of the log is in step with it; always by the same chance, so that the result is the same (Marsaglia, "Xorshift RNGs").
        _random ^= _random << 13;
        _random ^= _random >> 17;
        _random ^= _random << 5;
        _nextSample += 1 + (_random % ((2 * (uint)_stride) - 1));
    }

    private static int Skip(ReadOnlySpan<byte> line, bool first)
    {
        var zeros = line.IndexOfAnyExcept((byte)0);
        if (zeros < 0)
        {
            return line.Length;
        }

        return first && line[zeros..].StartsWith("\uFEFF"u8) ? zeros + 3 : zeros;
    }

    /// <summary>One of the first lines.</summary>
    /// <param name="Bytes">Its first bytes.</param>
    /// <param name="Length">How many it has.</param>
    internal sealed record HeadLine(byte[] Bytes, long Length);
}
