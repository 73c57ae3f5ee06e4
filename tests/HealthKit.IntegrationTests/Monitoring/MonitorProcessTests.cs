using System.Globalization;

namespace HealthKit.IntegrationTests.Monitoring;

/// <summary>What happens to a monitor when something happens to its whole process.</summary>
public sealed class MonitorProcessTests
{
    [Fact]
    public void A_process_stopped_for_a_minute_and_continued_raises_no_false_alarm()
    {
        using var child = ChildProcess.StartHelper("monitor-watch");
        Assert.Equal(["async Healthy", "sync Healthy"], new[] { child.ReadLine(), child.ReadLine() }.Order());

        child.Stop();
        child.WriteLine("while it stands still");
        using (var minute = new ManualResetEventSlim())
        {
            // The minute itself is what is tested: nothing can be waited for in a process that stands still.
            minute.Wait(TimeSpan.FromSeconds(60));
        }

        Assert.Throws<TimeoutException>(() => child.ReadLine(TimeSpan.Zero));
        child.Continue();

        // The answers to the question asked while it stood still, and to one after two more periods; any change of a status between
        // them would have been printed before.
        var first = DateTimeOffset.Parse(child.ReadLine()["checkedAt ".Length..], CultureInfo.InvariantCulture);
        DateTimeOffset later;
        do
        {
            child.WriteLine("?");
            var line = child.ReadLine();
            Assert.StartsWith("checkedAt ", line, StringComparison.Ordinal);
            later = DateTimeOffset.Parse(line["checkedAt ".Length..], CultureInfo.InvariantCulture);
        }
        while (later - first < TimeSpan.FromSeconds(63));
    }

    [Fact]
    public void A_starved_pool_is_named_and_no_check_is_blamed_for_it()
    {
        using var child = ChildProcess.StartHelper("monitor-starve");
        Assert.Equal(["async Healthy", "sync Healthy"], new[] { child.ReadLine(), child.ReadLine() }.Order());
        child.WriteLine("starve");
        Assert.Equal("async Unhealthy runtime.threadPoolStarved", child.ReadLine());
        child.WriteLine("release");
        Assert.Equal("async Healthy", child.ReadLine());
    }
}
