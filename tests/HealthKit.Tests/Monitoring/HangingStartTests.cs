using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthKit.Tests.Monitoring;

public sealed class HangingStartTests : IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("hk-hanging").FullName;

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Fact]
    public async Task The_checks_begin_although_a_hosted_service_never_returns_from_its_start()
    {
        var time = new ManualTime(DateTimeOffset.UnixEpoch.AddYears(60));
        var log = new LogLines();
        var hangs = new Hangs();
        var builder = TestHost.Builder(("StateDirectory", _state));
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.Services.AddSingleton<ILoggerProvider>(log);
        builder.Services.AddLogging();
        builder.Services.AddSingleton<IHostedService>(hangs); // before HealthKit: its own start is never reached
        builder.AddHealthKit(o => o.AddDefaultChecks = false).AddDelegateCheck("a", _ => new(HealthCheckResult.Healthy()));
        using var host = builder.Build();
        using var giveUp = new CancellationTokenSource();
        var start = host.StartAsync(giveUp.Token);
        await hangs.Called.Task;

        var monitor = host.Services.GetRequiredService<HealthMonitor>();
        time.Advance(MonitorHostedService.StartPatience - TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(log.Lines, line => line.StartsWith("Warning 115", StringComparison.Ordinal));
        Assert.Equal(CheckCondition.Pending, monitor.Current.Checks.Single().Condition);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains(log.Lines, line => line.StartsWith("Warning 115", StringComparison.Ordinal));
        await Wait.For(() => monitor.Current.Checks.Single() is { Condition: CheckCondition.Current, Status: HealthStatus.Healthy });

        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
    }

    private sealed class Hangs : IHostedService
    {
        public TaskCompletionSource Called { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task StartAsync(CancellationToken cancellationToken)
        {
            Called.SetResult();
            return Task.Delay(Timeout.Infinite, cancellationToken);
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
