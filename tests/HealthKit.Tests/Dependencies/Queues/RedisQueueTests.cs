using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using static HealthKit.Tests.Dependencies.Queues.ScriptedRedis;

namespace HealthKit.Tests.Dependencies.Queues;

public class RedisQueueTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData("{\"at\":1700000000}", null)]
    [InlineData("{\"meta\":{\"at\":1700000000}}", "2023-11-14T22:13:20Z")]
    [InlineData("{\"meta\":{\"at\":1700000000123}}", "2023-11-14T22:13:20.123Z")]
    [InlineData("{\"meta\":{\"at\":1700000000123456}}", "2023-11-14T22:13:20.123456Z")]
    [InlineData("{\"meta\":{\"at\":\"1700000000\"}}", "2023-11-14T22:13:20Z")]
    [InlineData("{\"meta\":{\"at\":\"2023-11-14T23:13:20+01:00\"}}", "2023-11-14T22:13:20Z")]
    [InlineData("{\"meta\":{\"at\":\"2023-11-14T22:13:20\"}}", null)]
    [InlineData("{\"meta\":{\"at\":12}}", null)]
    [InlineData("{\"meta\":{\"at\":1e300}}", null)]
    [InlineData("{\"meta\":{\"at\":-1700000000}}", null)]
    [InlineData("{\"meta\":{\"at\":\"\\ud800\"}}", null)]
    [InlineData("{\"meta\":", null)]
    [InlineData("", null)]
    [InlineData("not json", null)]
    public void The_moment_of_an_entry_is_where_the_pointer_points(string entry, string? expected)
    {
        Assert.True(JsonPath.TryParse("/meta/at", out var path));

        var moment = RedisListSource.MomentIn(Encoding.UTF8.GetBytes(entry), path);

        DateTimeOffset? wanted = expected is null ? null : DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture);
        Assert.Equal(wanted, moment is { } at ? Round(at) : (DateTimeOffset?)null);
    }

    [Fact]
    public void Any_bytes_are_read_without_harm()
    {
        Assert.True(JsonPath.TryParse("/a/0", out var path));
        Prop.ForAll<byte[]>(bytes =>
        {
            _ = RedisListSource.MomentIn(bytes, path);
            _ = SidekiqJson.EnqueuedAt(bytes);
            _ = SidekiqJson.Queues(bytes);
        }).QuickCheckThrowOnFailure();

        // What begins well and is cut, or has a byte changed.
        var job = Encoding.UTF8.GetBytes("{\"class\":\"A\",\"args\":[[[{\"x\":\"\\u00e4\\ud83d\\ude00\"}]]],\"queues\":[\"a\",1,{\"b\":[2]},null],\"enqueued_at\":1700000000.5}");
        Prop.ForAll<int, byte, int>((at, value, length) =>
        {
            var changed = (byte[])job.Clone();
            changed[(int)((uint)at % changed.Length)] = value;
            var part = changed.AsSpan(0, (int)((uint)length % (changed.Length + 1)));
            _ = RedisListSource.MomentIn(part, path);
            _ = SidekiqJson.EnqueuedAt(part);
            _ = SidekiqJson.Queues(part);
        }).QuickCheckThrowOnFailure();
        Assert.Equal(["a"], SidekiqJson.Queues(job));
    }

    [Fact]
    public void A_moment_is_the_same_in_seconds_and_milliseconds()
    {
        Prop.ForAll(Gen.Choose(1_000_000_000, int.MaxValue).ToArbitrary(), seconds =>
        {
            var moment = DateTimeOffset.FromUnixTimeSeconds(seconds);
            Assert.Equal(moment, EnqueuedMoment.Of((double)seconds));
            Assert.Equal(moment, EnqueuedMoment.Of(seconds * 1e3));
            Assert.Equal(moment, SidekiqJson.EnqueuedAt(Encoding.UTF8.GetBytes($"{{\"enqueued_at\":{seconds}.0}}")));
        }).QuickCheckThrowOnFailure();
        Prop.ForAll<double>(number => EnqueuedMoment.Of(number) is null or { Year: > 2000 }).QuickCheckThrowOnFailure();
        Prop.ForAll<NonNull<string>>(text => EnqueuedMoment.Of(text.Get) is null or { Year: >= 1 }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("host:1234:0f3a", "host:1234")]
    [InlineData("host:1234", "host:1234")]
    [InlineData("odd", "odd")]
    [InlineData(":", ":")]
    public void A_process_is_called_by_its_host_and_id(string identity, string name) => Assert.Equal(name, SidekiqJson.Name(identity));

    [Fact]
    public async Task A_list_tells_its_length_and_the_age_of_its_oldest_entry()
    {
        var at = DateTimeOffset.UtcNow.AddMinutes(-5).ToUnixTimeMilliseconds();
        using var server = new ScriptedRedis(command => command[0] switch
        {
            "LLEN" => Number(7),
            _ => Bulk($"{{\"id\":1,\"at\":{at}}}"),
        });

        var state = await ReadAsync(QueueSources.RedisList(server.Address, "jobs", "/at"));

        Assert.Equal(7, state.Depth);
        Assert.Equal(300, state.OldestAge!.Value.TotalSeconds, 30.0);
        Assert.Equal(["LLEN jobs", "LINDEX jobs -1"], server.Asked);
        Assert.Null((await ReadAsync(QueueSources.RedisList(server.Address, "jobs"))).OldestAge);
    }

    [Fact]
    public async Task An_entry_without_a_moment_leaves_the_age_unknown_and_says_so()
    {
        using var server = new ScriptedRedis(command => command[0] == "LLEN" ? Number(7) : Bulk("garbage"));
        using var check = Check(QueueSources.RedisList(server.Address, "jobs", "/at"), options => options.DegradedAboveOldestAge = TimeSpan.FromMinutes(1));

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Degraded, "queue.notTold"), (result.Status, result.Reason()));
        Assert.Equal("no moment stands at /at in the oldest entry", result.Data["oldestAgeProblem"]);
    }

    [Theory]
    [InlineData(1d)]
    [InlineData(1e3)]
    [InlineData(1e6)]
    public async Task A_sorted_set_tells_what_is_due_in_whatever_unit(double unit)
    {
        var now = DateTimeOffset.UtcNow;
        var due = (now.AddMinutes(-2) - DateTimeOffset.UnixEpoch).TotalSeconds * unit;
        using var server = new ScriptedRedis(command => command[0] switch
        {
            "ZCARD" => Number(10),
            "ZRANGE" => Bulks("job", due.ToString("R", CultureInfo.InvariantCulture)),
            _ => Number(double.Parse(command[3], CultureInfo.InvariantCulture) >= due && double.Parse(command[3], CultureInfo.InvariantCulture) < due * 10 ? 4 : 0),
        });

        var state = await ReadAsync(QueueSources.RedisSortedSet(server.Address, "delayed"));

        Assert.Equal((4, 6), (state.Depth, state.Scheduled));
        Assert.Equal(120, state.OldestAge!.Value.TotalSeconds, 30.0);
    }

    [Fact]
    public async Task A_sorted_set_of_priorities_waits_and_nobody_knows_how_long()
    {
        using var server = new ScriptedRedis(command => command[0] switch
        {
            "ZCARD" => Number(10),
            "ZRANGE" => Bulks("job", "5"),
            _ => Number(10),
        });

        var state = await ReadAsync(QueueSources.RedisSortedSet(server.Address, "urgent"));

        Assert.Equal((10, null, null), (state.Depth, state.OldestAge, state.Scheduled));
    }

    [Theory]
    [InlineData("WRONGTYPE Operation against a key holding the wrong kind of value", "queue.wrongType")]
    [InlineData("NOPERM this user has no permissions to run the 'llen' command", "redis.noPermission")]
    [InlineData("LOADING Redis is loading the dataset in memory", "redis.loading")]
    [InlineData("NOAUTH Authentication required.", "redis.noAuth")]
    public async Task An_error_is_unknown_and_no_depth(string error, string reason)
    {
        using var server = new ScriptedRedis(_ => Error(error));
        using var check = Check(QueueSources.RedisList(server.Address, "jobs"));

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, reason), (result.Status, result.Reason()));
        Assert.DoesNotContain("depthCount", result.Data.Keys);
        if (reason == "redis.noPermission")
        {
            Assert.Contains("a look needs ~jobs +llen", result.Description, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Sidekiq_is_looked_at_in_two_round_trips_by_commands_that_read()
    {
        var now = DateTimeOffset.UtcNow;
        var seconds = now.AddMinutes(-3).ToUnixTimeMilliseconds() / 1e3;
        using var server = new ScriptedRedis(command => (command[0], command[1]) switch
        {
            ("SRANDMEMBER", "app:queues") => Bulks("default", "mailers"),
            ("SRANDMEMBER", _) => Bulks("web1:11:aa", "web2:22:bb", "web3:33:cc"),
            ("ZCARD", "app:retry") => Number(4),
            ("ZCARD", "app:schedule") => Number(2),
            ("ZCARD", _) => Number(1),
            ("ZCOUNT", "app:retry") => Number(1),
            ("ZCOUNT", _) => Number(0),
            ("GET", "app:stat:processed") => Bulk("1000"),
            ("GET", _) => Bulk("9"),
            ("LLEN", "app:queue:default") => Number(6),
            ("LLEN", _) => Number(0),
            ("LINDEX", "app:queue:default") => Bulk(string.Create(CultureInfo.InvariantCulture, $"{{\"class\":\"A\",\"enqueued_at\":{seconds}}}")),
            ("LINDEX", _) => Bulk(null),
            ("HMGET", "app:web1:11:aa") => Process(["default"], 2, now),
            ("HMGET", "app:web2:22:bb") => Process(["default", "mailers"], 1, now.AddSeconds(-61)),
            _ => Bulks(null, null, null, null),
        });

        var state = await ReadAsync(QueueSources.Sidekiq(server.Address, keyNamespace: "app"));

        Assert.Equal((6, 1, 2, 2, 4, 1, 1000), (state.Depth, state.Consumers, state.InProgress, state.Scheduled, state.Retrying, state.Dead, state.Completed));
        Assert.Equal(180, state.OldestAge!.Value.TotalSeconds, 30.0);
        Assert.Equal(["web1:11"], state.ConsumerNames);
        Assert.Equal(["web2:22", "web3:33"], state.LostConsumers);
        Assert.Equal((6L, 1), (state.Parts!["default"].Depth, state.Parts["default"].Consumers));
        Assert.Equal((0L, 0), (state.Parts["mailers"].Depth, state.Parts["mailers"].Consumers));
        Assert.All(server.Asked, command => Assert.Matches("^(SRANDMEMBER|ZCARD|ZCOUNT|GET|LLEN|LINDEX|HMGET) ", command));
        Assert.Equal(1, state.Due);
        Assert.Equal(9 + 4 + 3, server.Asked.Count);
    }

    [Fact]
    public async Task Sidekiqs_count_is_of_all_queues_and_is_not_told_of_some()
    {
        using var server = new ScriptedRedis(command => command[0] switch
        {
            "SRANDMEMBER" when command[1] == "queues" => Bulks("default", "mailers"),
            "SRANDMEMBER" => Bulks("web1:11:aa"),
            "GET" => Bulk("1000"),
            "HMGET" => Process(["default"], 0, DateTimeOffset.UtcNow),
            "LINDEX" => Bulk(null),
            _ => Number(0),
        });

        var state = await ReadAsync(QueueSources.Sidekiq(server.Address, ["mailers"]));

        Assert.Equal((null, 0), (state.Completed, state.Consumers));
        Assert.Equal(["mailers"], state.Parts!.Keys);
    }

    [Fact]
    public async Task Where_nothing_of_Sidekiq_is_it_is_missing_and_not_empty()
    {
        using var server = new ScriptedRedis(command => command[0] switch { "SRANDMEMBER" => ScriptedRedis.Array(), "GET" => Bulk(null), _ => Number(0) });
        using var check = Check(QueueSources.Sidekiq(server.Address));

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, "queue.missing"), (result.Status, result.Reason()));
        Assert.Contains("there is no Sidekiq: none of its keys (queues, processes, stat:processed) is there", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_tells_what_waits_who_reads_and_who_is_lost()
    {
        var now = DateTimeOffset.UtcNow;
        using var server = Stream(lag: 5, first: now.AddMinutes(-4));

        var state = await ReadAsync(QueueSources.RedisStream(server.Address, "orders", "billing"));

        Assert.Equal((5, 3, 105, 97), (state.Depth, state.InProgress, state.Arrived, state.Completed));
        Assert.Equal(240, state.OldestAge!.Value.TotalSeconds, 30.0);
        Assert.Equal(["busy", "quick"], state.ConsumerNames);
        Assert.Equal(["gone"], state.LostConsumers);
        Assert.False(state.DepthIsAtMost);
    }

    [Fact]
    public async Task On_a_quiet_stream_whoever_waits_without_end_is_there()
    {
        using var server = Stream(lag: 0, first: null);

        var state = await ReadAsync(QueueSources.RedisStream(server.Address, "orders", "billing"));

        Assert.Equal((0, TimeSpan.Zero), (state.Depth, state.OldestAge));
        Assert.Equal(["busy", "quick", "asleep"], state.ConsumerNames);
    }

    [Fact]
    public async Task A_stream_that_does_not_know_its_lag_tells_the_most_it_can_be()
    {
        using var server = Stream(lag: null, first: DateTimeOffset.UtcNow.AddMinutes(-4));

        var state = await ReadAsync(QueueSources.RedisStream(server.Address, "orders", "billing"));

        Assert.Equal((47, true, null, null), (state.Depth, state.DepthIsAtMost, state.Arrived, state.Completed));
    }

    [Fact]
    public async Task A_group_that_is_not_there_is_named_with_those_that_are()
    {
        using var server = Stream(lag: 0, first: null);
        using var check = Check(QueueSources.RedisStream(server.Address, "orders", "shipping"));

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, "queue.noGroup"), (result.Status, result.Reason()));
        Assert.Contains("the stream has no group shipping; it has billing", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_that_is_none_is_not_shown()
    {
        var error = Assert.Throws<ArgumentException>(() => QueueSources.Sidekiq("redis://app:hunter2 secret@"));

        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => QueueSources.RedisList("redis://a", "jobs", "no pointer"));
        Assert.Throws<ArgumentException>(() => QueueSources.RedisList("redis://a", " "));
    }

    private static ScriptedRedis Stream(long? lag, DateTimeOffset? first)
    {
        string Consumer(string name, long pending, long idle) => Array([Bulk("name"), Bulk(name), Bulk("pending"), Number(pending), Bulk("idle"), Number(idle)]);
        return new ScriptedRedis(command => command switch
        {
            ["XINFO", "GROUPS", ..] => Array([Array(
            [
                Bulk("name"), Bulk("billing"), Bulk("consumers"), Number(4), Bulk("pending"), Number(3), Bulk("last-delivered-id"), Bulk("1700000000000-5"),
                Bulk("entries-read"), lag is null ? Bulk(null) : Number(100), Bulk("lag"), lag is { } known ? Number(known) : Bulk(null),
            ])]),
            ["XINFO", ..] => Array([Consumer("busy", 1, 60_000), Consumer("quick", 0, 10), Consumer("asleep", 0, 3_600_000), Consumer("gone", 2, 400_000)]),
            ["XPENDING", ..] => Array([Number(3), Bulk("1700000000000-1"), Bulk("1700000000000-3"), Array([Bulks("busy", "1"), Bulks("gone", "2")])]),
            ["XLEN", ..] => Number(50),
            ["XRANGE", _, "(1700000000000-5", ..] => first is { } came ? Array([Array([Bulk($"{came.ToUnixTimeMilliseconds()}-0"), Bulks("f", "v")])]) : Array(),
            _ => Error("ERR what?"),
        });
    }

    private static string Process(string[] queues, int busy, DateTimeOffset beat) => Bulks(
        $"{{\"hostname\":\"h\",\"pid\":1,\"queues\":[{string.Join(',', queues.Select(queue => $"\"{queue}\""))}]}}",
        busy.ToString(CultureInfo.InvariantCulture),
        (beat.ToUnixTimeMilliseconds() / 1e3).ToString(CultureInfo.InvariantCulture),
        "false");

    private static async Task<QueueState> ReadAsync(IQueueSource source)
    {
        using var run = new StageRun(new Network(TimeProvider.System), Deadline, CancellationToken.None);
        return await ((StagedQueueSource)source).ReadAsync(run);
    }

    private static QueueCheck Check(IQueueSource source, Action<QueueOptions>? configure = null)
    {
        var options = new QueueOptions { SourceFactory = _ => source };
        configure?.Invoke(options);
        return new QueueCheck(new Network(TimeProvider.System), () => options, new ServiceCollection().BuildServiceProvider(), new Redactor());
    }

    private static DateTimeOffset Round(DateTimeOffset moment) => new((moment.Ticks + 5) / 10 * 10, moment.Offset);
}
