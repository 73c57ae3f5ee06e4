using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.IntegrationTests.Queues;

/// <summary>A queue check run by hand, on a clock that a test may put forward.</summary>
internal sealed class QueueProbe : IDisposable
{
    private readonly QueueCheck _check;

    public QueueProbe(IQueueSource source, Action<QueueOptions>? configure = null)
    {
        var options = new QueueOptions { SourceFactory = _ => source, Deadline = TimeSpan.FromSeconds(3) };
        configure?.Invoke(options);
        _check = new QueueCheck(new Network(Time), () => options, new ServiceCollection().BuildServiceProvider(), new Redactor());
    }

    public ShiftedTime Time { get; } = new();

    public async Task<Look> LookAsync()
    {
        var registration = new HealthCheckRegistration("queue", _check, HealthStatus.Unhealthy, tags: null);
        var result = await _check.CheckHealthAsync(new HealthCheckContext { Registration = registration }).WaitAsync(TimeSpan.FromSeconds(30));
        return new Look(result.Status, (string?)result.Data.GetValueOrDefault("reason"), result.Description!, result.Data);
    }

    /// <summary>Looks until it is as it should be.</summary>
    public async Task<Look> UntilAsync(Func<Look, bool> condition, string what, TimeSpan? deadline = null)
    {
        Look? last = null;
        await Eventually.TrueAsync(async () => condition(last = await LookAsync()), what, deadline ?? TimeSpan.FromSeconds(30), () => $"{last}");
        return last!;
    }

    public void Dispose() => _check.Dispose();

    public sealed record Look(HealthStatus Status, string? Reason, string Text, IReadOnlyDictionary<string, object> Data)
    {
        public long? this[string key] => Data.GetValueOrDefault(key) is { } value ? Convert.ToInt64(value, null) : null;

        public override string ToString() => $"{Status} {Reason}: {Text} {string.Join(", ", Data.Select(pair => $"{pair.Key}={(pair.Value is IEnumerable<string> list ? string.Join(',', list) : pair.Value)}"))}";
    }
}
