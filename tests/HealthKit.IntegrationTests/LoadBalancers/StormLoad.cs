using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HealthKit.IntegrationTests.LoadBalancers;

/// <summary>How long the answers of one path took, in buckets of 10 µs up to a second; all else is in the last.</summary>
internal sealed class Latencies
{
    private const double BucketMicroseconds = 10;
    private readonly long[] _buckets = new long[100_001];
    private readonly Dictionary<int, long> _codes = [];

    public long Count { get; private set; }

    /// <summary>How often each status code came.</summary>
    public IReadOnlyDictionary<int, long> Codes => _codes;

    public void Add(TimeSpan took, int code)
    {
        Count++;
        _buckets[(int)Math.Min(took.TotalMicroseconds / BucketMicroseconds, _buckets.Length - 1)]++;
        _codes[code] = _codes.GetValueOrDefault(code) + 1;
    }

    public void Add(Latencies other)
    {
        Count += other.Count;
        for (var i = 0; i < _buckets.Length; i++)
        {
            _buckets[i] += other._buckets[i];
        }

        foreach (var (code, count) in other._codes)
        {
            _codes[code] = _codes.GetValueOrDefault(code) + count;
        }
    }

    /// <summary>The upper end of the bucket that the fraction <paramref name="quantile"/> lies in, in milliseconds.</summary>
    public double Milliseconds(double quantile)
    {
        var wanted = (long)Math.Ceiling(Count * quantile);
        var seen = 0L;
        for (var i = 0; i < _buckets.Length; i++)
        {
            seen += _buckets[i];
            if (seen >= wanted)
            {
                return (i + 1) * BucketMicroseconds / 1_000;
            }
        }

        return double.NaN;
    }

    public string Describe(TimeSpan during) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Count / during.TotalSeconds,7:0}/s  p50 {Milliseconds(0.5):0.00} ms  p99 {Milliseconds(0.99):0.00} ms  p99.9 {Milliseconds(0.999):0.00} ms  ") +
        string.Join(' ', _codes.Select(code => $"{code.Key}: {code.Value}"));
}

/// <summary>
/// As many requests as go: each connection is kept and sends its next request when the answer to the last is there. Bare sockets, so that
/// the load costs less than what it loads.
/// </summary>
internal static class StormLoad
{
    /// <summary>Runs for that long and returns what each path's answers took.</summary>
    /// <param name="port">A port of 127.0.0.1.</param>
    /// <param name="during">How long.</param>
    /// <param name="connections">How many connections ask for each path.</param>
    public static async Task<IReadOnlyDictionary<string, Latencies>> RunAsync(int port, TimeSpan during, params (string Path, int Count)[] connections)
    {
        using var end = new CancellationTokenSource(during);
        var running = connections
            .SelectMany(group => Enumerable.Repeat(group.Path, group.Count))
            .Select(path => (Path: path, Task: Task.Run(() => ConnectionAsync(port, path, end.Token))))
            .ToList();
        var results = new Dictionary<string, Latencies>();
        foreach (var (path, task) in running)
        {
            if (!results.TryGetValue(path, out var sum))
            {
                results.Add(path, sum = new Latencies());
            }

            sum.Add(await task);
        }

        return results;
    }

    private static async Task<Latencies> ConnectionAsync(int port, string path, CancellationToken end)
    {
        var latencies = new Latencies();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, CancellationToken.None);
        var request = Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        var buffer = new byte[256 * 1024];
        while (!end.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            await socket.SendAsync(request, CancellationToken.None);
            var received = 0;
            int? length = null;
            while (length is null || received < length)
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(received), CancellationToken.None);
                if (read == 0)
                {
                    throw new IOException($"The server closed the connection while it was asked for {path}.");
                }

                received += read;
                length ??= LengthOf(buffer.AsSpan(0, received));
            }

            latencies.Add(Stopwatch.GetElapsedTime(started), CodeOf(buffer));
        }

        return latencies;
    }

    /// <summary>The length of the whole answer, once its head is there.</summary>
    private static int? LengthOf(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return null;
        }

        var field = "\r\nContent-Length: "u8;
        var value = answer[(answer.IndexOf(field) + field.Length)..];
        return head + 4 + int.Parse(value[..value.IndexOf((byte)'\r')], NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private static int CodeOf(byte[] answer) => int.Parse(answer.AsSpan("HTTP/1.1 ".Length, 3), NumberStyles.None, CultureInfo.InvariantCulture);
}
