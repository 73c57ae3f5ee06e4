using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>The queue check on a real Redis, against the same commands on a bare socket; both keep their connection.</summary>
internal static class QueueRows
{
    private const double Factor = 2;
    private const int Queues = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static IEnumerable<Row> Measure(BenchmarkOptions options)
    {
        var directory = Directory.CreateTempSubdirectory("hk-bench-").FullName;
        var port = LoopbackPort.Free();
        using var server = Process.Start(new ProcessStartInfo(
            "redis-server",
            ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", directory, "--save", "", "--appendonly", "no", "--logfile", $"{directory}/log"]))!;
        try
        {
            using var bare = new BareRedis(port);
            var address = string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{port}");
            Fill(bare);
            foreach (var row in Compare(options, bare, Factor, "list: LLEN", QueueSources.RedisList(address, "jobs"), [["LLEN", "jobs"]]))
            {
                yield return row;
            }

            foreach (var row in Compare(
                options, bare, Factor, "list with age: LLEN, LINDEX", QueueSources.RedisList(address, "jobs", "/at"), [["LLEN", "jobs"], ["LINDEX", "jobs", "-1"]]))
            {
                yield return row;
            }

            string[][] fixedPart =
            [
                ["SRANDMEMBER", "queues", "200"], ["SRANDMEMBER", "processes", "200"], ["ZCARD", "retry"], ["ZCARD", "schedule"], ["ZCARD", "dead"],
                ["GET", "stat:processed"], ["GET", "stat:failed"],
            ];
            string[][] rest =
            [
                .. Enumerable.Range(0, Queues).SelectMany(i => new string[][] { ["LLEN", $"queue:q{i}"], ["LINDEX", $"queue:q{i}", "-1"] }),
                ["HMGET", "host:1:aa", "info", "busy", "beat", "quiet"],
            ];
            foreach (var row in Compare(options, bare, null, $"Sidekiq of {Queues} queues: its 28 commands in 2 writes", QueueSources.Sidekiq(address), fixedPart, rest))
            {
                yield return row;
            }
        }
        finally
        {
            server.Kill();
            server.WaitForExit();
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void Fill(BareRedis bare)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var job = $"{{\"class\":\"Job\",\"args\":[1,\"{new string('x', 200)}\"],\"at\":{now},\"enqueued_at\":{now}.5}}";
        List<string[]> commands = [["LPUSH", "jobs", job], ["SET", "stat:processed", "1"], ["SADD", "processes", "host:1:aa"]];
        commands.Add(["HSET", "host:1:aa", "info", "{\"queues\":[" + string.Join(',', Enumerable.Range(0, Queues).Select(i => $"\"q{i}\"")) + "]}", "busy", "0", "beat", $"{now + 86_400}", "quiet", "false"]);
        for (var i = 0; i < Queues; i++)
        {
            commands.Add(["SADD", "queues", $"q{i}"]);
            commands.Add(["LPUSH", $"queue:q{i}", job]);
        }

        bare.Send(new RespRequest([.. commands]));
    }

    private static IEnumerable<Row> Compare(BenchmarkOptions options, BareRedis bare, double? factor, string what, IQueueSource source, params string[][][] writes)
    {
        var checkOptions = new QueueOptions { SourceFactory = _ => source };
        using var services = new ServiceCollection().BuildServiceProvider();
        using var check = new QueueCheck(new Network(TimeProvider.System), () => checkOptions, services, new Redactor());
        var context = Contexts.Of(check);
        RespRequest[] requests = [.. writes.Select(static commands => new RespRequest([.. commands]))];

        // Much code runs through for each call: the JIT has not settled after the usual warming.
        _ = new Interleaved(quick: true).Compare(Check, Bare);
        var result = new Interleaved(options.Quick).Compare(Check, Bare);
        yield return Row.OfTime($"queue check, {what} / bare socket", result, factor);
        yield return Row.OfBytes($"queue check, {what}, allocated", result.Measured, result.Baseline);

        void Check()
        {
            var look = check.CheckHealthAsync(context).GetAwaiter().GetResult();
            if (look.Status != HealthStatus.Healthy)
            {
                throw new InvalidOperationException(look.Description);
            }
        }

        void Bare()
        {
            foreach (var request in requests)
            {
                bare.Send(request);
            }
        }
    }

    /// <summary>A socket, and just enough of the protocol to know when all replies are here: their lines are counted, and texts passed over.</summary>
    private sealed class BareRedis : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        private readonly byte[] _buffer = new byte[1 << 16];

        public BareRedis(int port)
        {
            var started = Stopwatch.GetTimestamp();
            while (true)
            {
                try
                {
                    _socket.Connect(IPAddress.Loopback, port);
                    return;
                }
                catch (SocketException) when (Stopwatch.GetElapsedTime(started) < Patience)
                {
                    // It is still starting.
                    Thread.Yield();
                }
            }
        }

        public void Send(RespRequest request)
        {
            _socket.Send(request.Bytes.Span);
            var (have, at, left) = (0, 0, request.Commands);
            while (left > 0)
            {
                have += _socket.Receive(_buffer.AsSpan(have));
                while (left > 0 && TryReply(_buffer.AsSpan(0, have), ref at))
                {
                    left--;
                }
            }
        }

        public void Dispose() => _socket.Dispose();

        private static bool TryReply(ReadOnlySpan<byte> bytes, ref int from)
        {
            var at = from;
            for (var parts = 1; parts > 0; parts--)
            {
                var line = bytes[at..];
                var end = line.IndexOf("\r\n"u8);
                if (end < 0)
                {
                    return false;
                }

                at += end + 2;
                if (line[0] is (byte)'*' or (byte)'$')
                {
                    var number = int.Parse(line[1..end], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
                    parts += line[0] == '*' ? number : 0;
                    at += line[0] == '$' && number >= 0 ? number + 2 : 0;
                }
            }

            if (at > bytes.Length)
            {
                return false;
            }

            from = at;
            return true;
        }
    }
}
