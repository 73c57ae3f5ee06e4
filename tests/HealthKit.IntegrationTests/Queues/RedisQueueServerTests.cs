using System.Globalization;
using HealthKit.IntegrationTests.Servers;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.IntegrationTests.Queues;

/// <summary>Queues in a real Redis: what is seen is what is there, and a look leaves all as it was.</summary>
public sealed class RedisQueueServerTests : IDisposable
{
    private const string Password = "pa55-of-the-watcher";

    private readonly RedisServer _server = new("enable-debug-command local");

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_list_tells_its_depth_and_age_with_least_rights_and_is_left_as_it_was()
    {
        var now = DateTimeOffset.UtcNow;
        foreach (var minutes in new[] { 9, 5, 1 })
        {
            _server.Run("LPUSH", "jobs", $"{{\"id\":{minutes},\"at\":{now.AddMinutes(-minutes).ToUnixTimeSeconds()}}}");
        }

        _server.SetUser("watcher", Password, "~jobs", "+llen", "+lindex");
        using var probe = new QueueProbe(
            QueueSources.RedisList(_server.AddressOf("watcher", Password), "jobs", "/at"), options => options.DegradedAboveOldestAge = TimeSpan.FromMinutes(8));
        var before = _server.Run("DEBUG", "DIGEST");

        var look = await probe.LookAsync();
        for (var i = 0; i < 20; i++)
        {
            look = await probe.LookAsync();
        }

        Assert.Equal((HealthStatus.Degraded, "queue.age", 3L), (look.Status, look.Reason, look["depthCount"]));
        Assert.InRange((double)look.Data["oldestAgeSeconds"], 539, 700);
        Assert.Equal(before, _server.Run("DEBUG", "DIGEST"));
        Assert.Equal("3", _server.Run("LLEN", "jobs"));
        Assert.DoesNotContain(Password, look.ToString(), StringComparison.Ordinal);

        // A list that is empty is not there, and that is no failure.
        _server.Run("DEL", "jobs");
        Assert.Equal((HealthStatus.Healthy, 0L), ((look = await probe.LookAsync()).Status, look["depthCount"]));
    }

    [Fact]
    public async Task What_the_account_may_not_do_is_unknown_and_named()
    {
        _server.SetUser("watcher", Password, "~jobs", "+llen");
        using var probe = new QueueProbe(QueueSources.RedisList(_server.AddressOf("watcher", Password), "jobs", "/at"));
        using var other = new QueueProbe(QueueSources.RedisList(_server.AddressOf("watcher", Password), "other"));
        using var wrong = new QueueProbe(QueueSources.RedisList(_server.AddressOf("watcher", "wrong"), "jobs"));
        _server.Run("SET", "text", "x");
        using var text = new QueueProbe(QueueSources.RedisList(_server.Address, "text"));

        var look = await probe.LookAsync();
        Assert.Equal((HealthStatus.Unhealthy, "redis.noPermission", null), (look.Status, look.Reason, look["depthCount"]));
        Assert.Contains("a look needs ~jobs +llen +lindex", look.Text, StringComparison.Ordinal);
        Assert.Equal("redis.noPermission", (await other.LookAsync()).Reason);
        Assert.Equal("auth.rejected", (await wrong.LookAsync()).Reason);
        Assert.Equal("queue.wrongType", (await text.LookAsync()).Reason);
    }

    [Fact]
    public async Task A_stopped_server_and_a_dead_one_are_unknown_and_never_empty()
    {
        _server.Run("LPUSH", "jobs", "a", "b");
        using var probe = new QueueProbe(QueueSources.RedisList(_server.Address, "jobs"));
        using var fresh = new QueueProbe(QueueSources.RedisList(_server.Address, "jobs"), options => options.Deadline = TimeSpan.FromSeconds(2));
        Assert.Equal(2, (await probe.LookAsync())["depthCount"]);

        _server.Stop();
        foreach (var one in new[] { probe, fresh })
        {
            var look = await one.LookAsync();
            Assert.Equal((HealthStatus.Unhealthy, "use.timeout", null), (look.Status, look.Reason, look["depthCount"]));
            Assert.Contains("failed to use it: no answer within ", look.Text, StringComparison.Ordinal);
        }

        _server.Continue();
        await probe.UntilAsync(look => look is { Status: HealthStatus.Healthy } && look["depthCount"] == 2, "it is healthy again");
        _server.Kill();
        var dead = await probe.LookAsync();
        Assert.Equal((HealthStatus.Unhealthy, "tcp.refused", null), (dead.Status, dead.Reason, dead["depthCount"]));
    }

    [Fact]
    public async Task A_sorted_set_tells_what_is_due()
    {
        var now = DateTimeOffset.UtcNow;
        foreach (var minutes in new[] { -10, -1, 5, 60 })
        {
            _server.Run("ZADD", "delayed", now.AddMinutes(minutes).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture), $"job{minutes}");
        }

        _server.SetUser("watcher", Password, "~delayed", "+zcard", "+zrange", "+zcount");
        using var probe = new QueueProbe(QueueSources.RedisSortedSet(_server.AddressOf("watcher", Password), "delayed"));
        var before = _server.Run("DEBUG", "DIGEST");

        var look = await probe.LookAsync();

        Assert.Equal((2L, 2L), (look["depthCount"], look["scheduledCount"]));
        Assert.InRange((double)look.Data["oldestAgeSeconds"], 599, 700);
        Assert.Equal(before, _server.Run("DEBUG", "DIGEST"));
    }

    [Fact]
    public async Task A_stream_tells_what_waits_and_names_the_consumer_that_died_with_work_in_its_hands()
    {
        _server.SetUser("watcher", Password, "~orders", "+xinfo|groups", "+xinfo|consumers", "+xpending", "+xlen", "+xrange");
        using var probe = new QueueProbe(
            QueueSources.RedisStream(_server.AddressOf("watcher", Password), "orders", "billing", consumerLostAfter: TimeSpan.FromSeconds(1)));
        Assert.Equal("queue.missing", (await probe.LookAsync()).Reason);

        for (var i = 0; i < 5; i++)
        {
            _server.Run("XADD", "orders", "*", "n", $"{i}");
        }

        _server.Run("XGROUP", "CREATE", "orders", "shipping", "0");
        var missing = await probe.LookAsync();
        Assert.Equal("queue.noGroup", missing.Reason);
        Assert.Contains("it has shipping", missing.Text, StringComparison.Ordinal);

        _server.Run("XGROUP", "CREATE", "orders", "billing", "0");
        _server.Run("XREADGROUP", "GROUP", "billing", "w1", "COUNT", "2", "STREAMS", "orders", ">");
        var look = await probe.LookAsync();
        Assert.Equal((3L, 2L), (look["depthCount"], look["inProgressCount"]));

        // It dies with two entries; another one reads on.
        var digest = "";
        look = await probe.UntilAsync(
            seen =>
            {
                _server.Run("XREADGROUP", "GROUP", "billing", "w2", "COUNT", "1", "STREAMS", "orders", ">");
                digest = _server.Run("DEBUG", "DIGEST");
                return seen.Reason == "queue.consumersLost";
            },
            "the silent consumer is lost");
        Assert.Equal(["w1"], (IEnumerable<string>)look.Data["lostConsumers"]);
        Assert.Equal(2, look["heldByLostCount"]);
        Assert.Contains("consumers lost (w1): ", look.Text, StringComparison.Ordinal);
        await probe.LookAsync();
        Assert.Equal(digest, _server.Run("DEBUG", "DIGEST"));

        // Deleted entries: the server no longer knows how many wait.
        _server.Run("XADD", "orders", "*", "n", "5");
        _server.Run("XADD", "orders", "*", "n", "6");
        _server.Run("XADD", "orders", "*", "n", "7");
        var ids = _server.Run("XRANGE", "orders", "-", "+").Split('\n').Where(line => line.Contains('-', StringComparison.Ordinal)).ToList();
        _server.Run("XDEL", "orders", ids[^2].Trim());
        look = await probe.LookAsync();
        Assert.True((bool)look.Data["depthIsAtMost"], $"{look}");
        Assert.Contains("at most ", look.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_rates_of_a_stream_are_those_of_its_own_counters()
    {
        _server.Run("XGROUP", "CREATE", "orders", "billing", "0", "MKSTREAM");
        _server.Run("XADD", "orders", "*", "n", "0");
        _server.Run("XREADGROUP", "GROUP", "billing", "w1", "COUNT", "10", "NOACK", "STREAMS", "orders", ">");
        using var probe = new QueueProbe(QueueSources.RedisStream(_server.Address, "orders", "billing"));
        await probe.LookAsync();
        for (var i = 0; i < 30; i++)
        {
            _server.Run("XADD", "orders", "*", "n", "1");
        }

        _server.Run("XREADGROUP", "GROUP", "billing", "w1", "COUNT", "10", "NOACK", "STREAMS", "orders", ">");
        probe.Time.Advance(TimeSpan.FromSeconds(1_000));

        var look = await probe.LookAsync();

        Assert.Equal(20, look["depthCount"]);
        Assert.InRange((double)look.Data["arrivalsPerSecond"], 0.025, 0.0301);
        Assert.InRange((double)look.Data["completionsPerSecond"], 0.008, 0.0101);
    }
}
