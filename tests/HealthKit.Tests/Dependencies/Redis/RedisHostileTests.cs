using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies.Redis;

/// <summary>Servers that are none, or mean ill: every run ends in time, with a reason, and tells no password.</summary>
public class RedisHostileTests
{
    private const string Password = "hunter2-and-more";

    private const string Info = "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrole:master\r\nused_memory:1000\r\nmaxmemory:0\r\nconnected_clients:1\r\nmaxclients:10\r\n";

    private static readonly string Good = "+PONG\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:1\r\n" + Bulk(Info);

    [Fact]
    public async Task One_byte_at_a_time_is_fine()
    {
        using var server = Serve(Good, piece: 1);

        var result = await RunAsync(server);

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Matches("^redis://127.0.0.1:[0-9]+/0: takes writes, master, memory 1000 B without a maxmemory, Redis 7.0.15 \\(connect ", result.Description);
    }

    [Fact]
    public async Task Pushes_and_attributes_between_replies_are_passed_over()
    {
        using var server = Serve(">2\r\n+invalidate\r\n*1\r\n+k\r\n" + Good.Replace("+OK\r\n:1\r\n", "|1\r\n+a\r\n+b\r\n+OK\r\n:1\r\n", StringComparison.Ordinal));

        Assert.Equal(HealthStatus.Healthy, (await RunAsync(server)).Status);
    }

    [Theory]
    [InlineData("$536870912\r\n", "redis.tooLarge", "a reply has a text of 512.0 MiB, and of a reply no more than 1.0 MiB and 65536 parts are read")]
    [InlineData("*1000000000\r\n", "redis.tooLarge", "a reply has 1000000000 parts")]
    [InlineData("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "redis.tooLarge", "more than 16 deep")]
    [InlineData("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n", "redis.notRedis", "does not speak Redis's protocol but HTTP: HTTP/1.1 400 Bad Request")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "redis.notRedis", "does not speak Redis's protocol but SSH: SSH-2.0-OpenSSH_9.2")]
    [InlineData("* OK IMAP4rev1 ready\r\n", "redis.notRedis", "but IMAP: * OK IMAP4rev1 ready")]
    [InlineData("220 mail ESMTP\r\n", "redis.notRedis", "but SMTP: 220 mail ESMTP")]
    [InlineData("\u0015\u0003\u0003\0\u0002\u0002\u0028", "redis.notRedis", "but TLS (use rediss:// or ssl=true)")]
    [InlineData("+OK POP3 ready\r\n+OK\r\n", "redis.notRedis", "it answered PING by 'Simple OK POP3 ready'")]
    [InlineData("+PONG\r\n+OK\r\n+OK\r\n+OK\r\n*0\r\n$0\r\n\r\n", "redis.notRedis", "it answered SET by 'Simple OK'")]
    [InlineData("+PONG\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n:1\r\n$5\r\nhello\r\n", "redis.notRedis", "it answered INFO by 'Bulk hello'")]
    [InlineData("+PONG\r\nwhat?\r\n", "redis.protocol", "it breaks Redis's protocol: 'w")]
    [InlineData("-DENIED Redis is running in protected mode because\r\n", "redis.protectedMode", "DENIED Redis is running in protected mode")]
    [InlineData("-ERR max number of clients reached\r\n", "redis.maxClients", "ERR max number of clients reached")]
    [InlineData("+PONG\r\n+O", "redis.closed", "the connection was closed within a reply")]
    [InlineData("+PONG\r\n", "redis.closed", "the connection was closed before all was answered")]
    [InlineData("", "redis.closed", "the connection was closed without an answer")]
    [InlineData("+PONG\r\n-ERR unknown command 'MULTI', with args beginning with: \r\n$-1\r\n", "redis.unknownCommand", "MULTI is not known there", HealthStatus.Degraded)]
    [InlineData("+PONG\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n-OOM command not allowed\r\n:0\r\n", "redis.write.oom", "SET was answered by: OOM command not allowed", HealthStatus.Unhealthy, true)]
    [InlineData("+PONG\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n-EXECABORT Transaction discarded because of previous errors.\r\n", "redis.execAborted", "EXEC was answered by: EXECABORT", HealthStatus.Unhealthy, true)]
    [InlineData("+PONG\r\n+OK\r\n-CROSSSLOT Keys\r\n+QUEUED\r\n-EXECABORT Transaction discarded\r\n", "redis.crossSlot", "SET was answered by: CROSSSLOT Keys", HealthStatus.Unhealthy, true)]
    [InlineData("+PONG\r\n+OK\r\n-ERR odd\r\n+QUEUED\r\n-EXECABORT Transaction discarded\r\n", "redis.error", "SET was answered by: ERR odd", HealthStatus.Unhealthy, true)]
    public async Task What_it_says_has_a_reason(string says, string reason, string text, HealthStatus status = HealthStatus.Unhealthy, bool info = false)
    {
        foreach (var piece in new[] { 4096, 1 })
        {
            using var server = Serve(says == "+PONG\r\n-ERR unknown command 'MULTI', with args beginning with: \r\n$-1\r\n" ? says.Replace("$-1\r\n", Bulk(Info), StringComparison.Ordinal) : info ? says + Bulk(Info) : says, piece);

            var result = await RunAsync(server);

            Assert.Equal((reason, status), (result.Reason(), result.Status));
            Assert.Contains(text, result.Description, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_kept_connection_to_a_demoted_server_costs_no_run_its_result()
    {
        var connections = 0;
        var demoted = false;
        using var server = new RawServer(async (socket, token) =>
        {
            var isFirst = Interlocked.Increment(ref connections) == 1;
            var reader = new RespReader(RespLimits.Default);
            while (await socket.ReceiveAsync(reader.Room(), token) is var count and > 0)
            {
                reader.Came(count);
                while (reader.TryRead(out var command))
                {
                    var refuses = isFirst && Volatile.Read(ref demoted);
                    await socket.SendAsync(Encoding.UTF8.GetBytes(command.Items[0].Text switch
                    {
                        "PING" => "+PONG\r\n",
                        "SET" when refuses => "-READONLY You can't write against a read only replica.\r\n",
                        "SET" or "DEL" => "+QUEUED\r\n",
                        "EXEC" => refuses ? "-EXECABORT Transaction discarded\r\n" : "*2\r\n+OK\r\n:1\r\n",
                        "INFO" => Bulk(Info),
                        _ => "+OK\r\n",
                    }), token);
                }
            }
        });
        var options = new RedisOptions { ConnectionString = $"redis://127.0.0.1:{server.Port}", Deadline = TimeSpan.FromSeconds(10) };
        using var check = new RedisCheck(TestNetwork.With(TimeProvider.System), () => options, new Redactor());
        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);

        Volatile.Write(ref demoted, true);
        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Healthy, result.Description), (result.Status, result.Description));
        Assert.Equal(2, server.Accepted);
    }

    [Fact]
    public async Task After_a_failover_behind_one_address_the_kept_connection_is_not_asked_twice()
    {
        var replies = new Dictionary<string, string>();
        using var server = FakeRedis.Start(replies);
        var options = new RedisOptions { ConnectionString = $"redis://127.0.0.1:{server.Port}", Deadline = TimeSpan.FromSeconds(10) };
        using var check = new RedisCheck(TestNetwork.With(TimeProvider.System), () => options, new Redactor());
        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
        Assert.Equal(1, server.Accepted);

        // Whoever is asked is a replica now: the kept connection and the new one say so, and neither is kept.
        (replies["SET"], replies["EXEC"]) = ("-READONLY You can't write against a read only replica.", "-EXECABORT Transaction discarded");
        Assert.Equal("redis.write.readOnly", (await check.RunAsync()).Reason());
        Assert.Equal(2, server.Accepted);
        Assert.Equal("redis.write.readOnly", (await check.RunAsync()).Reason());
        Assert.Equal(3, server.Accepted);

        replies.Clear();
        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
        Assert.Equal(4, server.Accepted);
        foreach (var error in new[] { "-LOADING Redis is loading the dataset in memory", "-MASTERDOWN Link with MASTER is down" })
        {
            var before = server.Accepted;
            replies["PING"] = error;
            Assert.Equal(HealthStatus.Unhealthy, (await check.RunAsync()).Status);
            replies.Clear();
            Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
            Assert.Equal(before + 1, server.Accepted);
        }
    }

    [Theory]
    [InlineData("+", "x")]
    [InlineData("", "+PONG\r\n|1\r\n+a\r\n+b\r\n")]
    [InlineData("", ">1\r\n+a\r\n")]
    [InlineData("*60000\r\n", ":1\r\n*1\r\n")]
    public async Task What_never_ends_is_given_up_without_much_memory(string begin, string more)
    {
        using var server = new RawServer(async (socket, token) =>
        {
            await socket.SendAsync(Encoding.ASCII.GetBytes(begin), token);
            var block = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(more, 2_000)));
            while (true)
            {
                await socket.SendAsync(block, token);
            }
        });
        var clock = Stopwatch.StartNew();

        var result = await RunAsync(server);

        Assert.Contains(result.Reason(), new[] { "redis.tooLarge", "redis.notRedis" });
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(9));
    }

    [Fact]
    public async Task One_that_sends_forever_too_slowly_costs_the_deadline()
    {
        using var server = new RawServer(async (socket, token) =>
        {
            while (true)
            {
                await socket.SendAsync("+"u8.ToArray(), token);
                await Task.Delay(20, token);
            }
        });

        var result = await RunAsync(server, options => options.Deadline = TimeSpan.FromSeconds(2));

        Assert.Equal("use.timeout", result.Reason());
    }

    [Theory]
    [InlineData("-ERR unknown command `AUTH`, with args beginning with: `app`, `hunter2-and-more`, \r\n", "redis.unknownCommand")]
    [InlineData("-WRONGPASS hunter2-and-more is wrong\r\n", "auth.rejected")]
    [InlineData("-hunter2-and-more\r\n", "redis.error")]
    [InlineData("+hunter2-and-more\r\n", "redis.notRedis")]
    [InlineData("hunter2-and-more\r\n", "redis.notRedis")]
    [InlineData("$20\r\nhunter2-and-more\r\n", "redis.closed")]
    [InlineData("*2\r\n+a\r\nhunter2-and-more\r\n", "redis.protocol")]
    [InlineData("*2\r\n$3\r\nhunter2-and-more\r\n", "redis.protocol")]
    public async Task A_password_that_comes_back_is_not_shown_whole_or_in_part(string says, string reason)
    {
        using var server = Serve(says);

        var result = await RunAsync(server, user: $"app:{Password}@");

        Assert.Equal(reason, result.Reason());
        Assert.Equal("authenticate", result.Data["failedStage"]);
        var all = result.Description + string.Join('\n', result.Data.Values);
        Assert.DoesNotContain("hunter", all, StringComparison.Ordinal);
        Assert.DoesNotContain("app:", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_password_is_known_to_the_redactor()
    {
        var redactor = new Redactor();
        using var server = Serve("+OK\r\n-ERR hunter2-and-more\r\n");
        var options = new RedisOptions { ConnectionString = $"redis://:{Password}@127.0.0.1:{server.Port}", Probe = RedisProbe.Ping, ReadInfo = false };
        using var check = new RedisCheck(new Network(TimeProvider.System), () => options, redactor);

        var result = await check.RunAsync();

        Assert.Equal("redis.error", result.Reason());
        Assert.DoesNotContain("hunter", redactor.Redact(result.Description!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_died_between_two_runs_is_replaced_at_once()
    {
        var connections = 0;
        using var server = new RawServer(async (socket, token) =>
        {
            Interlocked.Increment(ref connections);
            var bytes = new byte[4096];
            Assert.True(await socket.ReceiveAsync(bytes, token) > 0);
            await socket.SendAsync("+PONG\r\n"u8.ToArray(), token);
        });
        var options = new RedisOptions { ConnectionString = $"127.0.0.1:{server.Port}", Probe = RedisProbe.Ping, ReadInfo = false };
        using var check = new RedisCheck(new Network(TimeProvider.System), () => options, new Redactor());

        for (var run = 1; run <= 5; run++)
        {
            Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
            Assert.Equal(run, Volatile.Read(ref connections));
        }

        server.Dispose();
        Assert.Equal("tcp.refused", (await check.RunAsync()).Reason());
    }

    [Fact]
    public async Task A_connection_is_used_for_five_minutes_and_then_made_anew()
    {
        using var server = new RawServer(static async (socket, token) =>
        {
            var bytes = new byte[4096];
            while (await socket.ReceiveAsync(bytes, token) > 0)
            {
                await socket.SendAsync("+PONG\r\n"u8.ToArray(), token);
            }
        });
        var time = new ShiftedTime();
        var options = new RedisOptions { ConnectionString = $"127.0.0.1:{server.Port}", Probe = RedisProbe.Ping, ReadInfo = false };
        using var check = new RedisCheck(new Network(time), () => options, new Redactor());
        Assert.True((await check.RunAsync()).Data.ContainsKey("connectSeconds"));

        time.Advance(TimeSpan.FromSeconds(280));
        var again = await check.RunAsync();
        Assert.False(again.Data.ContainsKey("connectSeconds"));
        Assert.Equal($"127.0.0.1:{server.Port}", again.Data["address"]);
        Assert.Equal(1, server.Accepted);

        time.Advance(TimeSpan.FromSeconds(30));
        Assert.True((await check.RunAsync()).Data.ContainsKey("connectSeconds"));
        Assert.Equal(2, server.Accepted);
    }

    [Fact]
    public async Task Nothing_is_written_before_the_transaction_stands()
    {
        StringBuilder heard = new();
        using var server = new RawServer(async (socket, token) =>
        {
            var bytes = new byte[4096];
            for (int count; (count = await socket.ReceiveAsync(bytes, token)) > 0;)
            {
                heard.Append(Encoding.ASCII.GetString(bytes, 0, count));
                await socket.SendAsync(Encoding.ASCII.GetBytes(heard.ToString().Contains("INFO", StringComparison.Ordinal) ? Bulk(Info) : "+PONG\r\n-NOPERM this user has no permissions to run the 'multi' command\r\n"), token);
            }
        });

        var result = await RunAsync(server);

        Assert.Equal(("redis.noPermission", HealthStatus.Degraded), (result.Reason(), result.Status));
        Assert.Contains("ACL SETUSER default +multi", result.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("SET\r\n", heard.ToString(), StringComparison.Ordinal);
    }

    private static string Bulk(string text) => $"${text.Length}\r\n{text}\r\n";

    /// <summary>Says it, whatever it hears, and leaves.</summary>
    private static RawServer Serve(string says, int piece = 4096) => new(async (socket, token) =>
    {
        socket.NoDelay = true;
        foreach (var chunk in Encoding.Latin1.GetBytes(says).Chunk(piece))
        {
            await socket.SendAsync(chunk, token);
        }

        // Closed with bytes unread, the kernel would reset the connection and drop what was said.
        socket.Shutdown(SocketShutdown.Send);
        await RawServer.DrainAsync(socket, token);
    });

    private static async Task<HealthCheckResult> RunAsync(RawServer server, Action<RedisOptions>? configure = null, string user = "")
    {
        var options = new RedisOptions { ConnectionString = $"redis://{user}127.0.0.1:{server.Port}", Deadline = TimeSpan.FromSeconds(10) };
        configure?.Invoke(options);
        Assert.Empty(options.Validate());
        using var check = new RedisCheck(new Network(TimeProvider.System), () => options, new Redactor());
        return await check.RunAsync();
    }
}
