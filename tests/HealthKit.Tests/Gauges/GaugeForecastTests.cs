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

    [Theory]
    [InlineData(0.02)]
    [InlineData(0.05)]
    [InlineData(0.2)]
    [InlineData(1)]
    public void A_noisy_fill_warns_once_and_holds(double deviationGigabytes)
    {
        foreach (var hours in new[] { 1, 6, 24, 72 })
        {
            for (var seed = 1; seed <= 4; seed++)
            {
                var random = new System.Random(seed);
                var (warnedAt, changes, _) = Follow(
                    t => Start + (34 * Gigabyte * t / (hours * 3600)) + (deviationGigabytes * Gigabyte * Normal(random)), hours * 3600 * 0.99);
                Assert.True(changes <= 3, $"{hours} h, seed {seed}: {changes} changes.");
                Assert.True(warnedAt <= hours * 3600 * 0.35, $"{hours} h, seed {seed}: warned at {warnedAt} s.");
            }
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void A_fill_under_an_hourly_job_warns_once_and_holds(double gigabytes)
    {
        foreach (var hours in new[] { 6, 24, 72 })
        {
            var (warnedAt, changes, _) = Follow(
                t => Start + (34 * Gigabyte * t / (hours * 3600)) + (gigabytes * Gigabyte * ((t % 3600 / 60) switch
                {
                    < 10 and var m => m / 10,
                    < 20 => 1,
                    _ => 0,
                })),
                hours * 3600 * 0.99);
            Assert.True(changes == 1 && warnedAt <= hours * 3600 * 0.35, $"{hours} h: {changes} changes, warned at {warnedAt} s.");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20000)]
    [InlineData(40000)]
    [InlineData(60000)]
    public void A_daily_rotation_does_not_hide_a_slow_fill(double offset)
    {
        var (warnedAt, changes, _) = Follow(
            t => Start + (34 * Gigabyte * t / (72 * 3600)) + (5 * Gigabyte * ((t + offset) % 86400 / 86400)), 60 * 3600);
        Assert.Equal(1, changes);
        Assert.InRange(warnedAt, 0, 72 * 3600 * 0.35);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(10)]
    public void What_is_deleted_in_the_middle_of_a_fill_does_not_end_it(double gigabytes)
    {
        var (_, changes, _) = Follow(
            t => Start + (34 * Gigabyte * t / (72 * 3600)) - (t > 36 * 3600 ? gigabytes * Gigabyte : 0), 72 * 3600);
        Assert.Equal(1, changes);
    }

    [Theory]
    [InlineData(1, 0.2)]
    [InlineData(6, 1)]
    [InlineData(24, 3)]
    [InlineData(72, 4)]
    public void A_fill_that_is_stopped_and_partly_deleted_clears(double hours, double clearHours)
    {
        var stop = hours * 3600 * 0.6;
        var (_, changes, clearedAt) = Follow(
            t => Start + (34 * Gigabyte * Math.Min(t, stop) / (hours * 3600)) - (t >= stop ? 6 * Gigabyte : 0), hours * 3600 * 3);
        Assert.Equal(2, changes);
        Assert.InRange(clearedAt - stop, 0, clearHours * 3600);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    public void A_weekly_backup_is_a_habit_from_the_third_week_on(double hours)
    {
        var forecast = new GaugeForecast();
        for (var t = 0.0; t < 42 * 86400; t += 60)
        {
            Add(forecast, t, Start + (10 * Gigabyte * ((t % (7 * 86400) / 3600) switch
            {
                var h when h < hours => h / hours,
                var h when h < hours + 12 => 1,
                _ => 0,
            })));
            Assert.False(forecast.IsFilling && t > 14 * 86400, $"Warned after {t / 86400:0.0} days.");
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(40000)]
    public void A_daily_rotation_of_12_GB_is_a_habit_from_the_third_day_on(double offset)
    {
        var forecast = new GaugeForecast();
        for (var t = 0.0; t < 10 * 86400; t += 30)
        {
            Add(forecast, t, Start + (12 * Gigabyte * ((t + offset) % 86400 / 86400)));
            Assert.False(forecast.IsFilling && t + offset > 2 * 86400, $"Warned after {t / 86400:0.0} days.");
        }
    }

    [Theory]
    [InlineData(0.5, 0.39, 0.23)]
    [InlineData(6, 0.47, 0.28)]
    [InlineData(72, 0.39, 0.23)]
    public void An_accelerating_fill_warns_when_a_third_of_the_room_is_gone(double hours, double quadratic, double exponential)
    {
        var length = hours * 3600;
        var (warnedAt, _, _) = Follow(t => Start + (34 * Gigabyte * Math.Pow(t / length, 2)), length);
        Assert.InRange(1 - (warnedAt / length), quadratic - 0.01, 1);
        (warnedAt, _, _) = Follow(t => Start + (34 * Gigabyte * (Math.Exp(4 * t / length) - 1) / (Math.Exp(4) - 1)), length);
        Assert.InRange(1 - (warnedAt / length), exponential - 0.01, 1);
    }

    [Theory]
    [InlineData(6, 1, 20)]
    [InlineData(24, 4, 60)]
    [InlineData(72, 4, 60)]
    [InlineData(72, 4, 1800)]
    [InlineData(72, 4, 60, 0.2)]
    public void Restarts_do_not_blind_it(double hours, double everyHours, double downSeconds, double deviationGigabytes = 0)
    {
        var random = new System.Random(1);
        var forecast = new GaugeForecast();
        double? warnedAt = null;
        var nextRestart = everyHours * 3600;
        for (var t = 0.0; t < hours * 3600; t += 10)
        {
            Add(forecast, t, Start + (34 * Gigabyte * t / (hours * 3600)) + (deviationGigabytes * Gigabyte * Normal(random)));
            Assert.True(warnedAt is null || forecast.IsFilling || t > hours * 3600 * 0.98, $"Cleared after {t} s.");
            warnedAt ??= forecast.IsFilling ? t : null;
            if (t >= nextRestart)
            {
                // The next process counts from its own start; here the clocks are one.
                nextRestart += everyHours * 3600;
                forecast = Copy(forecast, TimeSpan.FromSeconds(t))!;
                t += downSeconds;
            }
        }

        Assert.InRange(1 - (warnedAt!.Value / (hours * 3600)), 0.65, 1);
    }

    [Theory]
    [InlineData(1, 600)]
    [InlineData(6, 3600)]
    [InlineData(30, 3 * 3600)]
    public void What_a_restart_adds_or_frees_is_no_trend(double quietHours, double downSeconds)
    {
        var random = new System.Random(1);
        foreach (var step in new[] { -5, 2, 8 })
        {
            var forecast = new GaugeForecast();
            var t = 0.0;
            for (; t < quietHours * 3600; t += 10)
            {
                Add(forecast, t, Start + (0.05 * Gigabyte * Normal(random)));
            }

            forecast = Copy(forecast, TimeSpan.FromSeconds(t))!;
            t += downSeconds;
            for (var end = t + (2 * 86400); t < end; t += 10)
            {
                Add(forecast, t, Start + (step * Gigabyte) + (0.05 * Gigabyte * Normal(random)));
                Assert.False(forecast.IsFilling);
            }
        }
    }

    [Fact]
    public void What_is_written_down_is_read_again_whole()
    {
        var random = new System.Random(1);
        var forecast = new GaugeForecast();
        GaugeForecast? copy = null;
        for (var t = 0.0; t < 72 * 3600; t += 10)
        {
            var used = Start + (34 * Gigabyte * t / (72 * 3600)) + (Normal(random) * Gigabyte) + (5 * Gigabyte * (t % 86400 / 86400));
            Add(forecast, t, used);
            if (copy is not null)
            {
                Add(copy, t, used);
                Assert.Equal((forecast.IsFilling, forecast.Limit), (copy.IsFilling, copy.Limit));
                Assert.Equal(forecast.TimeToLimit?.TotalHours ?? -1, copy.TimeToLimit?.TotalHours ?? -1, 0.001);
            }

            if (t % 7000 == 0)
            {
                copy = Copy(forecast, TimeSpan.FromSeconds(t));
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_again_it_still_tells_an_enlargement_from_what_others_free(bool shared)
    {
        // 34 GB are left. A pool fell from 40 before; then 20 GB more are left.
        var forecast = new GaugeForecast();
        AddLeft(forecast, 0, shared ? 40 : 34);
        AddLeft(forecast, 10, 34);
        var copy = Copy(forecast, TimeSpan.FromSeconds(10))!;
        AddLeft(copy, 20, 54);

        Assert.Equal((shared ? 106 : 120) * Gigabyte, copy.Limit);

        static void AddLeft(GaugeForecast forecast, double seconds, double left) =>
            forecast.AddLeft(TimeSpan.FromSeconds(seconds), left * Gigabyte, (66 + left) * Gigabyte, (70 + left) * Gigabyte);
    }

    [Fact]
    public void Any_bytes_are_read_or_refused()
    {
        var forecast = new GaugeForecast();
        for (var i = 0; i < 5000; i++)
        {
            Add(forecast, i * 10, Start + (i * 0.001 * Gigabyte));
        }

        var whole = Written(forecast);
        Assert.InRange(whole.Length, 1000, GaugeForecast.LargestSize);
        Assert.Null(Read(whole[..^1], TimeSpan.Zero));
        Prop.ForAll<(ushort At, byte Value)[], byte[]>((changes, bytes) =>
        {
            var changed = (byte[])whole.Clone();
            foreach (var (at, value) in changes)
            {
                changed[at % changed.Length] = value;
            }

            foreach (var read in new[] { Read(changed, TimeSpan.FromHours(-1)), Read(bytes, TimeSpan.Zero) })
            {
                for (var t = 0; read is not null && t < 1000; t += 10)
                {
                    Add(read, t, Start + t);
                    if (read.TimeToLimit is { } left && (left < TimeSpan.Zero || left > TimeSpan.FromDays(30)))
                    {
                        return false;
                    }
                }
            }

            return true;
        }).QuickCheckThrowOnFailure();
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

    private static byte[] Written(GaugeForecast forecast)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        forecast.Write(writer);
        writer.Flush();
        return bytes.ToArray();
    }

    private static GaugeForecast? Read(byte[] bytes, TimeSpan lastAt)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes));
        return GaugeForecast.Read(reader, lastAt);
    }

    private static GaugeForecast? Copy(GaugeForecast forecast, TimeSpan lastAt) => Read(Written(forecast), lastAt);

    /// <summary>When it first warned, how often that changed, and when it last did so.</summary>
    private static (double WarnedAt, int Changes, double LastChange) Follow(Func<double, double> used, double until)
    {
        var forecast = new GaugeForecast();
        var (warnedAt, changes, last, was) = (double.NaN, 0, double.NaN, false);
        for (var t = 0.0; t < until; t += 10)
        {
            Add(forecast, t, Math.Min(Disk, used(t)));
            if (forecast.IsFilling != was)
            {
                (was, last, changes) = (forecast.IsFilling, t, changes + 1);
                warnedAt = changes == 1 ? t : warnedAt;
            }
        }

        return (warnedAt, changes, last);
    }

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
