using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.CheckTypes;

public class OffsetTimeTests
{
    [Theory]
    [InlineData("2026-11-22T22:00:00+01:00", "2026-11-22T21:00:00Z")]
    [InlineData("2026-11-22T21:00:00Z", "2026-11-22T21:00:00Z")]
    [InlineData("2026-11-22T21:00Z", "2026-11-22T21:00:00Z")]
    [InlineData("2026-11-22T21:00:00.25-03:30", "2026-11-23T00:30:00.25Z")]
    // The hour that Berlin has twice when summer time ends.
    [InlineData("2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00Z")]
    [InlineData("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00Z")]
    // The hour that Berlin has not when it begins.
    [InlineData("2026-03-29T02:30:00+01:00", "2026-03-29T01:30:00Z")]
    public void A_time_with_an_offset_is_one_moment_whatever_the_zone_of_the_machine(string text, string utc)
    {
        Assert.True(OffsetTime.TryParse(text, out var time));
        Assert.Equal(utc, OffsetTime.Format(time.ToUniversalTime()));
    }

    [Theory]
    [InlineData("2026-11-22T22:00:00")]
    [InlineData("2026-11-22")]
    [InlineData("22:00:00Z")]
    [InlineData("2026-11-22 22:00:00Z")]
    [InlineData("2026-11-22T22:00:00 +01:00")]
    [InlineData("2026-11-22T22:00:00+01")]
    [InlineData("2026-11-22T22:00:00+15:00")]
    [InlineData("2026-11-22T22:00:00z")]
    [InlineData("2026-02-30T22:00:00Z")]
    [InlineData("2026-11-22T25:00:00Z")]
    [InlineData("2026-11-22T22:61:00Z")]
    [InlineData("22.11.2026 22:00:00+01:00")]
    [InlineData("11/22/2026 22:00:00Z")]
    [InlineData("٢٠٢٦-11-22T22:00:00Z")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    [InlineData("2026-11-22T22:00:00Z\n")]
    [InlineData("tomorrow")]
    [InlineData("")]
    public void Anything_else_is_none(string text) => Assert.False(OffsetTime.TryParse(text, out _));

    [Fact]
    public void Any_text_is_a_time_or_none_and_any_time_survives_its_text()
    {
        Prop.ForAll<string>(text => { _ = OffsetTime.TryParse(text ?? "", out _); }).QuickCheckThrowOnFailure();
        Prop.ForAll<DateTime, short>((moment, minutes) =>
        {
            var utc = DateTime.SpecifyKind(moment, DateTimeKind.Utc);
            var offset = TimeSpan.FromMinutes(minutes % (14 * 60));
            if (utc.Ticks + offset.Ticks < 0 || utc.Ticks + offset.Ticks > DateTime.MaxValue.Ticks)
            {
                return;
            }

            var time = new DateTimeOffset(utc).ToOffset(offset);
            Assert.True(OffsetTime.TryParse(OffsetTime.Format(time), out var again), OffsetTime.Format(time));
            Assert.Equal((time, time.Offset), (again, again.Offset));
        }).QuickCheckThrowOnFailure();
    }
}
