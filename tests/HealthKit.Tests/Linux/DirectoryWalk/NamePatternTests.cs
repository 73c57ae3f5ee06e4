using System.Text;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Linux;

public class NamePatternTests
{
    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("*.csv", "a.csv", true)]
    [InlineData("*.csv", ".csv", true)]
    [InlineData("*.csv", "a.CSV", false)]
    [InlineData("*.csv", "a.csv.gz", false)]
    [InlineData("app-*.log*", "app-1.log.2.gz", true)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "aéc", true)]
    [InlineData("a?c", "a€c", true)]
    [InlineData("a?c", "ac", false)]
    [InlineData("*??", "é", false)]
    [InlineData("*é", "aé", true)]
    [InlineData("", "", true)]
    [InlineData("a", "", false)]
    [InlineData("[ab]", "a", false)]
    [InlineData("[ab]", "[ab]", true)]
    public void Star_is_any_text_and_question_mark_one_character(string pattern, string name, bool matches) =>
        Assert.Equal(matches, new NamePattern(pattern).Matches(Encoding.UTF8.GetBytes(name)));

    [Fact]
    public void It_says_what_a_regular_expression_says()
    {
        var letters = Gen.Elements('a', 'b', 'é', '€');
        var name = letters.ArrayOf().Select(all => new string(all));
        var pattern = Gen.Frequency((3, letters), (2, Gen.Constant('*')), (1, Gen.Constant('?'))).ArrayOf().Select(all => new string(all));

        Prop.ForAll(pattern.Zip(name).ToArbitrary(), pair =>
        {
            var (p, n) = pair;
            var expected = Regex.IsMatch(n, "^" + Regex.Escape(p).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal) + "$");
            return new NamePattern(p).Matches(Encoding.UTF8.GetBytes(n)) == expected;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    [Fact]
    public void Any_bytes_are_a_name_and_end()
    {
        Prop.ForAll<byte[]>(name => new NamePattern("*").Matches(name) && (name.Length == 0 || new NamePattern("?*").Matches(name)))
            .QuickCheckThrowOnFailure();
        Assert.False(new NamePattern(new string('*', 100) + "b").Matches(Enumerable.Repeat((byte)'a', 255).ToArray()));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a/b")]
    [InlineData("a\0")]
    public void A_pattern_is_of_names_and_not_empty(string? pattern) => Assert.False(NamePattern.IsUsable(pattern));
}
