namespace HealthKit.Tests.Monitoring;

public class CheckPolicyTests
{
    [Fact]
    public void Policies_with_the_same_dependencies_are_equal()
    {
        var one = new CheckPolicy { DependsOn = ["db", "queue"] };
        var same = new CheckPolicy { DependsOn = new List<string> { "DB", "queue" } };
        Assert.Equal(one, same);
        Assert.Equal(one.GetHashCode(), same.GetHashCode());
        Assert.Equal(new CheckPolicy(), new CheckPolicy { DependsOn = [] });
        Assert.NotEqual(one, one with { DependsOn = ["db"] });
        Assert.NotEqual(one, one with { DependsOn = [] });
        Assert.NotEqual(one, one with { MutedUntil = DateTimeOffset.UnixEpoch, MuteReason = "moving" });
        Assert.Contains("DependsOn = [db, queue]", one.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_that_changes_later_does_not_change_the_policy()
    {
        List<string> names = ["db"];
        var policy = new CheckPolicy { DependsOn = names };
        names.Add("queue");
        Assert.Equal(["db"], policy.DependsOn);
        Assert.Throws<ArgumentNullException>(() => policy with { DependsOn = null! });
    }
}
