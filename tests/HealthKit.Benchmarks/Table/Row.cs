using System.Globalization;

namespace HealthKit;

/// <summary>One line of the table.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Measured">The figure.</param>
/// <param name="Baseline">What it is compared with, measured in the same run.</param>
/// <param name="Ratio">The median of the rounds' ratios.</param>
/// <param name="Budget">What DESIGN asks for; empty where it asks for nothing.</param>
/// <param name="Ok">Whether the budget is kept; null without one.</param>
internal sealed record Row(string Name, string Measured, string Baseline, string Ratio, string Budget, bool? Ok)
{
    /// <summary>A time per call against that of another.</summary>
    public static Row OfTime(string name, Comparison result, double? factor = null, double plusNanoseconds = 0) => new(
        name,
        Text.Time(result.Measured.Nanoseconds),
        Text.Time(result.Baseline.Nanoseconds),
        Text.Number(result.Ratio),
        factor is { } f ? string.Create(CultureInfo.InvariantCulture, $"<= {f} x + {Text.Time(plusNanoseconds)}") : "",
        factor is { } allowed ? result.Measured.Nanoseconds <= (allowed * result.Baseline.Nanoseconds) + plusNanoseconds : null);

    /// <summary>Bytes allocated by a call.</summary>
    public static Row OfBytes(string name, Sample measured, Sample? baseline = null, double? atMost = null) => new(
        name,
        Text.Bytes(measured.Bytes),
        baseline is null ? "" : Text.Bytes(baseline.Bytes),
        baseline is { Bytes: > 0 } ? Text.Number(measured.Bytes / baseline.Bytes) : "",
        atMost is { } limit ? $"<= {Text.Bytes(limit)}" : "",
        atMost is { } most ? measured.Bytes <= most : null);

    /// <summary>A time per call that nothing is compared with.</summary>
    public static Row OfTime(string name, Sample measured) => new(name, Text.Time(measured.Nanoseconds), "", "", "", null);
}
