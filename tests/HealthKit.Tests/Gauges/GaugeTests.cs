using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Gauges;

public class GaugeTests
{
    private static readonly Gauge FreePercent = new(
        "free space", GaugeUnit.Percent, GaugeDirection.LowIsBad, "DegradedBelowFreePercent", "UnhealthyBelowFreePercent", new GaugeLimits(10, 5));

    private static readonly Gauge FreeBytes = new(
        "free space", GaugeUnit.Bytes, GaugeDirection.LowIsBad, "DegradedBelowFreeBytes", "UnhealthyBelowFreeBytes");

    private static readonly Gauge UsedPercent = new(
        "used", GaugeUnit.Percent, GaugeDirection.HighIsBad, "DegradedAboveUsedPercent", "UnhealthyAboveUsedPercent", new GaugeLimits(90, 95));

    private static readonly Gauge UsedBytes = new(
        "size", GaugeUnit.Bytes, GaugeDirection.HighIsBad, "DegradedAboveBytes", "UnhealthyAboveBytes", ratio: 4);

    public static TheoryData<double?, double?, double, double> LowResolutions => new()
    {
        { null, null, 10, 5 },
        { null, 2, 4, 2 },
        { null, 99.9, 100, 99.9 },
        { 30, null, 30, 15 },
        { 7, 6, 7, 6 },
        { null, 0, 0, 0 },
    };

    [Theory]
    [MemberData(nameof(LowResolutions))]
    public void A_limit_left_unset_follows_the_one_that_is_set(double? degraded, double? unhealthy, double inForceDegraded, double inForceUnhealthy)
    {
        Assert.Equal(new GaugeLimits(inForceDegraded, inForceUnhealthy), FreePercent.Resolve(degraded, unhealthy));
    }

    [Fact]
    public void Where_high_is_bad_the_headroom_follows_the_ratio()
    {
        Assert.Equal(new GaugeLimits(96, 98), UsedPercent.Resolve(null, 98));
        Assert.Equal(new GaugeLimits(98, 99), UsedPercent.Resolve(98, null));
        Assert.Equal(new GaugeLimits(0, 40), UsedPercent.Resolve(null, 40));
        Assert.Equal(new GaugeLimits(90, 95), UsedPercent.Resolve(null, null));
        Assert.Equal(new GaugeLimits(250, 1000), UsedBytes.Resolve(null, 1000));
        Assert.Equal(new GaugeLimits(1000, 4000), UsedBytes.Resolve(1000, null));
    }

    [Fact]
    public void With_an_infinite_ratio_a_limit_that_is_not_set_is_none()
    {
        var gauge = new Gauge("waiting", GaugeUnit.Count, GaugeDirection.HighIsBad, "DegradedAboveCount", "UnhealthyAboveCount", ratio: double.PositiveInfinity);

        Assert.Equal(GaugeLevel.Degraded, gauge.Judge(double.MaxValue, gauge.Resolve(0, null)));
        Assert.Equal(GaugeLevel.Ok, gauge.Judge(10, gauge.Resolve(null, 10)));
        Assert.Equal(GaugeLevel.Unhealthy, gauge.Judge(11, gauge.Resolve(null, 10)));
    }

    [Fact]
    public void Without_limits_and_defaults_nothing_is_judged()
    {
        Assert.Equal(GaugeLevel.Ok, FreeBytes.Judge(0, FreeBytes.Resolve(null, null)));
        Assert.Equal(GaugeLevel.Ok, UsedBytes.Judge(double.MaxValue, UsedBytes.Resolve(null, null)));
    }

    [Fact]
    public void A_limit_is_passed_not_reached()
    {
        var low = FreePercent.Resolve(10, 5);
        Assert.Equal(GaugeLevel.Ok, FreePercent.Judge(10, low));
        Assert.Equal(GaugeLevel.Degraded, FreePercent.Judge(9.99, low));
        Assert.Equal(GaugeLevel.Degraded, FreePercent.Judge(5, low));
        Assert.Equal(GaugeLevel.Unhealthy, FreePercent.Judge(4.99, low));

        var high = UsedPercent.Resolve(90, 95);
        Assert.Equal(GaugeLevel.Ok, UsedPercent.Judge(90, high));
        Assert.Equal(GaugeLevel.Degraded, UsedPercent.Judge(95, high));
        Assert.Equal(GaugeLevel.Unhealthy, UsedPercent.Judge(95.01, high));
    }

    [Fact]
    public void What_was_not_measured_is_not_judged()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => FreePercent.Judge(double.NaN, FreePercent.Defaults));
    }

    [Theory]
    [InlineData(101d)]
    [InlineData(-0.1d)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_percentage_out_of_range_is_an_error_with_value_range_and_unit(double value)
    {
        Assert.Equal(
            [new OptionError("UnhealthyBelowFreePercent", value, "a number from 0 to 100 (percent)")],
            FreePercent.Validate(null, value));
        Assert.Equal(
            [new OptionError("DegradedBelowFreePercent", value, "a number from 0 to 100 (percent)")],
            FreePercent.Validate(value, 5));
    }

    [Fact]
    public void Bytes_are_shown_whole()
    {
        Assert.Equal([new OptionError("UnhealthyBelowFreeBytes", -5L, "a whole number of 0 or more (bytes)")], FreeBytes.Validate(null, -5));
        Assert.Empty(FreeBytes.Validate(long.MaxValue, 1));
    }

    [Fact]
    public void Limits_that_are_times_are_above_zero_and_in_order()
    {
        var lag = new Gauge("lag", GaugeUnit.Seconds, GaugeDirection.HighIsBad, "DegradedAboveLag", "UnhealthyAboveLag");
        var left = new Gauge("left", GaugeUnit.Seconds, GaugeDirection.LowIsBad, "DegradedBelowLeft", "UnhealthyBelowLeft");
        var (minute, hour, never) = (TimeSpan.FromMinutes(1), TimeSpan.FromHours(1), (TimeSpan?)null);
        const string Positive = "a time span above 00:00:00";

        Assert.Empty(lag.Validate(minute, hour).Concat(lag.Validate(minute, minute)).Concat(left.Validate(hour, minute)).Concat(lag.Validate(never, never)));
        Assert.Equal([new OptionError("DegradedAboveLag", hour, $"{Positive}, not above UnhealthyAboveLag (00:01:00)")], lag.Validate(hour, minute));
        Assert.Equal([new OptionError("DegradedBelowLeft", minute, $"{Positive}, not below UnhealthyBelowLeft (01:00:00)")], left.Validate(minute, hour));
        Assert.Equal([new OptionError("DegradedAboveLag", TimeSpan.Zero, Positive), new OptionError("UnhealthyAboveLag", -hour, Positive)], lag.Validate(TimeSpan.Zero, -hour));
    }

    [Fact]
    public void Degraded_must_come_before_unhealthy()
    {
        Assert.Equal(
            [new OptionError("DegradedBelowFreePercent", 4d, "a number from 5 to 100 (percent), not below UnhealthyBelowFreePercent (5 %)")],
            FreePercent.Validate(4, 5));
        Assert.Equal(
            [new OptionError("DegradedAboveUsedPercent", 96d, "a number from 0 to 95 (percent), not above UnhealthyAboveUsedPercent (95 %)")],
            UsedPercent.Validate(96, 95));
        Assert.Equal(
            [new OptionError("DegradedBelowFreeBytes", 1024L, "a whole number of 2048 or more (bytes), not below UnhealthyBelowFreeBytes (2 KiB)")],
            FreeBytes.Validate(1024, 2048));
        Assert.Empty(FreePercent.Validate(5, 5));
    }

    [Fact]
    public void Valid_limits_resolve_to_limits_in_range_and_in_order()
    {
        Prop.ForAll<int, int, int>((a, b, set) =>
        {
            double? degraded = (set & 1) != 0 ? Math.Abs((long)a) % 1100 / 10d : null;
            double? unhealthy = (set & 2) != 0 ? Math.Abs((long)b) % 1100 / 10d : null;
            foreach (var gauge in new[] { FreePercent, UsedPercent })
            {
                if (gauge.Validate(degraded, unhealthy).Any())
                {
                    continue;
                }

                var limits = gauge.Resolve(degraded, unhealthy);
                Assert.InRange(limits.Degraded, 0, 100);
                Assert.InRange(limits.Unhealthy, 0, 100);
                var headroom = gauge.Direction == GaugeDirection.LowIsBad ? limits.Degraded - limits.Unhealthy : limits.Unhealthy - limits.Degraded;
                Assert.True(headroom >= -1e-9, $"{limits}");
                Assert.Equal(degraded ?? limits.Degraded, limits.Degraded);
                Assert.Equal(unhealthy ?? limits.Unhealthy, limits.Unhealthy);
            }
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Texts_name_the_value_and_the_limit()
    {
        Assert.Equal("free space 1.2 %, unhealthy below 5 %", FreePercent.Explain(1.2, GaugeLevel.Unhealthy, FreePercent.Defaults));
        Assert.Equal("free space 9.99 %, degraded below 10 %", FreePercent.Explain(9.99, GaugeLevel.Degraded, FreePercent.Defaults));
        Assert.Equal("used 91.0 %, degraded above 90 %", UsedPercent.Explain(91, GaugeLevel.Degraded, UsedPercent.Defaults));
        Assert.Equal("free space 42.0 %", FreePercent.Explain(42, GaugeLevel.Ok, FreePercent.Defaults));
        Assert.Equal("size 3.5 GiB, unhealthy above 2 GiB", UsedBytes.Explain(3.5 * (1L << 30), GaugeLevel.Unhealthy, UsedBytes.Resolve(null, 1L << 31)));
    }

    [Fact]
    public void Unhealthy_reads_as_the_failure_status_and_degraded_never_worse()
    {
        Assert.Equal(HealthStatus.Unhealthy, GaugeLevel.Unhealthy.ToStatus(HealthStatus.Unhealthy));
        Assert.Equal(HealthStatus.Degraded, GaugeLevel.Unhealthy.ToStatus(HealthStatus.Degraded));
        Assert.Equal(HealthStatus.Degraded, GaugeLevel.Degraded.ToStatus(HealthStatus.Unhealthy));
        Assert.Equal(HealthStatus.Healthy, GaugeLevel.Degraded.ToStatus(HealthStatus.Healthy));
        Assert.Equal(HealthStatus.Healthy, GaugeLevel.Ok.ToStatus(HealthStatus.Unhealthy));
    }
}
