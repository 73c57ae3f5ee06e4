using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HealthKit.IntegrationTests.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HealthKit.IntegrationTests.Redis;

/// <summary>The check on real servers that are well, and what it leaves there: nothing.</summary>
public sealed class RedisCheckTests : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    public void Dispose()
    {
        for (var i = _owned.Count - 1; i >= 0; i--)
        {
            _owned[i].Dispose();
        }
    }

    [Fact]
    public async Task A_server_that_is_well_takes_the_write_and_keeps_nothing_of_it()
    {
        var server = Start("maxmemory 100mb");
        server.Run("SET", "app", "x");
        using var check = RedisRuns.Check($"{server.Address}/1");

        var first = await check.RunAsync();
        var second = await check.RunAsync();

        Assert.Equal((HealthStatus.Healthy, HealthStatus.Healthy), (first.Status, second.Status));
        Assert.Matches(
            @"^redis://127\.0\.0\.1:[0-9]+/1: takes writes, master, memory [0-9.]+ % of 100\.0 MiB \(noeviction\), Redis 7\.[0-9.]+ \(connect [0-9.]+ ms to 127\.0\.0\.1, authenticate .*, use [0-9.]+ ms\)$",
            first.Description);
        Assert.DoesNotContain("connect", second.Description, StringComparison.Ordinal);
        Assert.Equal(("master", 1L), (second.Data["role"], second.Data["clientsCount"]));
        Assert.Equal("app", server.Run("--scan"));
        Assert.Equal("", server.Run("-n", "1", "--scan"));
        Assert.Contains("db0:keys=1,expires=0", server.Run("INFO", "keyspace"), StringComparison.Ordinal);
        Assert.DoesNotContain("db1:", server.Run("INFO", "keyspace"), StringComparison.Ordinal);

        // Both runs wrote, and both cleaned up.
        var commands = server.Run("INFO", "commandstats");
        Assert.Contains("cmdstat_exec:calls=2,", commands, StringComparison.Ordinal);
        Assert.Contains("cmdstat_del:calls=2,", commands, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_ping_and_info_are_sent_where_no_write_is_wanted()
    {
        var server = Start();
        using var ping = RedisRuns.Check(server.Address, options => options.Probe = RedisProbe.Ping);
        using var bare = RedisRuns.Check(server.Address, options => (options.Probe, options.ReadInfo) = (RedisProbe.Ping, false));

        Assert.Equal(HealthStatus.Healthy, (await ping.RunAsync()).Status);
        var result = await bare.RunAsync();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Matches(@"^redis://127\.0\.0\.1:[0-9]+/0: answers PING \(", result.Description);
        Assert.DoesNotContain("cmdstat_multi", server.Run("INFO", "commandstats"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_left_wherever_the_connection_is_cut()
    {
        var server = Start();
        var whole = 0;
        using (var proxy = new CuttingProxy(server.Port, int.MaxValue))
        {
            Assert.Equal(HealthStatus.Healthy, (await RedisRuns.RunAsync(proxy.Address)).Status);
            whole = proxy.Passed;
        }

        Assert.InRange(whole, 150, 400);
        for (var bytes = 0; bytes < whole; bytes++)
        {
            using var proxy = new CuttingProxy(server.Port, bytes);

            var result = await RedisRuns.RunAsync(proxy.Address);

            Assert.Equal(("redis.closed", HealthStatus.Unhealthy), (result.Reason(), result.Status));
        }

        await Eventually.TrueAsync(() => server.Run("INFO", "clients").Contains("connected_clients:1\r", StringComparison.Ordinal), "the server has noticed that all have left");
        Assert.Equal("0", server.Run("DBSIZE"));
        Assert.Contains("expired_keys:0", server.Run("INFO", "stats"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_changed_is_told_before_and_after()
    {
        var server = Start("maxmemory 100mb");
        var master = Start();
        using var check = RedisRuns.Check(server.Address, options => options.Probe = RedisProbe.Ping);
        Assert.False((await check.RunAsync()).Data.ContainsKey("changes"));

        server.Run("CONFIG", "SET", "maxmemory", "0");
        Assert.Contains("; maxmemory was 104857600 B (100 MiB), is none (", (await check.RunAsync()).Description, StringComparison.Ordinal);
        server.Run("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        server.Run("REPLICAOF", "127.0.0.1", master.Port.ToString(CultureInfo.InvariantCulture));
        Assert.Contains("; maxmemory-policy was noeviction, is allkeys-lru (", (await check.RunAsync()).Description, StringComparison.Ordinal);
        server.Kill();
        server.Restart();
        var result = await check.RunAsync();

        var changes = Assert.IsAssignableFrom<IEnumerable<string>>(result.Data["changes"]).Select(change => change[21..]).ToList();
        Assert.Equal(
            [
                "maxmemory was 104857600 B (100 MiB), is none", "role was master, is replica", "maxmemory-policy was noeviction, is allkeys-lru",
                "role was replica, is master", "maxmemory was none, is 104857600 B (100 MiB)", "maxmemory-policy was allkeys-lru, is noeviction",
            ],
            changes.Where(change => !change.StartsWith("restarted", StringComparison.Ordinal)));
        Assert.Single(changes, change => change.StartsWith("restarted, up for ", StringComparison.Ordinal));
        Assert.EndsWith(" and 6 more within the last hour", result.Description!.Split(" (")[^2].Split("ago),")[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cluster_of_one_node_is_well()
    {
        var server = Start("cluster-enabled yes");
        server.Run("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
        await Eventually.TrueAsync(() => server.Run("CLUSTER", "INFO").Contains("cluster_state:ok", StringComparison.Ordinal), "the cluster is up");

        var result = await RedisRuns.RunAsync(server.Address);

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Contains("takes writes", result.Description, StringComparison.Ordinal);
        Assert.Contains("node of a cluster", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_a_cluster_each_node_is_asked_for_a_key_of_its_own_and_its_replica_for_none()
    {
        var (one, other, replica) = (Start("cluster-enabled yes"), Start("cluster-enabled yes"), Start("cluster-enabled yes"));
        one.Run("CLUSTER", "ADDSLOTSRANGE", "0", "14999");
        other.Run("CLUSTER", "ADDSLOTSRANGE", "15000", "16383");
        foreach (var node in new[] { other, replica })
        {
            Assert.Equal("OK", one.Run("CLUSTER", "MEET", "127.0.0.1", node.Port.ToString(CultureInfo.InvariantCulture), node.ClusterPort.ToString(CultureInfo.InvariantCulture)));
        }

        await Eventually.TrueAsync(
            () => Array.TrueForAll([one, other, replica], node => node.Run("CLUSTER", "INFO").Contains("cluster_state:ok", StringComparison.Ordinal)), "the cluster is up", TimeSpan.FromSeconds(30));
        var id = one.Run("CLUSTER", "MYID");
        await Eventually.TrueAsync(() => replica.Run("CLUSTER", "REPLICATE", id) == "OK", "the replica knows its master", TimeSpan.FromSeconds(30));
        await Eventually.TrueAsync(() => replica.Run("INFO", "replication").Contains("master_link_status:up", StringComparison.Ordinal), "the replica follows", TimeSpan.FromSeconds(30));

        // A twelfth of the slots: 48 keys miss it once in 65 runs.
        using var check = RedisRuns.Check(other.Address);
        var result = await check.RunAsync();
        await Eventually.TrueAsync(async () => (result = await check.RunAsync()).Status == HealthStatus.Healthy, "a key of the node is found", seen: () => result.Description!);
        Assert.Contains("takes writes", result.Description, StringComparison.Ordinal);

        // It is kept: no more tries.
        var before = Calls(other);
        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
        Assert.Equal(before + 1, Calls(other));

        var refused = await RedisRuns.RunAsync(replica.Address);
        Assert.Equal(("redis.write.readOnly", HealthStatus.Unhealthy), (refused.Reason(), refused.Status));
        Assert.Equal(HealthStatus.Healthy, (await RedisRuns.RunAsync(replica.Address, options => options.ExpectRole = RedisRole.Replica)).Status);
        Assert.Equal(["0", "0"], new[] { one, other }.Select(node => node.Run("DBSIZE")));

        static string[] Lines(RedisServer node) => node.Run("INFO", "commandstats").Split("\r\n");
        static int Calls(RedisServer node) =>
            int.Parse(Array.Find(Lines(node), line => line.StartsWith("cmdstat_multi:", StringComparison.Ordinal))!.Split(['=', ','])[1], CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_unix_socket_is_as_good_and_one_that_is_not_there_is_named()
    {
        var server = Start();

        var result = await RedisRuns.RunAsync($"unix://{server.SocketPath}?db=2");

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.StartsWith($"unix://{server.SocketPath}?db=2: takes writes, ", result.Description, StringComparison.Ordinal);
        Assert.Equal("redis.noSocket", (await RedisRuns.RunAsync($"unix://{server.Path}/none")).Reason());
        server.Kill();
        Assert.Equal("tcp.refused", (await RedisRuns.RunAsync($"unix://{server.SocketPath}")).Reason());
    }

    [Fact]
    public async Task The_apps_own_client_is_asked_the_same_and_its_errors_mean_the_same()
    {
        var server = Start("maxmemory 4mb", "maxmemory-policy noeviction");
        using var host = Build(health => health.AddRedisCheck((_, command, _) => CliAsync(server, command)));
        var monitor = host.Services.GetRequiredService<HealthMonitor>();
        await host.StartAsync();

        var good = await monitor.RunAsync("redis_client");
        Assert.Equal(HealthStatus.Healthy, good.Status);
        Assert.StartsWith("redis by the app's own client: takes writes, master, memory ", good.Description, StringComparison.Ordinal);

        server.Run("SETRANGE", "full", "4000000", "x");
        var full = await monitor.RunAsync("redis_client");
        Assert.Equal((HealthStatus.Unhealthy, "redis.write.oom"), (full.Status, full.Reason));
        Assert.Contains("PING is answered, and SET was answered by: OOM command not allowed", full.Description, StringComparison.Ordinal);
        Assert.Equal("full", server.Run("--scan"));

        server.Kill();
        var gone = await monitor.RunAsync("redis_client");
        Assert.Equal((HealthStatus.Unhealthy, "redis.client"), (gone.Status, gone.Reason));
        Assert.Contains("the app's own client did not get PING through: ", gone.Description, StringComparison.Ordinal);
        await host.StopAsync();
    }

    [Fact]
    public async Task It_writes_by_configuration_alone_and_tells_no_password()
    {
        var server = Start();
        server.SetUser("app", "hunter2-and-more", "~healthkit:probe:*", "+ping", "+multi", "+exec", "+set", "+del", "+info");
        using var host = Build(
            health => health.AddDependencyChecks(),
            ("HealthKit:Checks:redis:Type", "Redis"), ("HealthKit:Checks:redis:ConnectionString", server.AddressOf("app", "hunter2-and-more")), ("HealthKit:Checks:redis:ExpectRole", "Master"));
        await host.StartAsync();

        var state = await host.Services.GetRequiredService<HealthMonitor>().RunAsync("redis");

        Assert.Equal(HealthStatus.Healthy, state.Status);
        Assert.Contains(state.Readings, reading => reading.Name == "usedMemoryBytes" && reading.Value > 100_000);
        Assert.DoesNotContain("hunter", state.Description + string.Join(' ', state.Data.Values), StringComparison.Ordinal);
        await host.StopAsync();
    }

    private static IHost Build(Action<IHealthKitBuilder> configure, params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        foreach (var (key, value) in settings)
        {
            builder.Configuration[key] = value;
        }

        configure(builder.AddHealthKit(options => options.AddDefaultChecks = false));
        return builder.Build();
    }

    /// <summary>A client as others are: the server's errors are exceptions with its words.</summary>
    private static Task<string?> CliAsync(RedisServer server, IReadOnlyList<string> command)
    {
        var (exitCode, output, error) = Tool.TryRun("redis-cli", ["-e", "-s", server.SocketPath, .. command]);
        return exitCode == 0 ? Task.FromResult<string?>(output.Trim()) : throw new InvalidOperationException((error + output).Trim());
    }

    private RedisServer Start(params string[] settings)
    {
        var server = new RedisServer(settings);
        _owned.Add(server);
        return server;
    }

    /// <summary>Passes so many bytes on to a server, and then cuts both connections.</summary>
    private sealed class CuttingProxy : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly int _target;
        private readonly int _most;
        private int _passed;

        public CuttingProxy(int target, int most)
        {
            (_target, _most) = (target, most);
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen();
            _ = AcceptAsync();
        }

        public string Address => string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}");

        public int Passed => Volatile.Read(ref _passed);

        public void Dispose() => _listener.Dispose();

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    _ = PassAsync(await _listener.AcceptAsync());
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task PassAsync(Socket client)
        {
            using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            using (client)
            {
                client.NoDelay = true;
                try
                {
                    await server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _target));
                    _ = BackAsync(server, client);
                    var bytes = new byte[4096];
                    for (var left = _most; left > 0;)
                    {
                        var count = await client.ReceiveAsync(bytes);
                        if (count == 0)
                        {
                            break;
                        }

                        count = Math.Min(count, left);
                        await server.SendAsync(bytes.AsMemory(0, count));
                        Interlocked.Add(ref _passed, count);
                        left -= count;
                    }

                    // What was passed on is worked on before the end is seen.
                    server.Shutdown(SocketShutdown.Send);
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    // One of them left.
                }
            }
        }

        private static async Task BackAsync(Socket server, Socket client)
        {
            try
            {
                var bytes = new byte[16_384];
                for (int count; (count = await server.ReceiveAsync(bytes)) > 0;)
                {
                    await client.SendAsync(bytes.AsMemory(0, count));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Cut.
            }
        }
    }
}
