using FsCheck;
using FsCheck.Fluent;
using HealthKit.Tests.Incidents.Sinks;

namespace HealthKit.Tests.Sentry;

public sealed class MonitorSlugTests
{
    [Fact]
    public void Names_that_fit_are_the_slug()
    {
        Assert.Equal("shop-web-host1", MonitorSlug.Of("shop", "web", "HOST1"));
        Assert.Equal("shop-host1", MonitorSlug.Of("shop", null, "host1"));
    }

    [Fact]
    public void What_is_cut_or_replaced_is_told_apart_by_a_hash()
    {
        string?[][] names =
        [
            ["shop.web", "a"], ["shop web", "a"], ["shop-web", "a"], ["shop", "web-a"], ["shop", "web", "a"], ["1", "2"], ["42"], ["Ä"], ["Ö"],
            [new string('x', 60), "1"], [new string('x', 60), "2"], [new string('x', 200)], [""], [],
        ];
        var slugs = names.Select(name => MonitorSlug.Of(name)).ToList();
        Assert.Equal(names.Length - 1, slugs.Distinct().Count());
        Assert.All(slugs, slug => Assert.True(SentryRules.IsSlug(slug), slug));
    }

    [Fact]
    public void Any_names_make_a_slug() => Prop.ForAll(
        Messages.NastyTexts, Messages.NastyTexts, (one, other) => Assert.True(SentryRules.IsSlug(MonitorSlug.Of(one, other)))).QuickCheckThrowOnFailure();
}
