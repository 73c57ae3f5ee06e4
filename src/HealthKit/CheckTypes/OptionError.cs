namespace HealthKit;

/// <summary>A value of a check's options that cannot be used.</summary>
/// <param name="Property">The option's name: <c>UnhealthyBelowFreePercent</c>.</param>
/// <param name="Value">Its value.</param>
/// <param name="Allowed">What is allowed, with the unit: <c>a number from 0 to 100 (percent)</c>.</param>
public sealed record OptionError(string Property, object? Value, string Allowed);
