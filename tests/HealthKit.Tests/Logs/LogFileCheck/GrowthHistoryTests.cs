namespace HealthKit.Tests.Logs;

public class GrowthHistoryTests
{
    private readonly GrowthHistory _history = new();
    private TimeSpan _at;

    [Fact]
    public void A_steady_pace_is_the_same_in_every_window()
    {
        Grow(TimeSpan.FromHours(3), 1000);

        Assert.Equal(1000, _history.RecentRate!.Value, 1);
        Assert.Equal(1000, _history.HourRate!.Value, 1);
        Assert.False(_history.IsAccelerating);
    }

    [Fact]
    public void Nothing_is_said_before_there_is_enough()
    {
        _history.Add(TimeSpan.Zero, 5e9);
        Assert.Null(_history.RecentRate);
        Assert.Null(_history.HourRate);
        Assert.Null(_history.IsAccelerating);

        _history.Add(TimeSpan.FromSeconds(10), 5e9);
        Assert.Equal(0, _history.RecentRate);
    }

    [Fact]
    public void A_pace_that_changes_shows_within_two_minutes_and_slower_in_the_hour()
    {
        Grow(TimeSpan.FromHours(1), 1000);
        Grow(TimeSpan.FromMinutes(3), 100_000);

        Assert.Equal(100_000, _history.RecentRate!.Value, 1);
        Assert.InRange(_history.HourRate!.Value, 5000, 7000);
        Assert.True(_history.IsAccelerating);

        Grow(TimeSpan.FromMinutes(3), 0);
        Assert.Equal(0, _history.RecentRate!.Value, 1);
    }

    [Fact]
    public void Times_that_do_not_go_on_are_passed_over()
    {
        Grow(TimeSpan.FromMinutes(1), 10);
        _history.Add(_at - TimeSpan.FromSeconds(10), 1e12);
        _history.Add(TimeSpan.Zero, 1e12);

        Assert.Equal(10, _history.RecentRate!.Value, 1);
    }

    private double _value;

    private void Grow(TimeSpan time, double perSecond)
    {
        for (var end = _at + time; _at < end;)
        {
            _history.Add(_at, _value);
            _at += TimeSpan.FromSeconds(10);
            _value += 10 * perSecond;
        }
    }
}
