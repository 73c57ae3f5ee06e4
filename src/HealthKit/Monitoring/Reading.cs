namespace HealthKit;

/// <summary>A measured number of a check's result: a numeric value in its data whose key ends in a unit.</summary>
/// <param name="Name">The key in camelCase, its unit last: <c>freeBytes</c>, <c>usedPercent</c>.</param>
/// <param name="Value">The value; always finite.</param>
/// <param name="Unit">The unit: <c>bytes</c>, <c>percent</c>, <c>seconds</c>, <c>count</c>, <c>bytes/second</c>, <c>1/second</c>.</param>
/// <param name="Item">The item's name where the check covers several (the key below <c>items</c>).</param>
public readonly record struct Reading(string Name, double Value, string Unit, string? Item = null)
{
    // The longest suffix first: growthBytesPerSecond is not a count of something per second.
    private static readonly (string Suffix, string Unit)[] Units =
    [
        ("BytesPerSecond", "bytes/second"),
        ("PerSecond", "1/second"),
        ("Bytes", "bytes"),
        ("Percent", "percent"),
        ("Seconds", "seconds"),
        ("Count", "count"),
    ];

    /// <summary>The unit that a data key ends in, or null when the key names no reading.</summary>
    /// <param name="key">A data key such as <c>freeBytes</c>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    public static string? UnitOf(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        foreach (var (suffix, unit) in Units)
        {
            if (key.Length > suffix.Length && key.EndsWith(suffix, StringComparison.Ordinal) && char.IsAsciiLetterLower(key[0]))
            {
                return unit;
            }
        }

        return null;
    }
}
