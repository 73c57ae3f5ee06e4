using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace HealthKit.IntegrationTests.Sentry;

/// <summary>Sentry's own local receiver as a process of its own. It answers 200 to anything: what counts is what its stream gives back.</summary>
internal sealed class Spotlight : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly ChildProcess _node;
    private readonly HttpClient _client = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<JsonNode> _envelopes = new();
    private readonly Task _reading;

    private Spotlight(ChildProcess node, int port)
    {
        _node = node;
        Dsn = $"http://c0ffee5ec2e7c0ffee5ec2e7c0ffee5e@127.0.0.1:{port}/42";
        _reading = ReadAsync(new Uri($"http://127.0.0.1:{port}/stream"));
    }

    public string Dsn { get; }

    public static Spotlight Start()
    {
        var port = LoopbackPort.Free();
        var node = ChildProcess.Start("node", SentryOracle.Script("spotlight.mjs"), SentryOracle.Packages, $"{port}");
        while (!node.ReadLine(Deadline).StartsWith("ready", StringComparison.Ordinal))
        {
            // It greets before.
        }

        return new Spotlight(node, port);
    }

    /// <summary>The first item of a type that fits, with its envelope's header.</summary>
    public async Task<(JsonNode Header, JsonNode Payload)> NextAsync(string type, Func<JsonNode, bool> fits)
    {
        var begin = TimeProvider.System.GetTimestamp();
        while (true)
        {
            foreach (var envelope in _envelopes)
            {
                foreach (var item in envelope[1]!.AsArray())
                {
                    if (item![0]!["type"]!.GetValue<string>() == type && item[1] is { } payload && fits(payload))
                    {
                        return (envelope[0]!, payload);
                    }
                }
            }

            Assert.False(_reading.IsFaulted, _reading.Exception?.ToString());
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < Deadline, $"No such {type} on Spotlight's stream. Its errors: {_node.Errors}");
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _node.Dispose();
        _client.Dispose();
        await _reading.ContinueWith(_ => { }, TaskScheduler.Default);
        _end.Dispose();
    }

    private async Task ReadAsync(Uri address)
    {
        using var stream = await _client.GetStreamAsync(address, _end.Token);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(_end.Token) is { } line)
        {
            if (line.StartsWith("data: [", StringComparison.Ordinal))
            {
                _envelopes.Enqueue(JsonNode.Parse(line["data: ".Length..])!);
            }
        }
    }
}
