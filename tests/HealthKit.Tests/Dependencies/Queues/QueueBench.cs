using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies.Queues;

/// <summary>A check of a queue that is what a test says, on a clock that a test moves.</summary>
internal sealed class QueueBench : IDisposable
{
    private readonly ShiftedTime _time = new();
    private readonly QueueCheck _check;

    public QueueBench(Action<QueueOptions>? configure = null)
    {
        var options = new QueueOptions { SourceFactory = _ => new Told(this) };
        configure?.Invoke(options);
        Assert.Empty(QueueLimits.Validate(options));
        Options = options;
        _check = new QueueCheck(new Network(_time), () => Options, new ServiceCollection().BuildServiceProvider(), new Redactor());
    }

    public QueueOptions Options { get; set; }

    public QueueState State { get; set; } = new(0);

    public DateTimeOffset Now => _time.GetUtcNow();

    public void Dispose() => _check.Dispose();

    /// <summary>Looks, some time after the last look.</summary>
    public Task<HealthCheckResult> LookAsync(QueueState state, TimeSpan after = default)
    {
        _time.Advance(after);
        State = state;
        return _check.RunAsync();
    }

    /// <summary>Looks at one state after another, a time apart, and gives the last result.</summary>
    public async Task<HealthCheckResult> LookAsync(TimeSpan apart, params IEnumerable<QueueState> states)
    {
        HealthCheckResult last = default;
        foreach (var state in states)
        {
            last = await LookAsync(state, apart);
        }

        return last;
    }

    private sealed class Told(QueueBench bench) : IQueueSource
    {
        public string Target => "jobs";

        public Task<QueueState> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(bench.State);
    }
}
