using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HealthKit.Tests.Monitoring;

/// <summary>The monitor with its real threads, in a real host.</summary>
public class BackgroundMonitorTests
{
    // Only what is meant to time out has a short timeout: a busy machine may stand still for longer than that.
    private static readonly (string, string?)[] Quick = [("Defaults:Period", "00:00:00.3"), ("Defaults:Timeout", "00:00:10")];

    [Fact]
    public async Task Misbehaving_checks_are_their_own_failure_and_nobody_elses()
    {
        using var never = new ManualResetEventSlim();
        var starts = 0;
        await using var host = await TestHost.Start(
            builder =>
            {
                builder.AddDelegateCheck("good", _ => new(HealthCheckResult.Healthy("fine")));
                builder.AddDelegateCheck("blocks", _ =>
                {
                    Interlocked.Increment(ref starts);
                    never.Wait(CancellationToken.None);
                    return new(HealthCheckResult.Healthy());
                });
                builder.AddDelegateCheck("throws", _ => throw new InvalidOperationException("it broke"));
                builder.AddDelegateCheck("ignores", async _ =>
                {
                    await Task.Delay(Timeout.Infinite, CancellationToken.None);
                    return HealthCheckResult.Healthy();
                });
                builder.AddCheck<ThrowingConstructor>("constructor");
                builder.AddDelegateCheck("odd", _ => new(HealthCheckResult.Unhealthy("odd", new InvalidOperationException("inner"), new Dictionary<string, object>
                {
                    ["ratioPercent"] = double.NaN,
                    ["usedBytes"] = 12,
                    ["error"] = new InvalidOperationException("in data"),
                    ["broken"] = new ThrowsAtToString(),
                })));
            },
            [.. Quick, ("Checks:blocks:Timeout", "00:00:00.4"), ("Checks:ignores:Timeout", "00:00:00.4")]);

        await host.Until("blocks", check => check.Reason == "check.timeout");
        await host.Until("ignores", check => check.Reason == "check.timeout");
        var thrown = await host.Until("throws", check => check is { Reason: "check.exception", Condition: CheckCondition.Current });
        Assert.Equal(HealthStatus.Unhealthy, thrown.Status);
        Assert.Contains("it broke", thrown.Description, StringComparison.Ordinal);
        Assert.Contains("constructor broke", (await host.Until("constructor", check => check.Exception is not null)).Exception!.Details, StringComparison.Ordinal);

        var odd = await host.Until("odd", check => check.Data.ContainsKey("ratioPercent"));
        Assert.Equal(double.NaN, odd.Data["ratioPercent"]);
        Assert.Contains("in data", Assert.IsType<string>(odd.Data["error"]), StringComparison.Ordinal);
        Assert.Contains("could not be shown", Assert.IsType<string>(odd.Data["broken"]), StringComparison.Ordinal);
        Assert.Equal([new Reading("usedBytes", 12, "bytes")], odd.Readings);

        var good = await host.Until("good", check => check.Status == HealthStatus.Healthy);
        await host.Until("good", check => check.CheckedAt > good.CheckedAt && check.Status == HealthStatus.Healthy);
        Assert.NotNull(host["blocks"].RunningSince);
        Assert.Equal(1, starts);
        never.Set();
        await Wait.For(() => starts > 1);
    }

    [Fact]
    public async Task The_synchronous_part_of_a_run_is_on_a_thread_of_HealthKits_own_and_each_run_has_its_scope()
    {
        var builder = TestHost.Builder(Quick);
        builder.Services.AddScoped<Scoped>();
        var seen = new System.Collections.Concurrent.ConcurrentQueue<(bool Pool, Scoped Service)>();
        builder.AddHealthKit(o => o.AddDefaultChecks = false).AddDelegateCheck("a", (services, _) =>
        {
            seen.Enqueue((Thread.CurrentThread.IsThreadPoolThread, services.GetRequiredService<Scoped>()));
            return new(HealthCheckResult.Healthy());
        });
        await using var host = await TestHost.Start(builder);
        await Wait.For(() => seen.Count >= 3);

        Assert.All(seen, one => Assert.False(one.Pool));
        Assert.Equal(seen.Count, seen.Select(one => one.Service).Distinct().Count());
        await Wait.For(() => seen.Take(2).All(one => one.Service.Disposed));
    }

    [Fact]
    public async Task Services_that_cannot_be_disposed_of_are_logged_once()
    {
        var builder = TestHost.Builder(Quick);
        builder.Services.AddScoped<BadEnd>();
        var runs = 0;
        builder.AddHealthKit(o => o.AddDefaultChecks = false).AddDelegateCheck("a", (services, _) =>
        {
            services.GetRequiredService<BadEnd>();
            Interlocked.Increment(ref runs);
            return new(HealthCheckResult.Healthy());
        });
        await using var host = await TestHost.Start(builder);
        await Wait.For(() => runs >= 4);
        Assert.Single(host.Log.Lines, line => line.StartsWith("Warning 101", StringComparison.Ordinal));
    }

    [Fact]
    public async Task When_the_clock_stops_everything_reads_stopped_and_recovers_with_it()
    {
        await using var host = await TestHost.Start(builder => builder.AddDelegateCheck("a", _ => new(HealthCheckResult.Healthy())), Quick);
        await host.Until("a", check => check.Status == HealthStatus.Healthy);
        var monitor = (BackgroundMonitor)host.Monitor;
        using var stuck = new ManualResetEventSlim();
        monitor.BeforeTick = stuck.Wait;

        var stopped = await Wait.For(() => monitor.Current, snapshot => snapshot.Status != HealthStatus.Healthy);
        Assert.All(stopped.Checks, check => Assert.Equal(HealthMonitor.StoppedReason, check.Reason));
        var report = await host.Host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal(HealthStatus.Unhealthy, report.Status);

        monitor.BeforeTick = null;
        stuck.Set();
        await Wait.For(() => monitor.Current.Status == HealthStatus.Healthy);
    }

    [Fact]
    public async Task A_clock_whose_ticks_fail_vouches_for_nothing_and_goes_on_trying()
    {
        var builder = TestHost.Builder(("Defaults:Period", "00:00:01"));
        var time = new ManualTime();
        builder.Services.AddSingleton<TimeProvider>(time);
        builder.AddHealthKit(o => o.AddDefaultChecks = false).AddDelegateCheck("a", _ => new(HealthCheckResult.Healthy()));
        await using var host = await TestHost.Start(builder);
        var monitor = (BackgroundMonitor)host.Monitor;
        await Turned(() => monitor.Current.Status == HealthStatus.Healthy);

        monitor.BeforeTick = static () => throw new InvalidOperationException("broken tick");
        await Turned(() => monitor.Current.Checks[0].Reason == HealthMonitor.StoppedReason);
        await Turned(() => host.Log.Lines.Count(line => line.Contains("broken tick", StringComparison.Ordinal)) > 1);
        Assert.Equal(HealthMonitor.StoppedReason, monitor.Current.Checks[0].Reason);

        monitor.BeforeTick = null;
        await Turned(() => monitor.Current.Status == HealthStatus.Healthy);

        Task Turned(Func<bool> met) => Wait.For(() =>
        {
            time.Advance(TimeSpan.FromSeconds(0.5));
            return met();
        });
    }

    [Fact]
    public async Task After_the_host_has_stopped_everything_reads_stopped_and_runs_are_refused()
    {
        var host = await TestHost.Start(builder => builder.AddDelegateCheck("a", _ => new(HealthCheckResult.Healthy())), Quick);
        await host.Until("a", check => check.Status == HealthStatus.Healthy);
        await host.Host.StopAsync();
        Assert.Equal(HealthMonitor.StoppedReason, host["a"].Reason);
        await Assert.ThrowsAsync<InvalidOperationException>(() => host.Monitor.RunAsync("a"));
        host.Host.Dispose();
    }

    [Fact]
    public async Task Many_blocking_checks_hold_up_nobody_and_their_threads_are_replaced()
    {
        using var never = new ManualResetEventSlim();
        await using var host = await TestHost.Start(
            builder =>
            {
                for (var i = 0; i < 10; i++)
                {
                    builder.AddDelegateCheck($"hung{i}", _ =>
                    {
                        never.Wait(CancellationToken.None);
                        return new(HealthCheckResult.Healthy());
                    });
                }

                for (var i = 0; i < 40; i++)
                {
                    builder.AddDelegateCheck($"good{i}", _ => new(HealthCheckResult.Healthy()));
                }
            },
            [.. Quick, .. Enumerable.Range(0, 10).Select(i => ($"Checks:hung{i}:Timeout", (string?)"00:00:00.4"))]);
        await Wait.For(() => host.Monitor.Current.Checks.Count(check => check.Reason == "check.timeout") == 10);
        var seen = await Wait.For(
            () => host.Monitor.Current.Checks.Where(check => check.Name.StartsWith("good", StringComparison.Ordinal)).ToList(),
            good => good.TrueForAll(check => check.CheckedAt is not null));
        await Wait.For(() => seen.TrueForAll(check => host[check.Name].CheckedAt > check.CheckedAt));
        never.Set();
        await Wait.For(() => host.Monitor.Current.Status == HealthStatus.Healthy);
    }

    [Fact]
    public async Task Observers_hear_results_and_transitions_and_one_that_throws_harms_nobody()
    {
        var builder = TestHost.Builder(Quick);
        var status = HealthStatus.Healthy;
        builder.AddHealthKit(o => o.AddDefaultChecks = false).AddDelegateCheck("a", _ => new(new HealthCheckResult(status, "with {braces} and {0}")));
        var observer = new Recorder();
        builder.Services.AddSingleton<IHealthObserver>(new Thrower(static () => new InvalidOperationException("observer broke")));
        builder.Services.AddSingleton<IHealthObserver>(observer);
        await using var host = await TestHost.Start(builder);
        await Wait.For(() => observer.Results.Any(state => state.Status == HealthStatus.Healthy));
        status = HealthStatus.Unhealthy;
        await Wait.For(() => observer.Transitions.Any(transition => (transition.Before.Status, transition.After.Status) == (HealthStatus.Healthy, HealthStatus.Unhealthy)));
        await Wait.For(() => host.Log.Lines.Any(line => line.StartsWith("Error 300", StringComparison.Ordinal) && line.Contains("with {braces} and {0}", StringComparison.Ordinal)));
        await Wait.For(() => host.Log.Lines.Any(line => line.Contains("observer broke", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_logger_that_throws_and_an_exception_that_cannot_be_shown_harm_nobody()
    {
        var builder = TestHost.Builder(Quick);
        builder.Services.AddSingleton<Microsoft.Extensions.Logging.ILoggerProvider, BrokenLog>();
        builder.Services.AddSingleton<IHealthObserver>(new Thrower(static () => new Unshowable()));
        builder.AddHealthKit(o => o.AddDefaultChecks = false)
            .AddDelegateCheck("bad", _ => throw new Unshowable())
            .AddDelegateCheck("good", _ => new(HealthCheckResult.Healthy()));
        var log = new LogLines();
        builder.Services.AddSingleton<Microsoft.Extensions.Logging.ILoggerProvider>(log);
        using var host = builder.Build();
        host.Services.GetRequiredService<BackgroundMonitor>().Start();
        var monitor = host.Services.GetRequiredService<HealthMonitor>();
        await Wait.For(() => monitor.Current.Checks.Any(check => check.Reason == "check.exception"));
        var seen = await Wait.For(() => monitor.Current.Checks.Single(check => check.Name == "good").CheckedAt, at => at is not null);
        await Wait.For(() => monitor.Current.Checks.Single(check => check.Name == "good").CheckedAt > seen);
    }

    [Fact]
    public async Task An_observer_may_take_the_monitor()
    {
        var builder = TestHost.Builder(Quick);
        builder.AddHealthKit(o => o.AddDefaultChecks = false).AddDelegateCheck("a", _ => new(HealthCheckResult.Healthy()));
        builder.Services.AddSingleton<IHealthObserver, Curious>();
        await using var host = await TestHost.Start(builder);
        var curious = host.Host.Services.GetServices<IHealthObserver>().OfType<Curious>().Single();
        await Wait.For(() => curious.Seen == HealthStatus.Healthy);
    }

    [Fact]
    public async Task An_observer_that_hangs_silences_no_other_and_is_named()
    {
        var builder = TestHost.Builder(Quick);
        builder.AddHealthKit(o => o.AddDefaultChecks = false).AddDelegateCheck("a", _ => new(HealthCheckResult.Healthy()));
        var time = new ManualTime();
        builder.Services.AddSingleton<TimeProvider>(time);
        using var never = new ManualResetEventSlim();
        var hanging = new Hanging(never);
        var recorder = new Recorder();
        builder.Services.AddSingleton<IHealthObserver>(hanging);
        builder.Services.AddSingleton<IHealthObserver>(recorder);
        await using var host = await TestHost.Start(builder);
        var monitor = host.Host.Services.GetRequiredService<BackgroundMonitor>();
        await Wait.For(() =>
        {
            time.Advance(TimeSpan.FromSeconds(0.5));
            return hanging.IsCalled && recorder.Results.Count > 3;
        });
        time.Advance(TimeSpan.FromSeconds(30.1));

        // Who was in a call just now comes back from it: one hangs.
        await Wait.For(() => monitor.ObserverProblems is [var problem] && problem.Contains(nameof(Hanging), StringComparison.Ordinal));
        never.Set();
        await Wait.For(() => monitor.ObserverProblems.Count == 0);
    }

    [Fact]
    public async Task RunAsync_runs_now_and_its_token_stops_the_waiting_only()
    {
        var runs = 0;
        var hold = new TaskCompletionSource<HealthCheckResult?>();
        await using var host = await TestHost.Start(
            builder => builder.AddDelegateCheck("a", async token => Interlocked.Increment(ref runs) == 1 ? HealthCheckResult.Healthy() : await hold.Task.WaitAsync(token)),
            ("Defaults:Period", "01:00:00"),
            ("Defaults:Timeout", "00:01:00"));
        await host.Until("a", check => check.Status == HealthStatus.Healthy);

        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.Monitor.RunAsync("a", impatient.Token));
        var joined = host.Monitor.RunAsync("a");
        hold.SetResult(HealthCheckResult.Degraded("now slow"));
        Assert.Equal("now slow", (await joined).Description);
        Assert.Equal(2, runs);
    }

    private sealed class Scoped : IDisposable
    {
        public bool Disposed { get; private set; }

        public void Dispose() => Disposed = true;
    }

    private sealed class ThrowsAtToString
    {
        public override string ToString() => throw new InvalidOperationException("no text");
    }

#pragma warning disable CA1812 // Made by the container.
    private sealed class BadEnd : IDisposable
    {
        public void Dispose() => throw new InvalidOperationException("bad end");
    }

    private sealed class ThrowingConstructor : IHealthCheck
#pragma warning restore CA1812
    {
        public ThrowingConstructor() => throw new InvalidOperationException("constructor broke");

        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(HealthCheckResult.Healthy());
    }

    private sealed class Thrower(Func<Exception> make) : IHealthObserver
    {
        public void OnResult(CheckState state) => throw make();

        public void OnTransition(CheckState before, CheckState after) => throw make();
    }

    private sealed class Hanging(ManualResetEventSlim never) : IHealthObserver
    {
        private volatile bool _called;

        public bool IsCalled => _called;

        public void OnResult(CheckState state)
        {
            _called = true;
            never.Wait();
        }

        public void OnTransition(CheckState before, CheckState after) => OnResult(after);
    }

#pragma warning disable CA1812 // Made by the container.
    private sealed class Curious(HealthMonitor monitor) : IHealthObserver
#pragma warning restore CA1812
    {
        public HealthStatus? Seen { get; private set; }

        public void OnResult(CheckState state) => Seen = monitor.Current.Status;

        public void OnTransition(CheckState before, CheckState after) => Seen = monitor.Current.Status;
    }

    private sealed class Unshowable : Exception
    {
        public override string Message => throw new InvalidOperationException("no message");

        public override string ToString() => throw new InvalidOperationException("no text");
    }

#pragma warning disable CA1812 // Made by the container.
    private sealed class BrokenLog : Microsoft.Extensions.Logging.ILoggerProvider, Microsoft.Extensions.Logging.ILogger
#pragma warning restore CA1812
    {
        public Microsoft.Extensions.Logging.ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(
            Microsoft.Extensions.Logging.LogLevel logLevel,
            Microsoft.Extensions.Logging.EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter) => throw new IOException("No space left on device");

        public void Dispose()
        {
        }
    }

    private sealed class Recorder : IHealthObserver
    {
        public System.Collections.Concurrent.ConcurrentQueue<CheckState> Results { get; } = new();

        public System.Collections.Concurrent.ConcurrentQueue<(CheckState Before, CheckState After)> Transitions { get; } = new();

        public void OnResult(CheckState state) => Results.Enqueue(state);

        public void OnTransition(CheckState before, CheckState after) => Transitions.Enqueue((before, after));
    }
}
