using System.Diagnostics;
using System.Net.Sockets;
using HealthKit.Tests.Dependencies.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies;

/// <summary>Checks over many runs, at once, and at their end.</summary>
public class DependencyLifeTests
{
    [Fact]
    public async Task A_check_that_ends_during_a_run_is_not_remembered()
    {
        var asked = new TaskCompletionSource();
        using var go = new ManualResetEventSlim();
        var network = new Network(TimeProvider.System)
        {
            Lookups = new HostLookups((_, _) =>
            {
                asked.SetResult();
                go.Wait(TimeSpan.FromSeconds(20));
                throw new SocketException((int)SocketError.TryAgain);
            }),
        };
        var check = network.Tcp("a.example", 80, options => options.Deadline = TimeSpan.FromSeconds(20));
        var run = check.RunAsync();
        await asked.Task;
        check.Dispose();
        go.Set();
        Assert.Equal("dns.unavailable", (await run).Reason());

        Assert.Equal(0, network.Outlook.Tell(new object(), "b.example", Stage.Resolve, null));
    }

    [Fact]
    public async Task What_this_process_has_run_out_of_is_told_as_such()
    {
        Assert.Equal("tcp.noDescriptor", await ReasonAsync("tcp.noDescriptor"));
        Assert.Equal("network.noWayOut", await ReasonAsync("tcp.timeout"));

        static async Task<string?> ReasonAsync(string reason)
        {
            var network = new Network(TimeProvider.System) { Lookups = new HostLookups((_, _) => throw new StageException(Stage.Connect, reason, "so it is")) };
            network.Outlook.Tell(new object(), "10.0.0.1", Stage.Connect, null);
            using var check = network.Tcp("a.example", 80);
            return (await check.RunAsync()).Reason();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Many_runs_at_once_leave_no_connection_open(bool reuse)
    {
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("200 OK", "ok"));
        using var bench = new HttpBench(server.Url(), options => options.ReuseConnection = reuse);
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => bench.RunAsync()));
        var before = Connections(server.Port);

        for (var round = 0; round < 30; round++)
        {
            foreach (var seen in await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => bench.RunAsync())))
            {
                Assert.Equal(HealthStatus.Healthy, seen.Status);
            }
        }

        var waited = Stopwatch.StartNew();
        while (Connections(server.Port) > before + 2 && waited.Elapsed < TimeSpan.FromSeconds(10))
        {
            await Task.Delay(20);
        }

        Assert.InRange(Connections(server.Port), 0, before + 2);
    }

    /// <summary>Established connections to a port.</summary>
    private static int Connections(int port) => File.ReadLines("/proc/self/net/tcp").Count(line =>
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, var remote, "01" or "08", ..] && remote.EndsWith($":{port:X4}", StringComparison.Ordinal));
}
