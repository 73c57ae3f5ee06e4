using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;

namespace HealthKit.Tests.Conformance;

/// <summary>An option as its check's page documents it.</summary>
/// <param name="Name">The option.</param>
/// <param name="Default">Its default, in words.</param>
/// <param name="Range">What is allowed, in words.</param>
internal sealed partial record OptionPage(string Name, string Default, string Range)
{
    /// <summary>The smallest and greatest number allowed; no greatest reads as infinity. Null when the range is no numbers.</summary>
    public (double From, double To)? Numbers
    {
        get
        {
            var culture = CultureInfo.InvariantCulture;
            return FromTo().Match(Range) is { Success: true } both
                    ? (double.Parse(both.Groups["from"].Value, culture), double.Parse(both.Groups["to"].Value, culture))
                : OrMore().Match(Range) is { Success: true } one ? (double.Parse(one.Groups["from"].Value, culture), double.PositiveInfinity)
                : null;
        }
    }

    /// <summary>The options of a type: all that can be set.</summary>
    public static IReadOnlyList<PropertyInfo> OptionsOf(Type options) =>
        [.. options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.SetMethod is { IsPublic: true })];

    public static bool IsNumber(PropertyInfo option) =>
        (Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType) is var type
        && (type == typeof(int) || type == typeof(long) || type == typeof(double));

    public static bool IsTime(PropertyInfo option) => (Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType) == typeof(TimeSpan);

    public static bool IsText(PropertyInfo option) =>
        option.PropertyType == typeof(string) || option.PropertyType == typeof(Uri) || option.PropertyType == typeof(IList<string>);

    [GeneratedRegex(@"(?<from>-?\d+(\.\d+)?) to (?<to>\d+(\.\d+)?)")]
    private static partial Regex FromTo();

    [GeneratedRegex(@"(?<from>-?\d+(\.\d+)?) or more")]
    private static partial Regex OrMore();
}
