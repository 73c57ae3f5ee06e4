using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.Sentry;

public class RateLimitsTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private readonly ManualTime _time = new(Start);
    private readonly RateLimits _limits;

    public RateLimitsTests() => _limits = new RateLimits(_time);

    [Theory]
    [InlineData("60:error;default:organization:quota", 60d, null, null)]
    [InlineData("60:error:organization, 2700:monitor:key:x:ns:more", 60d, 2700d, null)]
    [InlineData("60::organization", 60d, 60d, 60d)]
    [InlineData("60", 60d, 60d, 60d)]
    [InlineData(" 60 : error ; attachment ", 60d, null, 60d)]
    [InlineData("2.5:error", 2.5, null, null)]
    [InlineData("soon:error", 60d, null, null)]
    [InlineData("60:transaction;span:key", null, null, null)]
    [InlineData("60:ERROR:key", null, null, null)]
    [InlineData("-5:error", null, null, null)]
    [InlineData("0:error", null, null, null)]
    [InlineData("10:error, 30:error, 20:error", 30d, null, null)]
    [InlineData("10:error,,", 10d, null, null)]
    [InlineData("99999999999999999999999:error", 86400d, null, null)]
    [InlineData("30:error, 60::key", 60d, 60d, 60d)]
    public void Limits_are_read_by_category(string header, double? error, double? monitor, double? attachment)
    {
        _limits.Update(200, header, null, Start);
        Assert.Equal(error, _limits.Remaining(SentryCategory.Error)?.TotalSeconds);
        Assert.Equal(monitor, _limits.Remaining(SentryCategory.Monitor)?.TotalSeconds);
        Assert.Equal(attachment, _limits.Remaining(SentryCategory.Attachment)?.TotalSeconds);
    }

    [Theory]
    [InlineData(429, null, 60d)]
    [InlineData(429, "17", 17d)]
    [InlineData(429, "Sun, 22 Nov 2026 12:00:40 GMT", 40d)]
    [InlineData(429, "Sun, 22 Nov 2026 11:00:00 GMT", null)]
    [InlineData(429, "in a while", 60d)]
    [InlineData(503, "17", 17d)]
    [InlineData(503, null, null)]
    [InlineData(200, null, null)]
    public void Without_limits_the_time_to_wait_holds_for_all(int status, string? retryAfter, double? expected)
    {
        _limits.Update(status, null, retryAfter, Start);
        Assert.Equal(expected, _limits.Remaining(SentryCategory.Error)?.TotalSeconds);
        Assert.Equal(expected, _limits.Remaining(SentryCategory.Internal)?.TotalSeconds);
    }

    [Fact]
    public void A_limit_ends_and_a_shorter_one_does_not_end_it_before()
    {
        _limits.Update(429, "100:error", "5000", Start);
        _time.Advance(TimeSpan.FromSeconds(50));
        _limits.Update(429, "10:error", null, Start);
        Assert.Equal(TimeSpan.FromSeconds(50), _limits.Remaining(SentryCategory.Error));
        Assert.Null(_limits.Remaining(SentryCategory.Monitor));
        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.Null(_limits.Remaining(SentryCategory.Error));
    }

    [Fact]
    public void A_limit_of_a_category_that_is_over_does_not_hide_one_of_all()
    {
        _limits.Update(429, "10:error", null, Start);
        _limits.Update(429, "100::key", null, Start);
        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal(TimeSpan.FromSeconds(50), _limits.Remaining(SentryCategory.Error));
    }

    [Fact]
    public void Any_answer_is_read_without_an_exception_and_no_limit_lasts_more_than_a_day()
    {
        string[] pieces =
        [
            "60", "1e309", "-", "+", ".", "9999999999999999999", "0", ":", ";", ",", " ", "error", "monitor", "attachment", "internal", "all", "", "\t", "é", "\0",
            "Sun, 22 Nov 2026 12:00:40 GMT", "9999-12-31T23:59:59Z", "0001-01-01", "∞", "٣", "NaN", "0x10",
        ];
        var texts = Gen.Elements(pieces).ListOf().Select(string.Concat);
        Prop.ForAll(texts.ToArbitrary(), texts.ToArbitrary(), Gen.Elements(200, 429, 503).ToArbitrary(), (limits, retryAfter, status) =>
        {
            var read = new RateLimits(_time);
            read.Update(status, limits, null, Start);
            read.Update(status, null, retryAfter, Start);
            return Enum.GetValues<SentryCategory>().All(category => read.Remaining(category) is null || read.Remaining(category) <= TimeSpan.FromDays(1));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_header_without_end_is_read_in_no_time()
    {
        var header = string.Join(',', Enumerable.Range(0, 1_000_000).Select(i => i.ToString(CultureInfo.InvariantCulture) + ":error;monitor"));
        _limits.Update(429, header, null, Start);
        Assert.NotNull(_limits.Remaining(SentryCategory.Error));
    }
}
