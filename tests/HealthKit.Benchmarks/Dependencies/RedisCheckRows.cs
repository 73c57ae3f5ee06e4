using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>The Redis check against the bare round trips of the same commands, on a real server, each on a connection that is kept.</summary>
internal static class RedisCheckRows
{
    private const double Factor = 2;

    public static IEnumerable<Row> Measure(BenchmarkOptions options)
    {
        var directory = Directory.CreateTempSubdirectory("hk-redis-").FullName;
        using var server = Process.Start(new ProcessStartInfo(
            "redis-server", ["--port", "0", "--unixsocket", $"{directory}/s", "--dir", directory, "--save", "", "--appendonly", "no", "--daemonize", "no", "--logfile", $"{directory}/log"]))!;
        try
        {
            WaitFor($"{directory}/s");
            var write = Compare(options, directory, RedisProbe.Write, out var allocated);
            yield return Row.OfTime("Redis check, write probe and INFO / bare round trips of the same", write, Factor);
            yield return allocated;
            var ping = Compare(options, directory, RedisProbe.Ping, out allocated, info: false);
            yield return Row.OfTime("Redis check, PING alone / bare round trip", ping, Factor);
            yield return allocated;
        }
        finally
        {
            server.Kill();
            server.WaitForExit();
            Directory.Delete(directory, recursive: true);
        }
    }

    private static void WaitFor(string socket)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var probe = new BareRedis(socket);
                probe.AskAsync("PING\r\n"u8.ToArray()).GetAwaiter().GetResult();
                return;
            }
            catch (SocketException) when (clock.Elapsed < TimeSpan.FromSeconds(10))
            {
                Thread.Yield();
            }
        }
    }

    private static Comparison Compare(BenchmarkOptions options, string directory, RedisProbe probe, out Row allocated, bool info = true)
    {
        var checkOptions = new RedisOptions { ConnectionString = $"unix://{directory}/s", Probe = probe, ReadInfo = info };
        using var check = new RedisCheck(new Network(TimeProvider.System), () => checkOptions, new Redactor());
        var context = Contexts.Of(check);
        using var bare = new BareRedis($"{directory}/s");
        var plan = new RedisPlan(checkOptions, new Redactor(), TimeProvider.System, before: null);
        var (first, second) = (plan.First.Bytes, plan.Write.Bytes);

        // Much code runs through for each call: the JIT has not settled after the usual warming.
        _ = new Interleaved(quick: true).Compare(Check, Bare);
        var result = new Interleaved(options.Quick).Compare(Check, Bare);
        allocated = Row.OfBytes(probe == RedisProbe.Write ? "Redis check, write probe and INFO, allocated" : "Redis check, PING alone, allocated", result.Measured, result.Baseline);
        return result;

        void Check()
        {
            var result = check.CheckHealthAsync(context).GetAwaiter().GetResult();
            if (result.Status != HealthStatus.Healthy)
            {
                throw new InvalidOperationException(result.Description);
            }
        }

        void Bare() => BareAsync().GetAwaiter().GetResult();

        async Task BareAsync()
        {
            await bare.AskAsync(first);
            if (probe == RedisProbe.Write)
            {
                await bare.AskAsync(second);
            }
        }
    }

    /// <summary>Sends and receives, and looks at no more than where the answer ends.</summary>
    private sealed class BareRedis : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly byte[] _bytes = new byte[64 * 1024];

        public BareRedis(string path) => _socket.Connect(new UnixDomainSocketEndPoint(path));

        public async Task AskAsync(ReadOnlyMemory<byte> request)
        {
            await _socket.SendAsync(request);
            var length = 0;
            do
            {
                length += await _socket.ReceiveAsync(_bytes.AsMemory(length));
            }
            while (!IsWhole(_bytes.AsSpan(0, length)));
        }

        public void Dispose() => _socket.Dispose();

        private static bool IsWhole(ReadOnlySpan<byte> answer)
        {
            var bulk = answer.IndexOf("\n$"u8);
            if (bulk < 0)
            {
                return answer.EndsWith("\r\n"u8) && !answer.Contains((byte)'*');
            }

            var rest = answer[(bulk + 2)..];
            var end = rest.IndexOf("\r\n"u8);
            return end > 0 && rest.Length >= end + 2 + int.Parse(rest[..end], CultureInfo.InvariantCulture) + 2;
        }
    }
}
