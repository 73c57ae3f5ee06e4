using System.Globalization;

namespace HealthKit;

/// <summary>
/// A value with its unit as people read it, the same in every culture: <c>41.3 GiB</c>, <c>42.1 %</c>, <c>2 h 10 min</c>. Bytes are
/// binary, as <c>df -h</c> shows them. In an interpolated string it costs no allocation. The format <c>L</c> (limit) leaves out
/// decimals that say nothing and keeps those that do: <c>5 %</c>, <c>99.95 %</c>, <c>10 GiB</c>.
/// </summary>
/// <param name="Value">The value.</param>
/// <param name="Unit">What it is counted in.</param>
public readonly record struct GaugeAmount(double Value, GaugeUnit Unit) : ISpanFormattable
{
    private static readonly string[] ByteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>So many bytes.</summary>
    public static GaugeAmount Bytes(double value) => new(value, GaugeUnit.Bytes);

    /// <summary>So many percent.</summary>
    public static GaugeAmount Percent(double value) => new(value, GaugeUnit.Percent);

    /// <summary>So many things.</summary>
    public static GaugeAmount Count(double value) => new(value, GaugeUnit.Count);

    /// <summary>So long.</summary>
    public static GaugeAmount Time(TimeSpan value) => new(value.TotalSeconds, GaugeUnit.Seconds);

    /// <summary>The value with its unit: <c>41.3 GiB</c>.</summary>
    public override string ToString() => ToString(null, null);

    /// <summary>The value with its unit; the format <c>L</c> leaves out decimals that say nothing. The culture changes nothing.</summary>
    public string ToString(string? format, IFormatProvider? formatProvider)
    {
        Span<char> text = stackalloc char[400];
        return TryFormat(text, out var written, format, formatProvider) ? new string(text[..written]) : "";
    }

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        var limit = format is "L";
        if (!double.IsFinite(Value))
        {
            return destination.TryWrite(CultureInfo.InvariantCulture, $"{Value}", out charsWritten);
        }

        return Unit switch
        {
            GaugeUnit.Percent => TryFormatPercent(destination, limit, out charsWritten),
            GaugeUnit.Bytes => TryFormatBytes(destination, limit, out charsWritten),
            GaugeUnit.BytesPerSecond => TryFormatBytes(destination, limit, out charsWritten) && TryAdd(destination, "/s", ref charsWritten),
            GaugeUnit.Seconds => TryFormatSeconds(destination, out charsWritten),
            _ => destination.TryWrite(CultureInfo.InvariantCulture, $"{Value:0.##}", out charsWritten),
        };
    }

    private bool TryFormatPercent(Span<char> destination, bool limit, out int charsWritten)
    {
        if (limit)
        {
            return destination.TryWrite(CultureInfo.InvariantCulture, $"{Value:0.####} %", out charsWritten);
        }

        // Rounding must not say "none" or "all" where it is not so.
        return Value switch
        {
            > 0 and < 0.05 => destination.TryWrite($"<0.1 %", out charsWritten),
            >= 99.95 and < 100 => destination.TryWrite($"99.9 %", out charsWritten),
            _ => destination.TryWrite(CultureInfo.InvariantCulture, $"{Value:0.0} %", out charsWritten),
        };
    }

    private bool TryFormatBytes(Span<char> destination, bool limit, out int charsWritten)
    {
        var value = Value;
        var unit = 0;

        // 1023.95 would be shown as 1024.0: it is 1.0 of the next unit.
        while (Math.Abs(value) >= (unit == 0 ? 1024 : 1023.95) && unit < ByteUnits.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return unit == 0 ? destination.TryWrite(CultureInfo.InvariantCulture, $"{value:0} B", out charsWritten)
            : limit ? destination.TryWrite(CultureInfo.InvariantCulture, $"{value:0.##} {ByteUnits[unit]}", out charsWritten)
            : destination.TryWrite(CultureInfo.InvariantCulture, $"{value:0.0} {ByteUnits[unit]}", out charsWritten);
    }

    private static bool TryAdd(Span<char> destination, string text, ref int charsWritten)
    {
        var fits = text.TryCopyTo(destination[charsWritten..]);
        charsWritten += fits ? text.Length : 0;
        return fits;
    }

    private bool TryFormatSeconds(Span<char> destination, out int charsWritten)
    {
        var sign = Value < 0 ? "-" : "";
        var seconds = Math.Abs(Value);
        if (seconds is > 0 and < 0.95)
        {
            // Rounding must not say "none" of a latency.
            return seconds < 0.0001 ? destination.TryWrite(CultureInfo.InvariantCulture, $"{sign}<0.1 ms", out charsWritten)
                : seconds < 0.00995 ? destination.TryWrite(CultureInfo.InvariantCulture, $"{sign}{seconds * 1000:0.#} ms", out charsWritten)
                : destination.TryWrite(CultureInfo.InvariantCulture, $"{sign}{seconds * 1000:0} ms", out charsWritten);
        }

        if (seconds < 9.95)
        {
            return destination.TryWrite(CultureInfo.InvariantCulture, $"{sign}{seconds:0.#} s", out charsWritten);
        }

        // Two units say enough; what is smaller is rounded into them.
        const double Minute = 60, Hour = 3600, Day = 86400;
        return Math.Round(seconds) < Minute
            ? destination.TryWrite(CultureInfo.InvariantCulture, $"{sign}{seconds:0} s", out charsWritten)
            : Math.Round(seconds) < Hour ? TryWritePair(destination, sign, Math.Round(seconds), 60, "min", "s", out charsWritten)
            : Math.Round(seconds / Minute) < Day / Minute
                ? TryWritePair(destination, sign, Math.Round(seconds / Minute), 60, "h", "min", out charsWritten)
                : TryWritePair(destination, sign, Math.Round(seconds / Hour), 24, "d", "h", out charsWritten);
    }

    private static bool TryWritePair(
        Span<char> destination, string sign, double small, double smallPerLarge, string largeUnit, string smallUnit, out int charsWritten)
    {
        var large = Math.Floor(small / smallPerLarge);
        var rest = small - (large * smallPerLarge);
        return rest == 0
            ? destination.TryWrite(CultureInfo.InvariantCulture, $"{sign}{large:0} {largeUnit}", out charsWritten)
            : destination.TryWrite(CultureInfo.InvariantCulture, $"{sign}{large:0} {largeUnit} {rest:0} {smallUnit}", out charsWritten);
    }
}
