namespace HealthKit.Tests.Gauges;

public class GaugeVerdictTests
{
    [Fact]
    public void The_first_of_the_worst_is_the_reason_and_every_problem_is_told()
    {
        var verdict = new GaugeVerdict();
        verdict.Add(GaugeLevel.Degraded, "disk.space.filling", "fills");
        verdict.Add(GaugeLevel.Unhealthy, "disk.inodes.low", "inodes low");
        verdict.Add(GaugeLevel.Unhealthy, "disk.space.low", "space low");

        Assert.Equal((GaugeLevel.Unhealthy, "disk.inodes.low", "fills, inodes low, space low"), (verdict.Level, verdict.Reason, verdict.Problem));
    }

    [Fact]
    public void What_is_added_by_a_method_that_it_is_handed_to_is_not_lost()
    {
        var verdict = new GaugeVerdict();
        Judge(verdict);

        Assert.Equal((GaugeLevel.Degraded, "disk.space.low", "space low"), (verdict.Level, verdict.Reason, verdict.Problem));

        static void Judge(GaugeVerdict verdict) => verdict.Add(GaugeLevel.Degraded, "disk.space.low", "space low");
    }
}
