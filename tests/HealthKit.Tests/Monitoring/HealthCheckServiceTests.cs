using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HealthKit.Tests.Monitoring;

/// <summary>Whatever is written against Microsoft's API reads the monitor's picture.</summary>
public class HealthCheckServiceTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Either_order_of_registration_gives_one_monitor_with_everyones_checks(bool healthKitFirst)
    {
        var builder = TestHost.Builder(("Defaults:Period", "01:00:00"));
        var runs = 0;
        void AddTheirs() => builder.Services.AddHealthChecks().AddCheck("theirs", () =>
        {
            Interlocked.Increment(ref runs);
            return HealthCheckResult.Degraded("slow");
        });
        void AddOurs() => builder.AddHealthKit(o => o.AddDefaultChecks = false).AddDelegateCheck("ours", _ => new(HealthCheckResult.Healthy()));
        (healthKitFirst ? AddOurs : (Action)AddTheirs)();
        (healthKitFirst ? AddTheirs : (Action)AddOurs)();
        await using var host = await TestHost.Start(builder);

        var service = host.Host.Services.GetRequiredService<HealthCheckService>();
        var report = await service.CheckHealthAsync();
        Assert.Equal(["ours", "theirs"], report.Entries.Keys.Order());
        Assert.Equal(HealthStatus.Degraded, report.Status);
        Assert.Equal("slow", report.Entries["theirs"].Description);
        for (var i = 0; i < 100; i++)
        {
            await service.CheckHealthAsync(registration => registration.Name == "theirs");
        }

        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task Before_the_first_results_it_waits_for_them_so_that_pending_is_never_published()
    {
        var gate = new TaskCompletionSource();
        var publisher = new Publisher();
        var builder = TestHost.Builder(("Defaults:Timeout", "00:01:00"));
        builder.AddHealthKit(o => o.AddDefaultChecks = false).AddDelegateCheck("slow", async token =>
        {
            await gate.Task.WaitAsync(token);
            return HealthCheckResult.Healthy();
        });
        builder.Services.AddSingleton<IHealthCheckPublisher>(publisher);
        builder.Services.Configure<HealthCheckPublisherOptions>(options => options.Delay = TimeSpan.Zero);
        await using var host = await TestHost.Start(builder);
        var asked = host.Host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.False(asked.IsCompleted);
        gate.SetResult();
        Assert.Equal(HealthStatus.Healthy, (await asked).Status);
        await Wait.For(() => !publisher.Reports.IsEmpty);
        Assert.All(publisher.Reports, report => Assert.Equal(HealthStatus.Healthy, report.Status));
    }

    [Fact]
    public async Task Publishers_get_whole_reports_whatever_the_registrations_periods_were()
    {
        var publisher = new Publisher();
        var builder = TestHost.Builder(("Defaults:Timeout", "00:01:00"));
        builder.AddHealthKit(o => o.AddDefaultChecks = false);
        foreach (var (name, period) in new[] { ("a", 1), ("b", 5), ("c", 60) })
        {
            builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(name, _ => new Fine(), null, null) { Period = TimeSpan.FromSeconds(period), Delay = TimeSpan.Zero });
        }

        builder.Services.AddSingleton<IHealthCheckPublisher>(publisher);
        builder.Services.Configure<HealthCheckPublisherOptions>(options => options.Delay = TimeSpan.Zero);
        await using var host = await TestHost.Start(builder);
        await Wait.For(() => !publisher.Reports.IsEmpty);
        Assert.True(publisher.Reports.TryPeek(out var report));
        Assert.Equal(["a", "b", "c"], report.Entries.Keys.Order());
        Assert.Equal(TimeSpan.FromSeconds(60), host["c"].Policy.Period);
    }

    [Fact]
    public async Task A_check_with_a_delay_is_not_in_a_report_before_its_first_result()
    {
        await using var host = await TestHost.Start(
            builder => builder.AddDelegateCheck("later", _ => new(HealthCheckResult.Healthy())), ("Checks:later:Delay", "01:00:00"));
        var report = await host.Host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Empty(report.Entries);
        Assert.Equal(CheckCondition.Pending, host["later"].Condition);
    }

    [Fact]
    public async Task A_check_that_never_has_news_holds_up_nobody_and_is_not_published_as_pending()
    {
        var publisher = new Publisher();
        var builder = TestHost.Builder(("Defaults:Timeout", "00:01:00"));
        builder.AddHealthKit(o => o.AddDefaultChecks = false)
            .AddDelegateCheck("never", _ => new((HealthCheckResult?)null))
            .AddDelegateCheck("fine", _ => new(HealthCheckResult.Healthy()));
        builder.Services.AddSingleton<IHealthCheckPublisher>(publisher);
        builder.Services.Configure<HealthCheckPublisherOptions>(options => options.Delay = TimeSpan.Zero);
        await using var host = await TestHost.Start(builder);
        var report = await host.Host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal((HealthStatus.Healthy, "fine"), (report.Status, Assert.Single(report.Entries.Keys)));
        await Wait.For(() => !publisher.Reports.IsEmpty);
        Assert.All(publisher.Reports, published => Assert.Equal("fine", Assert.Single(published.Entries.Keys)));
    }

    [Fact]
    public async Task Who_asks_while_the_app_starts_gets_an_answer()
    {
        var builder = TestHost.Builder();
        builder.AddHealthKit(o => o.AddDefaultChecks = false).AddDelegateCheck("a", _ => new(HealthCheckResult.Healthy("fine")));
        HealthReport? report = null;
        builder.Services.AddHostedService(services => new AtStart(async () => report = await services.GetRequiredService<HealthCheckService>().CheckHealthAsync()));
        await using var host = await TestHost.Start(builder);
        Assert.Equal("fine", report!.Entries["a"].Description);
    }

    [Fact]
    public async Task A_host_that_is_built_and_not_run_can_be_asked()
    {
        var builder = TestHost.Builder();
        builder.AddHealthKit(o => o.AddDefaultChecks = false).AddDelegateCheck("a", _ => new(HealthCheckResult.Healthy("fine")));
        using var host = builder.Build();
        Assert.Equal("fine", (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["a"].Description);
    }

    [Fact]
    public async Task It_works_without_a_host_too()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddHealthKit(o => o.AddDefaultChecks = false).AddDelegateCheck("a", _ => new(HealthCheckResult.Healthy("fine")));
        await using var provider = services.BuildServiceProvider();
        var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal("fine", report.Entries["a"].Description);
    }

    [Fact]
    public async Task An_exception_in_a_report_is_its_redacted_text()
    {
        var redactor = new Redactor();
        redactor.AddSecret("tok-7f3a9c1e");
        var builder = TestHost.Builder();
        builder.Services.AddSingleton(redactor);
        builder.AddHealthKit(o => o.AddDefaultChecks = false)
            .AddDelegateCheck("a", _ => throw new InvalidOperationException("tok-7f3a9c1e is wrong"));
        await using var host = await TestHost.Start(builder);
        await host.Monitor.RunAsync("a");
        var entry = (await host.Host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["a"];
        Assert.Contains("is wrong", entry.Exception!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("tok-7f3a9c1e", entry.Exception + entry.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("tok-7f3a9c1e", string.Join('\n', host.Log.Lines), StringComparison.Ordinal);
    }

    private sealed class Fine : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.FromResult(HealthCheckResult.Healthy());
    }

    private sealed class AtStart(Func<Task> act) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => act();

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Publisher : IHealthCheckPublisher
    {
        public System.Collections.Concurrent.ConcurrentQueue<HealthReport> Reports { get; } = new();

        public Task PublishAsync(HealthReport report, CancellationToken cancellationToken)
        {
            Reports.Enqueue(report);
            return Task.CompletedTask;
        }
    }
}
