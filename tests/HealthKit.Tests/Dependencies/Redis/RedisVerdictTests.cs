using System.Text;
using FsCheck;
using FsCheck.Fluent;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies.Redis;

/// <summary>What INFO means, over servers that say what a test wants.</summary>
public class RedisVerdictTests
{
    public static TheoryData<string, string, string?, HealthStatus, string> Infos => new()
    {
        { "used_memory:1000000", "used_memory:8600000", "redis.memory.high", HealthStatus.Degraded, "memory 86.0 % of 9.5 MiB (noeviction), degraded above 85 %: at the limit writes fail; takes writes" },
        { "used_memory:1000000", "used_memory:9900000", "redis.memory.high", HealthStatus.Unhealthy, "unhealthy above 98 %" },
        { "used_memory:1000000", "used_memory:19900000", "redis.memory.high", HealthStatus.Unhealthy, "memory 100.0 % of 9.5 MiB" },
        { "used_memory:1000000\r\nmaxmemory:10000000\r\nmaxmemory_policy:noeviction", "used_memory:9900000\r\nmaxmemory:10000000\r\nmaxmemory_policy:allkeys-lru", null, HealthStatus.Healthy, "memory 99.0 % of 9.5 MiB (allkeys-lru)" },
        { "used_memory:1000000\r\nmaxmemory:10000000\r\nmaxmemory_policy:noeviction", "used_memory:9900000\r\nmaxmemory:10000000\r\nmaxmemory_policy:volatile-ttl", null, HealthStatus.Healthy, "(volatile-ttl)" },
        { "mem_not_counted_for_evict:0", "mem_not_counted_for_evict:0\r\nused_memory:9900000\r\nmem_not_counted_for_evict:5000000", null, HealthStatus.Healthy, "memory 49.0 % of" },
        { "maxmemory:10000000", "maxmemory:0", null, HealthStatus.Healthy, "memory 976.6 KiB without a maxmemory" },
        { "connected_clients:3", "connected_clients:86", "redis.clients.high", HealthStatus.Degraded, "86 clients of at most 100 (degraded above 85 %)" },
        { "connected_clients:3", "connected_clients:99", "redis.clients.high", HealthStatus.Unhealthy, "99 clients of at most 100" },
        { "lag=1", "lag=31", "redis.replicas.lag", HealthStatus.Degraded, "a replica last said 31 s ago how far it is" },
        { "lag=1", "lag=9999", "redis.replicas.lag", HealthStatus.Degraded, "a replica last said 2 h 47 min ago" },
        { "rdb_last_bgsave_status:ok", "rdb_last_bgsave_status:err", "redis.save.failed", HealthStatus.Degraded, "rdb_last_bgsave_status err" },
        { "aof_enabled:0", "aof_enabled:1\r\naof_last_write_status:err", "redis.aof.failed", HealthStatus.Degraded, "aof_last_write_status err" },
        { "aof_enabled:0", "aof_enabled:1\r\naof_last_bgrewrite_status:err\r\naof_last_write_status:ok", "redis.aof.failed", HealthStatus.Degraded, "aof_last_bgrewrite_status err" },
        { "role:master", "role:slave\r\nmaster_host:10.0.0.1\r\nmaster_port:6379\r\nmaster_link_status:down\r\nmaster_sync_in_progress:1\r\nmaster_link_down_since_seconds:31", "redis.replication.linkDown", HealthStatus.Degraded, "down for 31 s, a synchronization is under way" },
        { "role:master", "role:slave\r\nmaster_link_status:down\r\nmaster_link_down_since_seconds:301", "redis.replication.linkDown", HealthStatus.Unhealthy, "down for 5 min 1 s" },
        { "role:master", "role:slave\r\nmaster_link_status:down\r\nmaster_link_down_since_seconds:-1", "redis.replication.linkDown", HealthStatus.Degraded, "down since it started" },
        { "role:master", "role:slave\r\nmaster_host:::1\r\nmaster_port:7000\r\nmaster_link_status:up\r\nmaster_last_io_seconds_ago:3", null, HealthStatus.Healthy, "replica of [::1]:7000" },
        { "role:master", "role:slave\r\nmaster_link_status:up\r\nmaster_last_io_seconds_ago:45", "redis.replication.lag", HealthStatus.Degraded, "it has not heard from its master for 45 s (degraded above 30 s)" },
        { "used_memory:1000000\r\nmaxmemory:10000000\r\nmaxmemory_policy:noeviction", "maxmemory_policy:?", null, HealthStatus.Healthy, "takes writes, master of 1 replica, Redis 7.0.15" },
    };

    [Theory]
    [MemberData(nameof(Infos))]
    public async Task Info_is_judged_by_default_limits(string line, string instead, string? reason, HealthStatus status, string text)
    {
        using var server = FakeRedis.Start(info: () => FakeRedis.Info().Replace(line, instead, StringComparison.Ordinal));

        var result = await RunAsync(server);

        Assert.Equal((reason, status), (result.Reason(), result.Status));
        Assert.Contains(text, result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Volatile_policies_can_evict_nothing_where_no_key_expires()
    {
        using var server = FakeRedis.Start(info: () => FakeRedis.Info()
            .Replace("used_memory:1000000", "used_memory:9900000", StringComparison.Ordinal)
            .Replace("noeviction", "volatile-lru", StringComparison.Ordinal)
            .Replace("expires=2", "expires=0", StringComparison.Ordinal));

        var result = await RunAsync(server);

        Assert.Equal("redis.memory.high", result.Reason());
        Assert.Contains("no key expires, so at the limit writes fail", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_that_is_set_holds_whatever_the_policy()
    {
        using var server = FakeRedis.Start(info: () => FakeRedis.Info().Replace("noeviction", "allkeys-lfu", StringComparison.Ordinal));

        Assert.Equal("redis.memory.high", (await RunAsync(server, options => options.DegradedAboveMemoryPercent = 5)).Reason());
        Assert.Equal(HealthStatus.Unhealthy, (await RunAsync(server, options => options.UnhealthyAboveMemoryPercent = 5)).Status);
    }

    [Fact]
    public async Task What_grows_between_runs_is_told_as_a_rate_and_a_restart_is_no_growth()
    {
        var (run, evicted, rejected) = ("abc", 100, 7);
        using var server = FakeRedis.Start(info: () => FakeRedis.Info()
            .Replace("run_id:abc", $"run_id:{run}", StringComparison.Ordinal)
            .Replace("evicted_keys:0", $"evicted_keys:{evicted}", StringComparison.Ordinal)
            .Replace("rejected_connections:0", $"rejected_connections:{rejected}", StringComparison.Ordinal));
        var time = new ShiftedTime();
        using var check = Check(server, options => options.DegradedAboveEvictedPerSecond = 4, time);

        Assert.False((await check.RunAsync()).Data.ContainsKey("evictedPerSecond"));
        time.Advance(TimeSpan.FromSeconds(100));
        evicted += 200;
        var few = await check.RunAsync();
        Assert.Equal(HealthStatus.Healthy, few.Status);
        Assert.InRange((double)few.Data["evictedPerSecond"], 1.5, 2);
        Assert.Contains(" keys a second evicted", few.Description, StringComparison.Ordinal);

        time.Advance(TimeSpan.FromSeconds(10));
        (evicted, rejected) = (evicted + 2_000, rejected + 2);
        var many = await check.RunAsync();
        Assert.Equal("redis.clients.rejected", many.Reason());
        Assert.Contains("2 connections were turned away since the last run", many.Description, StringComparison.Ordinal);
        Assert.Contains("degraded above 4: they are lost", many.Description, StringComparison.Ordinal);

        (run, evicted, rejected) = ("def", 0, 0);
        var restarted = await check.RunAsync();
        Assert.Equal(HealthStatus.Healthy, restarted.Status);
        Assert.False(restarted.Data.ContainsKey("rejectedConnectionsCount"));
        Assert.Contains("; restarted, up for 1 min 40 s (", restarted.Description, StringComparison.Ordinal);

        // An hour later that is no news.
        time.Advance(TimeSpan.FromMinutes(61));
        Assert.False((await check.RunAsync()).Data.ContainsKey("changes"));
    }

    [Fact]
    public async Task The_write_probe_is_left_out_where_a_replica_is_expected()
    {
        using var server = FakeRedis.Start(
            new Dictionary<string, string> { ["MULTI"] = "-READONLY", ["SET"] = "-READONLY" },
            () => FakeRedis.Info().Replace("role:master", "role:slave", StringComparison.Ordinal));

        var result = await RunAsync(server, options => options.ExpectRole = RedisRole.Replica);

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Contains("answers PING", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_several_errors_the_one_that_tells_most_is_the_reason_and_all_missing_rules_are_named()
    {
        var denied = new Dictionary<string, string>
        {
            ["PING"] = "-NOPERM this user has no permissions to run the 'ping' command",
            ["SET"] = "-NOPERM this user has no permissions to access one of the keys used as arguments",
            ["DEL"] = "-NOPERM User app has no permissions to run the 'del' command",
            ["EXEC"] = "-EXECABORT Transaction discarded because of previous errors.",
            ["INFO"] = "-NOPERM this user has no permissions to run the 'info' command",
        };
        using var forbidding = FakeRedis.Start(denied);
        using var full = FakeRedis.Start(new Dictionary<string, string>(denied) { ["DEL"] = "-OOM command not allowed" });

        var result = await RunAsync(forbidding);
        Assert.Equal(("redis.noPermission", HealthStatus.Degraded), (result.Reason(), result.Status));
        Assert.Contains("ACL SETUSER default +ping ~healthkit:probe:* +del +info", result.Description, StringComparison.Ordinal);
        Assert.Equal("redis.write.oom", (await RunAsync(full)).Reason());
    }

    [Fact]
    public async Task The_apps_own_client_that_never_answers_costs_the_deadline_and_what_it_throws_has_a_reason()
    {
        (string Reason, Func<CancellationToken, Task<string?>> Answer)[] clients =
        [
            ("use.timeout", static async token =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return null;
            }),
            ("use.timeout", static _ => new TaskCompletionSource<string?>().Task),
            ("redis.client", static _ => throw new TimeoutException("Timeout performing PING (5000ms), inst: 0")),
            ("redis.client", static _ => throw new OperationCanceledException()),
            ("redis.notRedis", static _ => Task.FromResult<string?>("hello")),
            ("redis.notRedis", static _ => Task.FromResult<string?>(null)),
            ("redis.noAuth", static _ => throw new InvalidOperationException("NOAUTH Authentication required.")),
            ("redis.loading", static _ => throw new InvalidOperationException("outer", new InvalidOperationException("LOADING Redis is loading the dataset in memory"))),
        ];
        foreach (var (reason, answer) in clients)
        {
            var options = new RedisOptions { Deadline = TimeSpan.FromSeconds(2), ReadInfo = false, Execute = (_, _, token) => answer(token) };
            Assert.Empty(options.Validate());
            await using var services = new ServiceCollection().BuildServiceProvider();
            using var check = new RedisCheck(
                new Network(TimeProvider.System), () => options, new Redactor(), services.GetRequiredService<IServiceScopeFactory>());

            Assert.Equal(reason, (await check.RunAsync()).Reason());
        }
    }

    [Fact]
    public void Whatever_info_says_it_is_read_and_judged()
    {
        var lines = FakeRedis.Info("role:slave\r\nmaster_link_status:down\r\nmaster_link_down_since_seconds:5\r\nloading:1\r\nloading_loaded_perc:44.5\r\nloading_eta_seconds:3\r\n").Split("\r\n");
        var values = Gen.Elements("", "0", "-1", "9223372036854775807", "99999999999999999999", "1e308", "NaN", "x", "err", "lag=9223372036854775807,state=online", "up", "down", "slave", "expires=9223372036854775807", "\u202e");
        var line = Gen.Elements(lines).SelectMany(_ => values, (text, value) => text.Contains(':', StringComparison.Ordinal) ? text[..(text.IndexOf(':', StringComparison.Ordinal) + 1)] + value : text);
        Prop.ForAll(Gen.ListOf(Gen.OneOf(line, Gen.Elements(lines))).Select(list => string.Join("\n", list)).ToArbitrary(), text =>
        {
            if (RedisInfo.Parse(Encoding.UTF8.GetBytes(text)) is { } info)
            {
                var history = new RedisHistory(TimeProvider.System);
                history.Add(info);
                var answers = new RedisAnswers { Wrote = true, Info = info };
                answers.Add("PING", "LOADING");
                var finding = RedisVerdict.Of(new RedisOptions { MinimumReplicasCount = 1, DegradedAboveSaveAge = TimeSpan.FromSeconds(1) }, answers, history.Add(info), "app", DateTimeOffset.UnixEpoch);

                Assert.Equal("redis.loading", finding.Reason);
                Assert.All(finding.Data!, entry => Assert.True(!entry.Key.EndsWith("Percent", StringComparison.Ordinal) || (double)entry.Value is >= 0 and <= 100));
            }
        }).QuickCheckThrowOnFailure();
    }

    private static RedisCheck Check(RawServer server, Action<RedisOptions>? configure = null, TimeProvider? time = null)
    {
        var options = new RedisOptions { ConnectionString = $"127.0.0.1:{server.Port}", Deadline = TimeSpan.FromSeconds(10) };
        configure?.Invoke(options);
        Assert.Empty(options.Validate());
        return new RedisCheck(new Network(time ?? TimeProvider.System), () => options, new Redactor());
    }

    private static async Task<HealthCheckResult> RunAsync(RawServer server, Action<RedisOptions>? configure = null)
    {
        using var check = Check(server, configure);
        return await check.RunAsync();
    }
}
