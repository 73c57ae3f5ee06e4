using System.Runtime.CompilerServices;

namespace HealthKit;

/// <summary>How a time is written, as far as it matters for what stands beside it.</summary>
internal enum LogTimeStyle : byte
{
    /// <summary><c>2026-11-22 12:00:00</c>, with T, with slashes.</summary>
    YearFirst,

    /// <summary><c>[22/Nov/2026:12:00:00 +0000]</c>: web servers' access logs.</summary>
    Access,

    /// <summary><c>22 Nov 2026 12:00:00</c>, with hyphens: Redis, Log4j, Tomcat, PHP.</summary>
    DayMonthYear,

    /// <summary><c>Nov 22 12:00:00</c> (RFC 3164), <c>Sun Nov 22 12:00:00 2026</c>.</summary>
    MonthDay,

    /// <summary><c>E1122 12:00:00</c>: glog.</summary>
    Glog,

    /// <summary><c>12:00:00</c> at the line's beginning.</summary>
    TimeOnly,
}

/// <summary>A time in a line, to the second.</summary>
internal struct LogTime
{
    /// <summary>Seconds since 1970 as the line's clock shows them, without its offset. Of <see cref="LogTimeStyle.TimeOnly"/>: since midnight.</summary>
    public long LocalSeconds;

    public int OffsetMinutes;

    /// <summary>Whether the line says what its offset is.</summary>
    public bool HasOffset;

    /// <summary>Whether the line says which year it is.</summary>
    public bool HasYear;

    public LogTimeStyle Style;

    /// <summary>Where it begins.</summary>
    public int Start;

    /// <summary>Behind its seconds; where the year stands behind them, behind that.</summary>
    public int End;

    private static ReadOnlySpan<byte> Months => "janfebmaraprmayjunjulaugsepoctnovdec"u8;

    /// <summary>Reads the time whose hours end at a colon.</summary>
    /// <param name="line">The line.</param>
    /// <param name="colon">Where <c>:mm:ss</c> begins.</param>
    /// <param name="yearOf">The last day that a time without a year may be: the day after the file was written, in days since 1970.</param>
    /// <param name="time">The time.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool TryRead(ReadOnlySpan<byte> line, int colon, long yearOf, out LogTime time)
    {
        time = default;
        if (colon < 2 || colon + 6 > line.Length || line[colon + 3] != ':'
            || !Two(line, colon - 2, out var hour) || !Two(line, colon + 1, out var minute) || !Two(line, colon + 4, out var second)
            || hour > 23 || minute > 59 || second > 60)
        {
            return false;
        }

        time.End = colon + 6;
        var ofDay = (hour * 3600) + (minute * 60) + Math.Min(second, 59);
        if (!TryReadDate(line, colon - 2, yearOf, ref time, out var days))
        {
            time.Style = LogTimeStyle.TimeOnly;
            time.Start = colon - 2;
            time.LocalSeconds = ofDay;

            // In the middle of a line, it is just some number of hours.
            return time.Start == 0 || (time.Start == 1 && line[0] is (byte)'[' or (byte)'(');
        }

        time.LocalSeconds = (days * 86_400) + ofDay;
        ReadOffset(line, ref time);
        return true;
    }

    /// <summary>Behind fractions of a second, and the offset.</summary>
    public static int EndOf(ReadOnlySpan<byte> line, int end)
    {
        if (end + 1 < line.Length && line[end] is (byte)'.' or (byte)',' && IsDigit(line[end + 1]))
        {
            end++;
            while (end < line.Length && IsDigit(line[end]))
            {
                end++;
            }
        }

        return TryReadOffset(line, end, out _, out var behind) ? behind : end;
    }

    /// <summary>Days since 1970 of a date of the Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms").</summary>
    private static long Days(int year, int month, int day)
    {
        var y = month <= 2 ? year - 1 : year;
        var era = y / 400;
        var yearOfEra = y - (era * 400);
        var dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9)) + 2) / 5) + day - 1;
        return (era * 146_097L) + (yearOfEra * 365L) + (yearOfEra / 4) - (yearOfEra / 100) + dayOfYear - 719_468;
    }

    /// <summary>Reads the date before the hours; the separator between them included.</summary>
    private static bool TryReadDate(ReadOnlySpan<byte> line, int hour, long yearOf, ref LogTime time, out long days)
    {
        days = 0;
        if (hour < 5)
        {
            return false;
        }

        var separator = line[hour - 1];
        if (hour >= 11 && separator is (byte)'T' or (byte)' ' or (byte)'t' && line[hour - 4] is (byte)'-' or (byte)'/' or (byte)'.'
            && line[hour - 7] == line[hour - 4] && Four(line, hour - 11, out var year)
            && Two(line, hour - 6, out var month) && Two(line, hour - 3, out var day))
        {
            time.Style = LogTimeStyle.YearFirst;
            time.HasYear = true;
            time.Start = hour - 11;
        }
        else if (hour >= 12 && separator is (byte)':' or (byte)' ' && line[hour - 6] is (byte)'/' or (byte)'-' or (byte)' '
            && line[hour - 10] == line[hour - 6] && Four(line, hour - 5, out year) && Month(line, hour - 9, out month) && Two(line, hour - 12, out day))
        {
            time.Style = separator == ':' ? LogTimeStyle.Access : LogTimeStyle.DayMonthYear;
            time.HasYear = true;
            time.Start = hour - 12;
        }
        else if (separator == ' ' && TryReadMonthDay(line, hour, ref time, out month, out day))
        {
            time.Style = LogTimeStyle.MonthDay;
            year = time.HasYear ? YearBehind(line, time.End) : YearBefore(month, day, yearOf);
            if (time.HasYear)
            {
                time.End = EndOfFraction(line, time.End) + 5;
            }
        }
        else if (separator == ' ' && hour == 6 && line[0] is (byte)'I' or (byte)'W' or (byte)'E' or (byte)'F' && Two(line, 1, out month) && Two(line, 3, out day))
        {
            time.Style = LogTimeStyle.Glog;
            time.Start = 1;
            year = YearBefore(month, day, yearOf);
        }
        else
        {
            return false;
        }

        if (year is < 1970 or > 2199 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
        {
            return false;
        }

        days = Days(year, month, day);
        return true;
    }

    /// <summary><c>Nov 22 </c>, <c>Nov  2 </c>, <c>Nov 2 </c>.</summary>
    private static bool TryReadMonthDay(ReadOnlySpan<byte> line, int hour, ref LogTime time, out int month, out int day)
    {
        month = 0;
        day = line[hour - 2] - '0';
        if (day is < 0 or > 9)
        {
            return false;
        }

        var name = hour - 6;
        if (IsDigit(line[hour - 3]))
        {
            day += (line[hour - 3] - '0') * 10;
            name--;
            if (name < 0 || line[hour - 4] != ' ')
            {
                return false;
            }
        }
        else if (line[hour - 3] != ' ')
        {
            return false;
        }
        else if (line[hour - 4] == ' ')
        {
            name--;
        }

        if (name < 0 || !Month(line, name, out month))
        {
            return false;
        }

        // "Sun Apr  1 21:58:32.123456 2018": ctime(3), dmesg -T, Apache.
        time.HasYear = name >= 4 && line[name - 1] == ' ' && YearBehind(line, time.End) > 0;
        time.Start = time.HasYear ? name - 4 : name;
        return true;
    }

    /// <summary>The year in which a date is last not later than a day; 29 February as well.</summary>
    private static int YearBefore(int month, int day, long yearOf)
    {
        var year = DateTime.UnixEpoch.AddDays(yearOf).Year;
        for (var tries = 0; tries < 9; tries++, year--)
        {
            if (month is >= 1 and <= 12 && day >= 1 && day <= DateTime.DaysInMonth(year, month) && Days(year, month, day) <= yearOf)
            {
                return year;
            }
        }

        return 0;
    }

    private static int YearBehind(ReadOnlySpan<byte> line, int end)
    {
        end = EndOfFraction(line, end);
        return end < line.Length && line[end] == ' ' && Four(line, end + 1, out var year) && (end + 5 == line.Length || !IsDigit(line[end + 5])) ? year : 0;
    }

    private static int EndOfFraction(ReadOnlySpan<byte> line, int end)
    {
        if (end < line.Length && line[end] == '.')
        {
            end++;
            while (end < line.Length && IsDigit(line[end]))
            {
                end++;
            }
        }

        return end;
    }

    private static void ReadOffset(ReadOnlySpan<byte> line, ref LogTime time)
    {
        var end = time.End;
        if (end < line.Length && line[end] is (byte)'.' or (byte)',')
        {
            end++;
            while (end < line.Length && IsDigit(line[end]))
            {
                end++;
            }
        }

        time.HasOffset = TryReadOffset(line, end, out time.OffsetMinutes, out _);
    }

    /// <summary><c>Z</c>, <c>+01:00</c>, <c> +0100</c>, <c> UTC</c>.</summary>
    private static bool TryReadOffset(ReadOnlySpan<byte> line, int at, out int minutes, out int end)
    {
        minutes = 0;
        end = at + 1;
        if (at >= line.Length)
        {
            return false;
        }

        if (line[at] is (byte)'Z' or (byte)'z')
        {
            return true;
        }

        if (line[at] == ' ')
        {
            at++;
        }

        if (line[at..].StartsWith("UTC"u8) || line[at..].StartsWith("GMT"u8))
        {
            end = at + 3;
            return true;
        }

        if (at + 5 > line.Length || line[at] is not ((byte)'+' or (byte)'-') || !Two(line, at + 1, out var hours))
        {
            return false;
        }

        var minutesAt = line[at + 3] == ':' ? at + 4 : at + 3;
        if (!Two(line, minutesAt, out var rest) || hours > 14 || rest % 15 != 0 || rest > 45 || (minutesAt + 2 < line.Length && IsDigit(line[minutesAt + 2])))
        {
            return false;
        }

        minutes = (hours * 60) + rest;
        if (minutes > 14 * 60)
        {
            return false;
        }

        minutes = line[at] == '-' ? -minutes : minutes;
        end = minutesAt + 2;
        return true;
    }

    private static bool Month(ReadOnlySpan<byte> line, int at, out int month)
    {
        month = 0;
        Span<byte> name = [(byte)(line[at] | 0x20), (byte)(line[at + 1] | 0x20), (byte)(line[at + 2] | 0x20)];
        for (var i = 0; i < 12; i++)
        {
            if (Months.Slice(3 * i, 3).SequenceEqual(name))
            {
                month = i + 1;
                return true;
            }
        }

        return false;
    }

    private static bool Two(ReadOnlySpan<byte> line, int at, out int value)
    {
        value = 0;
        if (at + 2 > line.Length)
        {
            return false;
        }

        var tens = (uint)(line[at] - '0');
        var ones = (uint)(line[at + 1] - '0');
        value = (int)((tens * 10) + ones);
        return tens <= 9 && ones <= 9;
    }

    private static bool Four(ReadOnlySpan<byte> line, int at, out int value)
    {
        value = 0;
        if (!Two(line, at, out var high) || !Two(line, at + 2, out var low))
        {
            return false;
        }

        value = (high * 100) + low;
        return true;
    }

    private static bool IsDigit(byte c) => (uint)(c - '0') <= 9;
}
