using System.Globalization;
using System.Reflection;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Options;

namespace HealthKit.Tests.Conformance;

/// <summary>Every number that can be set is held to the range that its check's page documents.</summary>
public class OptionTests
{
    public static TheoryData<string> All => CheckTypeTests.All;

    [Theory]
    [MemberData(nameof(All))]
    public void The_name_of_every_number_ends_in_its_unit(string type) =>
        Assert.All(
            Numbers(ConformanceCases.Of(type)),
            option => Assert.True(UnitOf(option) is not null, $"{option.Name} does not end in a unit."));

    [Theory]
    [MemberData(nameof(All))]
    public void Every_unhealthy_limit_has_a_degraded_one_beside_it(string type)
    {
        var names = OptionPage.OptionsOf(ConformanceCases.Of(type).OptionsType).Select(option => option.Name).ToList();

        Assert.All(
            names.Where(name => name.StartsWith("Unhealthy", StringComparison.Ordinal)),
            name => Assert.Contains("Degraded" + name["Unhealthy".Length..], names));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Numbers_out_of_their_range_are_rejected_by_name_and_the_ends_of_it_are_not(string type)
    {
        var one = ConformanceCases.Of(type);
        foreach (var (option, from, to) in Ranges(one))
        {
            var whole = Number(option) != typeof(double);
            foreach (var good in new[] { from, double.IsFinite(to) ? to : whole ? 1L << 40 : double.MaxValue })
            {
                Assert.DoesNotContain(Errors(one, option, Value(option, good)), error => error.Property == option.Name);
            }

            List<object> bad = [Value(option, from - 1)];
            bad.AddRange(double.IsFinite(to) ? [Value(option, to + 1)] : []);
            bad.AddRange(whole ? [] : [double.NaN, double.PositiveInfinity, double.NegativeInfinity]);
            foreach (var value in bad)
            {
                var error = Assert.Single(Errors(one, option, value), error => error.Property == option.Name);
                Assert.Equal(value, error.Value);
                Assert.Contains(Text(from), error.Allowed, StringComparison.Ordinal);
                Assert.Contains(double.IsFinite(to) ? Text(to) : "more", error.Allowed, StringComparison.Ordinal);
                Assert.Contains(UnitOf(option)!, error.Allowed, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Configuration_out_of_range_stops_the_start_and_names_path_value_and_range(string type)
    {
        var one = ConformanceCases.Of(type);
        foreach (var (option, from, _) in Ranges(one))
        {
            var bad = Text(from - 1);
            var key = $"Checks:{ConformanceCase.Name}:{option.Name}";
            (string, string?)[] settings = [.. one.Declared(Scenario.Healthy).Where(setting => setting.Key != key), (key, bad)];

            var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(_ => { }, settings));

            Assert.Contains($"HealthKit:{key} = {bad}; allowed: ", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Empty_and_absurd_texts_are_rejected_by_name(string type)
    {
        var one = ConformanceCases.Of(type);
        foreach (var option in OptionPage.OptionsOf(one.OptionsType).Where(OptionPage.IsText))
        {
            foreach (var text in new[] { "", " ", "\0" })
            {
                // What is no text need not be tried: an address of that kind cannot be made.
                if (option.PropertyType != typeof(Uri))
                {
                    object value = option.PropertyType == typeof(string) ? text : new List<string> { text };
                    Assert.Contains(Errors(one, option, value), error => error.Property == option.Name);
                }
            }
        }
    }

    private static IEnumerable<(PropertyInfo Option, double From, double To)> Ranges(ConformanceCase one)
    {
        var pages = Numbers(one).Any() ? CheckPage.Of(one.Type.Name).Options : [];
        foreach (var option in Numbers(one))
        {
            var documented = pages.SingleOrDefault(row => row.Name == option.Name);
            Assert.True(documented?.Numbers is not null, $"The page of {one.Type.Name} gives no range 'X to Y' or 'X or more' for {option.Name}.");
            var (from, to) = documented.Numbers!.Value;
            yield return (option, from, to);
        }
    }

    private static List<OptionError> Errors(ConformanceCase one, PropertyInfo option, object value)
    {
        var options = one.Options(Scenario.Healthy);
        option.SetValue(options, value);
        return [.. one.Validate(options)];
    }

    private static IEnumerable<PropertyInfo> Numbers(ConformanceCase one) => OptionPage.OptionsOf(one.OptionsType).Where(OptionPage.IsNumber);

    private static Type Number(PropertyInfo option) => Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType;

    private static object Value(PropertyInfo option, double number) => Convert.ChangeType(number, Number(option), CultureInfo.InvariantCulture);

    /// <summary>A port is a number by accident: it counts nothing, and is its own unit.</summary>
    private static string? UnitOf(PropertyInfo option) => option.Name == "Port" ? "port" : Reading.UnitOf(char.ToLowerInvariant(option.Name[0]) + option.Name[1..]);

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
