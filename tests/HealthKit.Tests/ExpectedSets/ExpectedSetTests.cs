using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.ExpectedSets;

public class ExpectedSetTests
{
    [Fact]
    public void A_backslash_in_a_pattern_is_itself()
    {
        var result = new ExpectedSet([@"App\Jobs\*", @"DOMAIN\s?c >= 1", @"\"]).Compare([@"App\Jobs\Mail", @"DOMAIN\svc", @"\"]);

        Assert.Empty(result.Missing);
        Assert.Empty(result.Extras);
    }

    [Fact]
    public void Everything_that_is_missing_is_named_at_once_and_extras_beside_it()
    {
        var set = new ExpectedSet(["orders", "mails", "worker-* >= 3", "cron?", "old >= 0"]);

        var result = set.Compare(["orders", "worker-1", "worker-2", "worker-2", "other", "old"]);

        Assert.Equal(["mails", "worker-* (2 of 3)", "cron?"], result.Missing);
        Assert.Equal(["other"], result.Extras);
        Assert.Equal((5, 5), (result.ExpectedCount, result.PresentCount));
        Assert.False(result.IsComplete);
        Assert.Equal("3 of 5 missing: mails, worker-* (2 of 3), cron?; 1 other: other", result.ToString());
    }

    [Fact]
    public void What_may_not_be_looked_at_is_not_missing()
    {
        var result = new ExpectedSet(["a", "b"]).Compare(["a"], denied: ["b", "c"]);

        Assert.Empty(result.Missing);
        Assert.Equal(["b"], result.Denied);
        Assert.False(result.IsComplete);
        Assert.Equal("all 2 there; no access to b", result.ToString());
    }

    [Fact]
    public void A_prefix_stands_before_every_entry_and_what_lacks_it_is_no_extra()
    {
        var result = new ExpectedSet(["orders", "mail*"], prefix: "prod.").Compare(["prod.orders", "prod.mailer", "prod.more", "test.orders"]);

        Assert.True(result.IsComplete);
        Assert.Equal(["prod.more"], result.Extras);
    }

    [Fact]
    public void A_prefix_is_no_pattern()
    {
        var result = new ExpectedSet(["a*", "b"], prefix: @"x*\?").Compare([@"x*\?a1", @"x*\?b", @"xyz\1a"]);

        Assert.Equal((true, 0), (result.IsComplete, result.Extras.Count));
        Assert.Equal([@"x*\?a*"], new ExpectedSet(["a*"], prefix: @"x*\?").Compare([@"xyz\1a"]).Missing);
    }

    [Fact]
    public void Case_counts_unless_it_is_told_not_to()
    {
        Assert.Equal(["Orders", "M*"], new ExpectedSet(["Orders", "M*"]).Compare(["orders", "mails"]).Missing);
        Assert.Empty(new ExpectedSet(["Orders", "M*"], ignoreCase: true).Compare(["orders", "mails"]).Missing);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("a >= x")]
    [InlineData("a >= -1")]
    [InlineData("a >= 2")] // a name is there once or not at all
    [InlineData(">= 2")]
    [InlineData("a\0")]
    public void An_entry_that_is_none_is_an_error_that_names_it(string entry)
    {
        Assert.Equal(entry, ExpectedSet.Validate(["fine", entry]));
        var error = Assert.Throws<ArgumentException>(() => new ExpectedSet([entry]));
        Assert.Contains($"'{entry}' is no entry; allowed: a name, or a pattern", error.Message, StringComparison.Ordinal);
        Assert.Null(ExpectedSet.Validate(["a", "b >= 0", "c*d"]));
    }

    [Fact]
    public void Whatever_is_there_missing_and_extras_are_what_sets_say()
    {
        var names = Gen.Elements("a", "b", "c", "aa", "ab", "B").ListOf().ToArbitrary();
        Prop.ForAll(names, names, (expected, present) =>
        {
            var result = new ExpectedSet(expected).Compare(present);

            Assert.Equal(expected.Distinct().Except(present), result.Missing);
            Assert.Equal(present.Except(expected).Order(StringComparer.Ordinal), result.Extras);
            Assert.Equal(present.Distinct().Count(), result.PresentCount);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_long_list_is_cut_in_the_text_and_whole_in_the_result()
    {
        var result = new ExpectedSet(Enumerable.Range(0, 200).Select(i => $"queue{i}")).Compare(Enumerable.Range(0, 50).Select(i => $"x{i:00}"));

        Assert.Equal(200, result.Missing.Count);
        Assert.EndsWith("queue49 and 150 more; 50 others, such as x00, x01, x02, x03, x04", result.ToString(), StringComparison.Ordinal);
    }
}
