using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HealthKit;

/// <summary>
/// Finds level and time in lines of JSON, one object a line, without parsing them. What it found in one line, key and all, it looks for first in
/// the next.
/// </summary>
internal sealed class JsonLogLines
{
    private const int MaxKey = 40;

    /// <summary>After so many lines in a row without a time, only each so manieth line is searched for all keys.</summary>
    private const int Patience = 64;

    private static readonly byte[][] TimeKeys =
    [
        "\"@timestamp\""u8.ToArray(), "\"timestamp\""u8.ToArray(), "\"Timestamp\""u8.ToArray(), "\"time\""u8.ToArray(), "\"ts\""u8.ToArray(),
        "\"@t\""u8.ToArray(), "\"dt\""u8.ToArray(), "\"datetime\""u8.ToArray(), "\"$date\""u8.ToArray(), "\"asctime\""u8.ToArray(),
        "\"eventTime\""u8.ToArray(), "\"date\""u8.ToArray(), "\"Time\""u8.ToArray(),
    ];

    private readonly byte[] _levelKey = new byte[MaxKey];
    private int _levelKeyLength;
    private byte[]? _timeKey;
    private int _withoutTime;

    /// <summary>The level: a word, or a number as pino and bunyan write it (10 trace to 60 fatal).</summary>
    public int Level(ref byte line, int length)
    {
        var text = MemoryMarshal.CreateReadOnlySpan(ref line, length);
        if (_levelKeyLength > 0)
        {
            var key = text.IndexOf(_levelKey.AsSpan(0, _levelKeyLength));
            if (key >= 0 && Value(ref line, key + _levelKeyLength, length) is var known and not LogLevelWords.None)
            {
                return known;
            }
        }

        var level = LogLevelWords.FindInJson(ref line, Math.Min(length, LogLine.JsonBytes), out var start, out var value);
        if (start >= 0)
        {
            Learn(text, start, value);
            return level;
        }

        var number = text.IndexOf("\"level\":"u8);
        if (number >= 0 && Value(ref line, number + 8, length) is var numeric and not LogLevelWords.None)
        {
            Learn(text, number, number + 8);
            return numeric;
        }

        // Serilog's compact format leaves out the level of what is no more than information.
        return level == LogLevelWords.None && text.IndexOf("\"@t\":"u8) >= 0 && text.IndexOf("\"@m"u8) >= 0 && text.IndexOf("\"@l\":"u8) < 0 ? 2 : level;
    }

    /// <summary>The time: as text, or as a number of seconds, milliseconds, microseconds or nanoseconds since 1970.</summary>
    public bool TryTime(ReadOnlySpan<byte> line, long yearOf, out LogTime time)
    {
        if (_timeKey is not null && TryTime(line, _timeKey, yearOf, out time))
        {
            _withoutTime = 0;
            return true;
        }

        if (++_withoutTime < Patience || _withoutTime % Patience == 0)
        {
            foreach (var key in TimeKeys)
            {
                if (TryTime(line, key, yearOf, out time))
                {
                    _timeKey = key;
                    _withoutTime = 0;
                    return true;
                }
            }
        }

        time = default;
        return false;
    }

    private static bool TryTime(ReadOnlySpan<byte> line, byte[] key, long yearOf, out LogTime time)
    {
        time = default;
        var at = line.IndexOf(key);
        if (at < 0)
        {
            return false;
        }

        at += key.Length;
        while (at < line.Length && line[at] is (byte)':' or (byte)' ')
        {
            at++;
        }

        if (at >= line.Length)
        {
            return false;
        }

        if (line[at] == '"')
        {
            // "2015-10-28T22:15:05": the first colon of its time is 13 behind its beginning, of other ways to write it a little farther.
            var text = line[(at + 1)..Math.Min(at + 1 + 48, line.Length)];
            for (var colon = text.IndexOf((byte)':'); colon >= 0 && colon < text.Length;)
            {
                if (LogTime.TryRead(text, colon, yearOf, out time) && time.Style != LogTimeStyle.TimeOnly)
                {
                    time.Start += at + 1;
                    time.End += at + 1;
                    return true;
                }

                var next = text[(colon + 1)..].IndexOf((byte)':');
                colon = next < 0 ? -1 : colon + 1 + next;
            }

            return false;
        }

        if (!Utf8Parser.TryParse(line[at..Math.Min(at + 24, line.Length)], out long number, out var digits) || number <= 0)
        {
            return false;
        }

        // By its size: in seconds, 100,000,000 is 1973 and 10,000,000,000 is 2286.
        while (number >= 10_000_000_000)
        {
            number /= 1_000;
        }

        time = new LogTime { LocalSeconds = number, HasOffset = true, HasYear = true, Start = at, End = at + digits };
        return number >= 100_000_000;
    }

    private static int Value(ref byte line, int at, int length)
    {
        if (at >= length)
        {
            return LogLevelWords.None;
        }

        var first = Unsafe.Add(ref line, at);
        if ((uint)(first - '0') <= 9)
        {
            // 30, and with it 35: info and a little more.
            return at + 2 <= length && (uint)(Unsafe.Add(ref line, at + 1) - '0') <= 9 && (at + 2 == length || (uint)(Unsafe.Add(ref line, at + 2) - '0') > 9)
                ? first switch
                {
                    (byte)'1' => 0,
                    (byte)'2' => 1,
                    (byte)'3' => 2,
                    (byte)'4' => 3,
                    (byte)'5' => 4,
                    (byte)'6' => 5,
                    _ => LogLevelWords.None,
                }
                : LogLevelWords.None;
        }

        return LogLevelWords.OfWord(ref line, at, length);
    }

    private void Learn(ReadOnlySpan<byte> line, int start, int value)
    {
        if (value - start <= MaxKey)
        {
            _levelKeyLength = value - start;
            line[start..value].CopyTo(_levelKey);
        }
    }
}
