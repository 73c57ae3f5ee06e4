using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace HealthKit.IntegrationTests.LoadBalancers;

/// <summary>One request that did not get the app's own answer.</summary>
internal sealed record FailedRequest(TimeSpan At, TimeSpan Took, string Request, string What);

/// <summary>What became of a load.</summary>
internal sealed record LoadReport(TimeSpan Took, int Sent, IReadOnlyList<FailedRequest> Failures, TimeSpan Slowest)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Sent} requests in {Took.TotalSeconds:0.0} s ({Sent / Took.TotalSeconds:0}/s), {Failures.Count} failed, slowest {Slowest.TotalMilliseconds:0} ms") +
        string.Concat(Failures.Take(10).Select(failure => string.Create(
            CultureInfo.InvariantCulture,
            $"\n  at {failure.At.TotalSeconds:0.000} s after {failure.Took.TotalMilliseconds:0} ms: {failure.Request}: {failure.What}")));
}

/// <summary>
/// A few hundred requests a second to one address of the loopback interface until it is stopped: half of the workers keep their
/// connection, half open one for each request. A request succeeds when it gets the answer of Quickstart's <c>/</c>: 200 to GET, 405 to
/// POST. POST is there because no proxy may send it a second time.
/// </summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private const int Workers = 8;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<FailedRequest> _failures = new();
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly List<Task<TimeSpan>> _workers = [];
    private int _sent;

    private SteadyLoad(int port, HttpMethod[] methods)
    {
        for (var i = 0; i < Workers; i++)
        {
            var worker = i;
            _workers.Add(Task.Run(() => WorkAsync(port, methods, keepAlive: worker % 2 == 0)));
        }
    }

    public TimeSpan Elapsed => _watch.Elapsed;

    /// <summary>GET and POST by turns.</summary>
    public static SteadyLoad Start(int port) => new(port, [HttpMethod.Get, HttpMethod.Post]);

    /// <summary>GET alone.</summary>
    public static SteadyLoad StartGet(int port) => new(port, [HttpMethod.Get]);

    /// <summary>Goes on until that many more requests were answered.</summary>
    public Task MoreAsync(int requests)
    {
        var until = Volatile.Read(ref _sent) + requests;
        return Eventually.TrueAsync(() => Volatile.Read(ref _sent) >= until, $"{requests} more requests were answered", TimeSpan.FromSeconds(30));
    }

    public async Task<LoadReport> StopAsync()
    {
        await _stop.CancelAsync();
        var slowest = await Task.WhenAll(_workers);
        return new LoadReport(_watch.Elapsed, _sent, [.. _failures], slowest.Max());
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    /// <returns>The longest that a request took.</returns>
    private async Task<TimeSpan> WorkAsync(int port, HttpMethod[] methods, bool keepAlive)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        using var timer = new PeriodicTimer(Interval);
        var address = new Uri($"http://127.0.0.1:{port}/");
        var slowest = TimeSpan.Zero;
        for (var i = 0; !_stop.IsCancellationRequested; i++)
        {
            var method = methods[i % methods.Length];
            var at = _watch.Elapsed;
            var failure = await TrySendAsync(client, method, address, keepAlive);
            var took = _watch.Elapsed - at;
            if (failure is not null)
            {
                _failures.Enqueue(new FailedRequest(at, took, $"{method} {(keepAlive ? "on a kept connection" : "on a new connection")}", failure));
            }

            Interlocked.Increment(ref _sent);
            slowest = took > slowest ? took : slowest;
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }

        return slowest;
    }

    private static async Task<string?> TrySendAsync(HttpClient client, HttpMethod method, Uri address, bool keepAlive)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.ConnectionClose = !keepAlive;
        try
        {
            using var response = await client.SendAsync(request);
            var expected = method == HttpMethod.Get ? HttpStatusCode.OK : HttpStatusCode.MethodNotAllowed;
            return response.StatusCode == expected ? null : $"{(int)response.StatusCode} {response.ReasonPhrase}";
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return e.InnerException?.Message ?? e.Message;
        }
    }
}
