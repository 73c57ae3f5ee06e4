using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Gauges;

/// <summary>Simulated time. The disk has 100 GB; 66 are used unless a test says otherwise.</summary>
public class GaugeForecastTests
{
    private const double Gigabyte = 1e9;
    private const double Disk = 100 * Gigabyte;
    private const double Start = 66 * Gigabyte;

    public static TheoryData<double, double, double> Fills()
    {
        var data = new TheoryData<double, double, double>();
        foreach (var minutes in new[] { 20.0, 60, 180, 360, 1440, 4320 })
        {
            foreach (var period in new[] { 10.0, 30, 60 })
            {
                foreach (var quietHours in new[] { 0.0, 0.5, 3, 30 })
                {
                    data.Add(minutes, period, quietHours);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Fills))]
    public void A_steady_fill_warns_with_65_percent_of_its_time_to_go_and_until_the_end(double minutes, double period, double quietHours)
    {
        var fill = minutes * 60;
        var begin = quietHours * 3600;
        var forecast = new GaugeForecast();
        double? warned = null;
        for (var t = 0.0; t <= begin + fill + (24 * 3600); t += period)
        {
            var since = t - begin;
            Add(forecast, t, since <= 0 ? Start : Math.Min(Disk, Start + (34 * Gigabyte * since / fill)));
            if (since <= 0)
            {
                Assert.False(forecast.IsFilling);
                continue;
            }

            if (warned is null && forecast.IsFilling)
            {
                warned = since;
            }

            // It holds while it fills, and a day later, when the disk is still full.
            Assert.True(warned is null || forecast.IsFilling, $"Cleared {since} s after the fill began.");
            if (warned is not null && since < fill * 0.99)
            {
                Assert.InRange(forecast.TimeToLimit!.Value.TotalSeconds / (fill - since), 0.95, 1.25);
            }
        }

        Assert.NotNull(warned);
        Assert.True(1 - (warned.Value / fill) >= 0.65, $"Warned with {1 - (warned.Value / fill):P1} of the time to go.");
        Assert.Equal(TimeSpan.Zero, forecast.TimeToLimit);
    }

    [Fact]
    public void Fills_of_any_length_between_warn_as_early()
    {
        for (var minutes = 20.0; minutes <= 4320; minutes *= 1.17)
        {
            var forecast = new GaugeForecast();
            var t = 0.0;
            while (!forecast.IsFilling && t < minutes * 60)
            {
                t += 10;
                Add(forecast, t, Start + (34 * Gigabyte * t / (minutes * 60)));
            }

            Assert.True(1 - (t / (minutes * 60)) >= 0.65, $"A fill of {minutes} min warned after {t} s.");
        }
    }

    [Theory]
    [InlineData(0.1, 0)]
    [InlineData(10, 0)]
    [InlineData(10, 20)]
    [InlineData(60, 20)]
    public void A_burst_of_6_GB_in_30_minutes_that_stops_is_quiet(double period, double quietHours)
    {
        var begin = quietHours * 3600;
        Assert.Equal(0, Warned(t => Start + (Math.Clamp((t - begin) / 1800, 0, 1) * 6 * Gigabyte), begin + 3600 + (period * 10000), period));
    }

    [Fact]
    public void A_large_burst_warns_and_clears_soon_after_it_stopped()
    {
        var forecast = new GaugeForecast();
        var warned = false;
        double? cleared = null;
        for (var t = 0.0; t < 6 * 3600; t += 10)
        {
            Add(forecast, t, Start + (Math.Clamp((t - 7200) / 3600, 0, 1) * 20 * Gigabyte));
            warned |= forecast.IsFilling;
            cleared = forecast.IsFilling ? null : warned ? cleared ?? t - 7200 - 3600 : null;
        }

        Assert.True(warned);
        Assert.InRange(cleared!.Value, -1, 20 * 60);
    }

    [Theory]
    [InlineData(2, 5, 0)]
    [InlineData(5, 3, 0)]
    [InlineData(5, 10, 2000)]
    [InlineData(5, 20, 0)]
    [InlineData(6, 40, 3000)]
    public void Hourly_jobs_that_write_and_delete_gigabytes_are_quiet(double gigabytes, double minutes, double firstAt) =>
        Assert.Equal(0, Warned(
            t => Start + (gigabytes * Gigabyte * (((t + firstAt) % 3600 / 60) switch
            {
                var m when m < minutes => m / minutes,
                var m when m < minutes + 10 => 1,
                _ => 0,
            })),
            4 * 86400));

    [Theory]
    [InlineData(0)]
    [InlineData(40000)]
    public void A_daily_rotation_of_5_GB_is_quiet(double offset) =>
        Assert.Equal(0, Warned(t => Start + (5 * Gigabyte * ((t + offset) % 86400 / 86400)), 6 * 86400));

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_noise_and_a_random_walk_are_quiet(int seed)
    {
        var random = new System.Random(seed);
        Assert.Equal(0, Warned(_ => Start + (Normal(random) * Gigabyte), 4 * 86400));
        var walk = Start;
        Assert.Equal(0, Warned(_ => walk += Normal(random) * 0.02 * Gigabyte, 4 * 86400));
    }

    [Theory]
    [InlineData(0, 34)]
    [InlineData(50000, 34)]
    [InlineData(50000, 6)]
    public void A_deployment_that_adds_2_GB_once_is_quiet(double at, double freeGigabytes)
    {
        Assert.Equal(0, Warned(t => Disk - ((freeGigabytes - (t > at ? 2 : 0)) * Gigabyte), 2 * 86400));
        Assert.Equal(0, Warned(t => Disk - ((freeGigabytes - (Math.Clamp((t - at) / 180, 0, 1) * 2)) * Gigabyte), 2 * 86400));
    }

    [Fact]
    public void What_came_down_by_itself_becomes_a_habit_and_a_fill_above_it_still_warns()
    {
        // A nightly job takes two thirds of the room: the first nights warn, later ones do not.
        static double Nightly(double t) => Start + ((t % 86400 / 3600) switch
        {
            var h when h < 6 => 14 * Gigabyte * h / 6,
            var h when h < 12 => 14 * Gigabyte,
            _ => 0,
        });

        var forecast = new GaugeForecast();
        var warnedOn = new List<int>();
        for (var t = 0.0; t < 7 * 86400; t += 10)
        {
            Add(forecast, t, Nightly(t));
            if (forecast.IsFilling && !warnedOn.Contains((int)(t / 86400)))
            {
                warnedOn.Add((int)(t / 86400));
            }
        }

        Assert.Equal([0, 1], warnedOn);

        // A real fill at night is told from it as soon as it gets higher.
        for (var t = 7 * 86400.0; !forecast.IsFilling; t += 10)
        {
            var used = Nightly(t) + (34 * Gigabyte * (t % 86400) / (12 * 3600));
            Assert.True(used < Start + (19 * Gigabyte), "The fill got far above the habit.");
            Add(forecast, t, used);
        }
    }

    [Theory]
    [InlineData(10, 1)]
    [InlineData(60, 1)]
    [InlineData(10, 20)]
    public void A_leak_of_1_MB_a_minute_reports_when_memory_ends(double period, double noiseMegabytes)
    {
        var random = new System.Random(1);
        var forecast = new GaugeForecast();
        for (var t = 0.0; t < 30 * 3600; t += period)
        {
            var left = (2 * 86400) - t;
            forecast.Add(TimeSpan.FromSeconds(t), 1e6 * ((t / 60) + (noiseMegabytes * Normal(random))), 1e6 * 2 * 1440);
            if (t > 12 * 3600)
            {
                Assert.InRange(forecast.TimeToLimit!.Value.TotalSeconds / left, 0.8, 1.25);
            }
        }

        Assert.True(forecast.IsFilling);
    }

    [Fact]
    public void Days_of_room_are_reported_and_do_not_warn()
    {
        var forecast = new GaugeForecast();
        for (var t = 0.0; t < 86400; t += 10)
        {
            forecast.Add(TimeSpan.FromSeconds(t), 1e6 * t / 60, 1e6 * 10 * 1440);
            Assert.False(forecast.IsFilling);
        }

        Assert.InRange(forecast.TimeToLimit!.Value.TotalDays, 8.9, 9.1);
    }

    [Fact]
    public void A_resize_counts_at_once()
    {
        var forecast = new GaugeForecast();
        var t = 0.0;
        for (; !forecast.IsFilling; t += 10)
        {
            Add(forecast, t, Start + (34 * Gigabyte * t / 3600));
        }

        forecast.Add(TimeSpan.FromSeconds(t), Start + (34 * Gigabyte * t / 3600), 4 * Disk);
        Assert.False(forecast.IsFilling);
        Assert.InRange(forecast.TimeToLimit!.Value.TotalHours, 8, 10);
    }

    [Fact]
    public void Too_little_history_says_nothing()
    {
        var forecast = new GaugeForecast();
        for (var i = 0; i < GaugeForecast.MinimumPoints - 1; i++)
        {
            Add(forecast, i * 600, Start + (i * 5 * Gigabyte));
            Assert.False(forecast.IsFilling);
            Assert.Null(forecast.TimeToLimit);
        }
    }

    [Fact]
    public void Full_without_having_filled_is_no_fill()
    {
        Assert.Equal(0, Warned(_ => Disk, 86400));
    }

    [Fact]
    public void Emptied_after_it_was_full_clears()
    {
        var forecast = new GaugeForecast();
        var t = 0.0;
        for (; t < 3 * 3600; t += 10)
        {
            Add(forecast, t, Math.Min(Disk, Start + (34 * Gigabyte * t / 3600)));
        }

        Assert.True(forecast.IsFilling);
        Add(forecast, t, Start);
        Assert.False(forecast.IsFilling);
        Assert.Null(forecast.TimeToLimit);
    }

    [Fact]
    public void Runs_a_day_apart_are_forecast_too()
    {
        var forecast = new GaugeForecast();
        var day = 0;
        for (; day < 40 && !forecast.IsFilling; day++)
        {
            Add(forecast, day * 86400.0, Start + (Gigabyte * day));
        }

        Assert.InRange(Start + (Gigabyte * (day - 1)), Disk - (3.5 * Gigabyte), Disk - (1.5 * Gigabyte));
    }

    [Fact]
    public void Any_numbers_never_throw_and_give_a_time_that_can_be()
    {
        Prop.ForAll<(double, double, double)[]>(samples =>
        {
            var forecast = new GaugeForecast();
            var at = 0.0;
            foreach (var (step, used, limit) in samples)
            {
                at += double.IsFinite(step) ? Math.Clamp(Math.Abs(step), 0, 1e5) : 0;
                forecast.Add(TimeSpan.FromSeconds(at), used, limit);
                if (forecast.TimeToLimit is { } left && (left < TimeSpan.Zero || left > TimeSpan.FromDays(30)))
                {
                    return false;
                }
            }

            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Adding_allocates_nothing()
    {
        var forecast = new GaugeForecast();
        Feed(forecast, 0, 1000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Feed(forecast, 10000, 1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Feed(GaugeForecast forecast, double from, int runs)
        {
            for (var i = 0; i < runs; i++)
            {
                Add(forecast, from + (i * 10), Start + (i * 0.01 * Gigabyte));
            }
        }
    }

    private static void Add(GaugeForecast forecast, double seconds, double used) => forecast.Add(TimeSpan.FromSeconds(seconds), used, Disk);

    /// <summary>How many runs warned.</summary>
    private static int Warned(Func<double, double> used, double until, double period = 10)
    {
        var forecast = new GaugeForecast();
        var warned = 0;
        for (var t = 0.0; t < until; t += period)
        {
            Add(forecast, t, Math.Min(Disk, used(t)));
            warned += forecast.IsFilling ? 1 : 0;
        }

        return warned;
    }

    private static double Normal(System.Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
