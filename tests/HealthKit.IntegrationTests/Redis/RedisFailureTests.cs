using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HealthKit.IntegrationTests.Servers;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.IntegrationTests.Redis;

/// <summary>
/// Real servers, each broken in its own way: every row has a reason of its own, which a user with the documented rights and no others gets too, and
/// none leaves a key.
/// </summary>
public sealed class RedisFailureTests
{
    /// <summary>As docs/checks/redis.md has it.</summary>
    private static readonly string[] LeastRights = ["~healthkit:probe:*", "+ping", "+multi", "+exec", "+discard", "+set", "+del", "+info"];

    private const string Password = "s3cret-p%/@:word";

    public static TheoryData<string, bool> Rows
    {
        get
        {
            TheoryData<string, bool> rows = [];
            foreach (var reason in Broken.Keys)
            {
                rows.Add(reason, false);
                if (!WithoutAccount.Contains(reason))
                {
                    rows.Add(reason, true);
                }
            }

            return rows;
        }
    }

    /// <summary>Where who we are is what is wrong.</summary>
    private static readonly string[] WithoutAccount = ["auth.rejected", "redis.noAuth", "redis.noPermission", "redis.info.noPermission", "redis.sentinel"];

    private static readonly Dictionary<string, Func<Scene, Task>> Broken = new()
    {
        ["redis.write.oom"] = scene =>
        {
            var server = scene.Start("maxmemory 1mb", "maxmemory-policy noeviction");
            server.Run("SETRANGE", "full", "900000", "x");
            return scene.ExpectAsync(
                HealthStatus.Unhealthy,
                ["PING is answered, and SET was answered by: OOM command not allowed when used memory > 'maxmemory'", "memory 100.0 % of 1.0 MiB (noeviction), unhealthy above 98 %"]);
        },
        ["use.timeout"] = async scene =>
        {
            var server = scene.Start();
            using var check = scene.Check(options => options.Deadline = TimeSpan.FromSeconds(2));
            Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
            server.Stop();
            var result = await check.RunAsync();
            server.Continue();
            scene.Assert(result, HealthStatus.Unhealthy, ["failed to use it: no answer within 2 s"]);
        },
        ["redis.write.readOnly"] = async scene =>
        {
            await scene.StartReplicaAsync();
            await scene.ExpectAsync(HealthStatus.Unhealthy, ["SET was answered by: READONLY You can't write against a read only replica", ", replica of 127.0.0.1:"]);
        },
        ["redis.role"] = async scene =>
        {
            await scene.StartReplicaAsync();
            await scene.ExpectAsync(HealthStatus.Unhealthy, ["it is a replica of 127.0.0.1:", ", and a master is expected"], options => options.ExpectRole = RedisRole.Master);
        },
        ["redis.replication.linkDown"] = async scene =>
        {
            var master = await scene.StartReplicaAsync();
            Assert.Equal(HealthStatus.Healthy, (await scene.RunAsync(options => options.ExpectRole = RedisRole.Replica)).Status);
            master.Kill();
            await scene.UntilAsync("master_link_status:down");
            await scene.ExpectAsync(HealthStatus.Degraded, ["the link to its master has been down for "], options => options.ExpectRole = RedisRole.Replica);
        },
        ["redis.masterDown"] = async scene =>
        {
            var master = await scene.StartReplicaAsync("replica-serve-stale-data no");
            master.Kill();
            await scene.UntilAsync("master_link_status:down");
            await scene.ExpectAsync(HealthStatus.Unhealthy, ["PING was answered by: MASTERDOWN Link with MASTER is down"]);
        },
        ["auth.rejected"] = scene =>
        {
            scene.Start().SetUser("app", Password, "+@all", "~*");
            scene.Address = scene.Server.AddressOf("app", "another-word");
            return scene.ExpectAsync(HealthStatus.Unhealthy, ["failed to authenticate: it does not take this user and password, or the user is switched off"]);
        },
        ["redis.noAuth"] = scene =>
        {
            scene.Start().Run("ACL", "SETUSER", "default", "resetpass", ">" + Password);
            return scene.ExpectAsync(HealthStatus.Unhealthy, ["failed to authenticate: PING was answered by: NOAUTH Authentication required"]);
        },
        ["redis.noPermission"] = scene =>
        {
            scene.Start().SetUser("app", Password, "+ping", "+info", "+multi", "+exec", "~other:*");
            scene.Address = scene.Server.AddressOf("app", Password);
            return scene.ExpectAsync(
                HealthStatus.Degraded, ["whether it takes writes is not known, because this account may not ask: ACL SETUSER app +set ~healthkit:probe:* +del, ", ", memory ", " without a maxmemory"]);
        },
        ["redis.info.noPermission"] = scene =>
        {
            scene.Start().SetUser("app", Password, [.. LeastRights, "-info"]);
            scene.Address = scene.Server.AddressOf("app", Password);
            return scene.ExpectAsync(HealthStatus.Degraded, ["are not known, because this account may not ask: ACL SETUSER app +info; takes writes"]);
        },
        ["redis.loading"] = async scene =>
        {
            var server = scene.Start("key-load-delay 1000", "loading-process-events-interval-bytes 1024", "enable-debug-command yes");
            server.Run("DEBUG", "POPULATE", "20000", "k", "100");
            server.Run("SAVE");
            server.Kill();
            server.Restart(waitUntilReady: false);
            await Eventually.TrueAsync(() => Tool.TryRun("redis-cli", "-s", server.SocketPath, "PING").Output.Contains("LOADING", StringComparison.Ordinal), "it loads");
            await scene.ExpectAsync(HealthStatus.Unhealthy, ["PING was answered by: LOADING Redis is loading the dataset in memory", "loaded ", " left"]);
        },
        ["redis.write.misconf"] = async scene =>
        {
            var data = Directory.CreateTempSubdirectory("hk-redis-gone-").FullName;
            var server = scene.Start($"dir {data}", "save 3600 1");
            Directory.Delete(data, recursive: true);
            server.Run("BGSAVE");
            await scene.UntilAsync("rdb_last_bgsave_status:err");
            await scene.ExpectAsync(HealthStatus.Unhealthy, ["MISCONF Redis is configured to save RDB snapshots", "the last save of a snapshot failed (rdb_last_bgsave_status err)"]);
        },
        ["redis.save.failed"] = async scene =>
        {
            var data = Directory.CreateTempSubdirectory("hk-redis-gone-").FullName;
            var server = scene.Start($"dir {data}", "save 3600 1", "stop-writes-on-bgsave-error no");
            Directory.Delete(data, recursive: true);
            server.Run("BGSAVE");
            await scene.UntilAsync("rdb_last_bgsave_status:err");
            await scene.ExpectAsync(HealthStatus.Degraded, ["the last save of a snapshot failed (rdb_last_bgsave_status err); takes writes"]);
        },
        ["redis.save.old"] = async scene =>
        {
            scene.Start().Run("SET", "k", "v");
            await scene.ExpectAsync(
                HealthStatus.Degraded, [" changes are not saved, the last save was "], options => options.DegradedAboveSaveAge = TimeSpan.FromMilliseconds(1), until: true);
        },
        ["redis.write.noReplicas"] = scene =>
        {
            scene.Start("min-replicas-to-write 1");
            return scene.ExpectAsync(HealthStatus.Unhealthy, ["SET was answered by: NOREPLICAS Not enough good replicas to write"]);
        },
        ["redis.replicas.missing"] = scene =>
        {
            scene.Start();
            return scene.ExpectAsync(HealthStatus.Degraded, ["0 of at least 1 replicas are online; takes writes"], options => options.MinimumReplicasCount = 1);
        },
        ["redis.replicas.lag"] = async scene =>
        {
            var replica = await scene.StartMasterAsync();
            replica.Stop();
            await scene.ExpectAsync(HealthStatus.Degraded, ["a replica last said ", " ago how far it is; takes writes"], options => options.DegradedAboveReplicationLag = TimeSpan.FromSeconds(1), until: true);
            replica.Continue();
        },
        ["redis.replication.lag"] = async scene =>
        {
            var master = await scene.StartReplicaAsync();
            master.Stop();
            await scene.ExpectAsync(
                HealthStatus.Degraded, ["it has not heard from its master for ", " (degraded above 1 s)"], options => (options.DegradedAboveReplicationLag, options.ExpectRole) = (TimeSpan.FromSeconds(1), RedisRole.Replica), until: true);
            master.Continue();
        },
        ["redis.maxClients"] = async scene =>
        {
            scene.Start("maxclients 2");
            using var one = await scene.ConnectAsync();
            using var other = await scene.ConnectAsync();
            await scene.ExpectAsync(HealthStatus.Unhealthy, ["maxclients|max number of clients reached"], leavesNothing: false);
        },
        ["redis.clients.high"] = async scene =>
        {
            scene.Start("maxclients 20");
            List<Socket> many = [];
            for (var i = 0; i < 17; i++)
            {
                many.Add(await scene.ConnectAsync());
            }

            await scene.ExpectAsync(HealthStatus.Degraded, [" clients of at most 20 (degraded above 85 %); takes writes"]);
            many.ForEach(socket => socket.Dispose());
        },
        ["redis.clients.rejected"] = async scene =>
        {
            scene.Start("maxclients 3");
            using var check = scene.Check(options => (options.DegradedAboveClientsPercent, options.UnhealthyAboveClientsPercent) = (100, 100));
            Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
            using (var one = await scene.ConnectAsync())
            using (var other = await scene.ConnectAsync())
            using (var tooMany = await scene.ConnectAsync())
            {
                Assert.NotEqual(0, await tooMany.ReceiveAsync(new byte[100]));
            }

            scene.Assert(await check.RunAsync(), HealthStatus.Degraded, [" turned away since the last run, because maxclients was reached; takes writes"]);
        },
        ["redis.memory.high"] = scene =>
        {
            scene.Start("maxmemory 100mb", "maxmemory-policy volatile-lru");
            return scene.ExpectAsync(
                HealthStatus.Degraded,
                [" % of 100.0 MiB (volatile-lru), degraded above 0.1 %: no key expires, so at the limit writes fail; takes writes"],
                options => (options.DegradedAboveMemoryPercent, options.UnhealthyAboveMemoryPercent) = (0.1, 50));
        },
        ["redis.evicted"] = async scene =>
        {
            var server = scene.Start("maxmemory 3mb", "maxmemory-policy allkeys-lru", "enable-debug-command yes");
            using var check = scene.Check(options => options.DegradedAboveEvictedPerSecond = 0);
            Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
            server.Run("DEBUG", "POPULATE", "3000", "k", "1000");
            server.Run("SET", "k", "v");
            scene.Assert(await check.RunAsync(), HealthStatus.Degraded, [" keys a second were evicted since the last run, degraded above 0: they are lost; takes writes"]);
        },
        ["tls.selfSigned"] = async scene =>
        {
            scene.StartTls();
            await scene.ExpectAsync(HealthStatus.Unhealthy, ["failed to start TLS: "]);
            Assert.Equal(HealthStatus.Healthy, (await scene.RunAsync(options => options.PinnedSha256 = [scene.Fingerprint])).Status);
        },
        ["tcp.refused"] = async scene =>
        {
            var server = scene.Start();
            using var check = scene.Check();
            Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
            server.Kill();
            scene.Assert(await check.RunAsync(), HealthStatus.Unhealthy, ["failed to connect: 127.0.0.1:", " refused the connection"]);
        },
        ["redis.closed"] = scene =>
        {
            scene.StartTls();
            scene.Address = scene.Address.Replace("rediss:", "redis:", StringComparison.Ordinal);
            return scene.ExpectAsync(HealthStatus.Unhealthy, ["the connection was closed without an answer|the connection was reset without an answer"]);
        },
        ["redis.clusterDown"] = scene =>
        {
            scene.Start("cluster-enabled yes");
            return scene.ExpectAsync(HealthStatus.Unhealthy, ["SET was answered by: CLUSTERDOWN Hash slot not served"]);
        },
        ["redis.database"] = scene =>
        {
            scene.Start();
            scene.Server.SetUser("app", Password, [.. LeastRights, "+select"]);
            scene.Address = scene.Server.AddressOf("app", Password) + "/99";
            return scene.ExpectAsync(HealthStatus.Unhealthy, ["failed to authenticate: SELECT was answered by: ERR DB index is out of range"]);
        },
        ["redis.busy"] = async scene =>
        {
            var server = scene.Start("busy-reply-threshold 100");
            using var script = ChildProcess.Start("redis-cli", "-s", server.SocketPath, "EVAL", "while true do end", "0");
            await Eventually.TrueAsync(() => Tool.TryRun("redis-cli", "-s", server.SocketPath, "PING").Output.Contains("BUSY", StringComparison.Ordinal), "it is busy");
            await scene.ExpectAsync(HealthStatus.Unhealthy, ["BUSY Redis is busy running a script"], leavesNothing: false);
            server.Run("SCRIPT", "KILL");
        },
        ["redis.sentinel"] = scene =>
        {
            scene.StartSentinel();
            return scene.ExpectAsync(HealthStatus.Unhealthy, ["this is a Sentinel, which keeps no data"], leavesNothing: false);
        },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Each_way_of_failing_has_its_own_reason(string reason, bool leastRights)
    {
        using var scene = new Scene(reason, leastRights);
        await Broken[reason](scene);
    }

    /// <summary>A broken server, and who asks it.</summary>
    private sealed class Scene(string reason, bool leastRights) : IDisposable
    {
        private readonly List<IDisposable> _owned = [];
        private string? _directory;

        public RedisServer Server { get; private set; } = null!;

        public string Address { get; set; } = "";

        public string Fingerprint { get; private set; } = "";

        public void Dispose()
        {
            for (var i = _owned.Count - 1; i >= 0; i--)
            {
                _owned[i].Dispose();
            }

            if (_directory is not null)
            {
                Directory.Delete(_directory, recursive: true);
            }
        }

        public RedisServer Start(params string[] settings) => Own(new RedisServer(leastRights ? [.. settings, UserLine] : settings));

        public void StartTls()
        {
            _directory = Directory.CreateTempSubdirectory("hk-redis-tls-").FullName;
            Tool.Run(
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "10", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=IP:127.0.0.1", "-keyout", $"{_directory}/key", "-out", $"{_directory}/cert");
            Fingerprint = Tool.Run("openssl", "x509", "-in", $"{_directory}/cert", "-noout", "-fingerprint", "-sha256").Split('=')[1].Trim();
            Own(RedisServer.StartTls($"{_directory}/cert", $"{_directory}/key", leastRights ? [UserLine] : []));
            Address = Address.Replace("redis:", "rediss:", StringComparison.Ordinal);
        }

        public void StartSentinel()
        {
            _directory = Directory.CreateTempSubdirectory("hk-sentinel-").FullName;
            var port = LoopbackPort.Free();
            File.WriteAllText($"{_directory}/conf", string.Create(CultureInfo.InvariantCulture, $"port {port}\nbind 127.0.0.1\ndir {_directory}\n"));
            var process = ChildProcess.Start("redis-server", $"{_directory}/conf", "--sentinel");
            _owned.Add(process);
            Address = string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{port}");
            Eventually.TrueAsync(
                () => Tool.TryRun("redis-cli", "-p", port.ToString(CultureInfo.InvariantCulture), "PING").Output.StartsWith("PONG", StringComparison.Ordinal), "the Sentinel answers")
                .GetAwaiter().GetResult();
        }

        /// <summary>Starts a replica to ask, and gives its master.</summary>
        public async Task<RedisServer> StartReplicaAsync(params string[] settings)
        {
            var master = new RedisServer("repl-diskless-sync-delay 0");
            _owned.Add(master);
            Start([.. settings, string.Create(CultureInfo.InvariantCulture, $"replicaof 127.0.0.1 {master.Port}")]);
            await UntilAsync("master_link_status:up");
            return master;
        }

        /// <summary>Starts a master to ask, and gives its replica.</summary>
        public async Task<RedisServer> StartMasterAsync()
        {
            var master = Start("repl-diskless-sync-delay 0");
            var replica = new RedisServer(string.Create(CultureInfo.InvariantCulture, $"replicaof 127.0.0.1 {master.Port}"));
            _owned.Add(replica);
            await UntilAsync("state=online");
            return replica;
        }

        public async Task<Socket> ConnectAsync()
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _owned.Add(socket);
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Server.Port));
            return socket;
        }

        public Task UntilAsync(string info) =>
            Eventually.TrueAsync(() => Server.Run("INFO").Contains(info, StringComparison.Ordinal), $"INFO says {info}", TimeSpan.FromSeconds(30), () => Server.Run("INFO"));

        public RedisCheck Check(Action<RedisOptions>? configure = null) => RedisRuns.Check(Address, configure);

        public Task<HealthCheckResult> RunAsync(Action<RedisOptions>? configure = null) => RedisRuns.RunAsync(Address, configure);

        public async Task ExpectAsync(HealthStatus status, string[] texts, Action<RedisOptions>? configure = null, bool until = false, bool leavesNothing = true)
        {
            using var check = Check(configure);
            var result = await check.RunAsync();
            if (until)
            {
                await Eventually.TrueAsync(async () => (result = await check.RunAsync()).Reason() is not null, $"the check says {reason}", TimeSpan.FromSeconds(30), () => result.Description!);
            }

            Assert(result, status, texts, leavesNothing);
        }

        public void Assert(HealthCheckResult result, HealthStatus status, string[] texts, bool leavesNothing = true)
        {
            Xunit.Assert.Equal((reason, status), (result.Reason(), result.Status));
            foreach (var text in texts)
            {
                Xunit.Assert.True(
                    Array.Exists(text.Split('|'), one => result.Description!.Contains(one, StringComparison.Ordinal)), $"'{text}' is not in: {result.Description}");
            }

            Xunit.Assert.DoesNotContain(Password, result.Description, StringComparison.Ordinal);
            Xunit.Assert.All(result.Data.Values, value => Xunit.Assert.DoesNotContain(Password, value.ToString(), StringComparison.Ordinal));
            if (leavesNothing && Tool.TryRun("redis-cli", "-s", Server.SocketPath, "--scan", "--pattern", "healthkit:*") is { ExitCode: 0 } scan)
            {
                Xunit.Assert.Equal("", scan.Output.Trim());
            }
        }

        private static string UserLine => $"user app on >{Password} {string.Join(' ', LeastRights)}";

        private RedisServer Own(RedisServer server)
        {
            Server = server;
            _owned.Add(server);
            Address = leastRights ? server.AddressOf("app", Password) : server.Address;
            return server;
        }
    }
}
