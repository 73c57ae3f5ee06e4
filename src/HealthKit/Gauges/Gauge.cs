using System.Globalization;

namespace HealthKit;

/// <summary>
/// What is measured against two limits: its unit, which end is bad, the options that set the limits and what stands for them when they
/// are not set. The rules, their texts and the validation of the options stand here once, for every check. Immutable and without state.
/// </summary>
/// <remarks>
/// A value is judged against limits that <see cref="Resolve"/> makes of the options: do that once for each options object, not at each run.
/// </remarks>
public sealed class Gauge
{
    private readonly double _ratio;

    /// <summary>Names what is measured and the options that limit it.</summary>
    /// <param name="quantity">What is measured, as texts name it: <c>free space</c>.</param>
    /// <param name="unit">The unit of values and limits.</param>
    /// <param name="direction">Which end is bad.</param>
    /// <param name="degradedOption">The option that sets the degraded limit: <c>DegradedBelowFreePercent</c>.</param>
    /// <param name="unhealthyOption">The option that sets the unhealthy limit.</param>
    /// <param name="defaults">The limits when neither is set; null means then none.</param>
    /// <param name="ratio">
    /// How many times farther from the end the degraded limit lies than the unhealthy one, where only one is set; taken from the
    /// defaults when there are any. Infinity: a limit that is not set is none.
    /// </param>
    public Gauge(
        string quantity,
        GaugeUnit unit,
        GaugeDirection direction,
        string degradedOption,
        string unhealthyOption,
        GaugeLimits? defaults = null,
        double ratio = 2)
    {
        Quantity = quantity;
        Unit = unit;
        Direction = direction;
        DegradedOption = degradedOption;
        UnhealthyOption = unhealthyOption;
        Defaults = defaults ?? GaugeLimits.None;
        Maximum = unit == GaugeUnit.Percent ? 100 : double.PositiveInfinity;
        _ratio = defaults is not { } limits ? ratio
            : direction == GaugeDirection.LowIsBad ? limits.Degraded / limits.Unhealthy
            : double.IsFinite(Maximum) ? (Maximum - limits.Degraded) / (Maximum - limits.Unhealthy)
            : limits.Unhealthy / limits.Degraded;
    }

    /// <summary>What is measured, as texts name it.</summary>
    public string Quantity { get; }

    /// <summary>The unit of values and limits.</summary>
    public GaugeUnit Unit { get; }

    /// <summary>Which end is bad.</summary>
    public GaugeDirection Direction { get; }

    /// <summary>The option that sets the degraded limit.</summary>
    public string DegradedOption { get; }

    /// <summary>The option that sets the unhealthy limit.</summary>
    public string UnhealthyOption { get; }

    /// <summary>The limits when neither is set.</summary>
    public GaugeLimits Defaults { get; }

    /// <summary>The greatest value there is: 100 percent, else infinity.</summary>
    public double Maximum { get; }

    /// <summary>What is wrong with set limits: out of range, or degraded beyond unhealthy. Null is not set.</summary>
    public IEnumerable<OptionError> Validate(double? degraded, double? unhealthy)
    {
        var degradedFits = degraded is not { } d || InRange(d);
        var unhealthyFits = unhealthy is not { } u || InRange(u);
        if (!degradedFits)
        {
            yield return Error(DegradedOption, degraded!.Value, Allowed(0, Maximum));
        }

        if (!unhealthyFits)
        {
            yield return Error(UnhealthyOption, unhealthy!.Value, Allowed(0, Maximum));
        }

        if (degradedFits && unhealthyFits && degraded is { } far && unhealthy is { } near)
        {
            if (Direction == GaugeDirection.LowIsBad && far < near)
            {
                yield return Error(
                    DegradedOption, far, $"{Allowed(near, Maximum)}, not below {UnhealthyOption} ({new GaugeAmount(near, Unit):L})");
            }
            else if (Direction == GaugeDirection.HighIsBad && far > near)
            {
                yield return Error(
                    DegradedOption, far, $"{Allowed(0, near)}, not above {UnhealthyOption} ({new GaugeAmount(near, Unit):L})");
            }
        }
    }

    /// <summary>What is wrong with limits that are times, of a gauge in seconds: not above zero, or degraded beyond unhealthy. Null is not set.</summary>
    public IEnumerable<OptionError> Validate(TimeSpan? degraded, TimeSpan? unhealthy)
    {
        const string Positive = "a time span above 00:00:00";
        if (degraded <= TimeSpan.Zero)
        {
            yield return new OptionError(DegradedOption, degraded, Positive);
        }

        if (unhealthy <= TimeSpan.Zero)
        {
            yield return new OptionError(UnhealthyOption, unhealthy, Positive);
        }
        else if (degraded > TimeSpan.Zero && unhealthy is { } near && (Direction == GaugeDirection.LowIsBad ? degraded < near : degraded > near))
        {
            var side = Direction == GaugeDirection.LowIsBad ? "below" : "above";
            yield return new OptionError(DegradedOption, degraded, string.Create(CultureInfo.InvariantCulture, $"{Positive}, not {side} {UnhealthyOption} ({near:c})"));
        }
    }

    /// <summary>The limits in force: a limit left unset follows the one that is set, unless the ratio is infinite; the defaults when neither is.</summary>
    public GaugeLimits Resolve(double? degraded, double? unhealthy) => (degraded, unhealthy) switch
    {
        ({ } d, { } u) => new GaugeLimits(d, u),
        ({ } d, null) => new GaugeLimits(d, Nearer(d)),
        (null, { } u) => new GaugeLimits(Farther(u), u),
        _ => Defaults,
    };

    /// <summary>Judges a measured value.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is NaN: what was not measured is not judged.</exception>
    public GaugeLevel Judge(double value, in GaugeLimits limits)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(double.IsNaN(value), true, nameof(value));

        // No limit is NaN, and nothing is below or above that.
        return Direction == GaugeDirection.LowIsBad
            ? value < limits.Unhealthy ? GaugeLevel.Unhealthy : value < limits.Degraded ? GaugeLevel.Degraded : GaugeLevel.Ok
            : value > limits.Unhealthy ? GaugeLevel.Unhealthy : value > limits.Degraded ? GaugeLevel.Degraded : GaugeLevel.Ok;
    }

    /// <summary>The limit that a level passed, in words: <c>unhealthy below 5 %</c>.</summary>
    public string ExplainLimit(GaugeLevel level, in GaugeLimits limits)
    {
        var (word, limit) = level == GaugeLevel.Unhealthy ? ("unhealthy", limits.Unhealthy) : ("degraded", limits.Degraded);
        var side = Direction == GaugeDirection.LowIsBad ? "below" : "above";
        return string.Create(CultureInfo.InvariantCulture, $"{word} {side} {new GaugeAmount(limit, Unit):L}");
    }

    /// <summary>A value and the limit that it passed, in words: <c>free space 1.2 %, unhealthy below 5 %</c>.</summary>
    public string Explain(double value, GaugeLevel level, in GaugeLimits limits)
    {
        var amount = new GaugeAmount(value, Unit);
        var shown = amount.ToString();
        if (level == GaugeLevel.Ok)
        {
            return $"{Quantity} {shown}";
        }

        // 9.99 % is below 10 %, and "10.0 %, degraded below 10 %" would puzzle.
        var explained = ExplainLimit(level, limits);
        if (explained.EndsWith(shown.Replace(".0 ", " ", StringComparison.Ordinal), StringComparison.Ordinal))
        {
            shown = amount.ToString("L", null);
        }

        return $"{Quantity} {shown}, {explained}";
    }

    private bool InRange(double value) => double.IsFinite(value) && value >= 0 && value <= Maximum;

    private double Farther(double unhealthy) => double.IsPositiveInfinity(_ratio) ? double.NaN : Direction == GaugeDirection.LowIsBad
        ? Math.Min(Maximum, unhealthy * _ratio)
        : double.IsFinite(Maximum) ? Math.Max(0, Maximum - ((Maximum - unhealthy) * _ratio)) : unhealthy / _ratio;

    private double Nearer(double degraded) => double.IsPositiveInfinity(_ratio) ? double.NaN : Direction == GaugeDirection.LowIsBad
        ? degraded / _ratio
        : double.IsFinite(Maximum) ? Maximum - ((Maximum - degraded) / _ratio) : degraded * _ratio;

    private OptionError Error(string option, double value, string allowed)
    {
        // The options of bytes and counts are whole numbers: an error shows them as they were written.
        var whole = Unit is GaugeUnit.Bytes or GaugeUnit.Count && double.IsInteger(value) && Math.Abs(value) < long.MaxValue;
        return new OptionError(option, whole ? (long)value : (object)value, allowed);
    }

    private string Allowed(double from, double to)
    {
        var (number, unit) = Unit switch
        {
            GaugeUnit.Percent => ("a number", "percent"),
            GaugeUnit.Bytes => ("a whole number", "bytes"),
            GaugeUnit.BytesPerSecond => ("a number", "bytes/second"),
            GaugeUnit.Count => ("a whole number", "count"),
            _ => ("a number", "seconds"),
        };
        var culture = CultureInfo.InvariantCulture;
        return double.IsFinite(to)
            ? string.Create(culture, $"{number} from {from:0.####} to {to:0.####} ({unit})")
            : string.Create(culture, $"{number} of {from:0.####} or more ({unit})");
    }
}
