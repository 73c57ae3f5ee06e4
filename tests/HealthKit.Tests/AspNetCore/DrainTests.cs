using HealthKit.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using static HealthKit.Tests.AspNetCore.PictureMonitor;

namespace HealthKit.Tests.AspNetCore;

public sealed class DrainTests
{
    private readonly ManualTime _time = new(Noon);

    private WebApplicationBuilder Builder(params (string Key, string? Value)[] settings)
    {
        var builder = TestApp.Builder(new PictureMonitor(), settings: settings);
        builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(_time));
        // Not what is tried here, and it would wait on the same clock.
        builder.Services.Remove(builder.Services.Single(service => service.ImplementationType?.Name == "MonitorHostedService"));
        return builder;
    }

    [Fact]
    public async Task After_a_signal_the_app_serves_until_the_delay_is_over()
    {
        await using var app = await TestApp.Start(Builder());
        app.App.Lifetime.StopApplication();
        var stop = app.App.StopAsync();
        await Wait.For(() => _time.Waiting > 0);
        Assert.Equal(503, (await app.Send("/health/ready")).Status);
        Assert.Equal(200, (await app.Send("/health/live")).Status);
        _time.Advance(TimeSpan.FromSeconds(6.9));
        Assert.False(stop.IsCompleted);
        Assert.Equal(200, (await app.Send("/health/live")).Status);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        await stop.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Contains(
            app.Log.Lines,
            line => line.StartsWith("Information 200", StringComparison.Ordinal)
                && line.Contains("for 7 s more (HealthKit:Endpoints:DrainDelay)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stopped_directly_the_app_does_not_wait()
    {
        await using var app = await TestApp.Start(Builder());
        await app.App.StopAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(0, _time.Waiting);
    }

    [Fact]
    public async Task An_app_that_maps_no_endpoints_does_not_wait()
    {
        await using var app = await TestApp.Start(Builder(), a => { });
        app.App.Lifetime.StopApplication();
        await app.App.StopAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_delay_of_nothing_does_not_wait()
    {
        await using var app = await TestApp.Start(Builder(("DrainDelay", "00:00:00")));
        app.App.Lifetime.StopApplication();
        await app.App.StopAsync().WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task The_hosts_shutdown_token_cuts_the_delay_short()
    {
        await using var app = await TestApp.Start(Builder());
        using var patience = new CancellationTokenSource();
        app.App.Lifetime.StopApplication();
        var stop = app.App.StopAsync(patience.Token);
        await Wait.For(() => _time.Waiting > 0);
        await patience.CancelAsync();
        await stop.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Contains(app.Log.Lines, line => line.StartsWith("Warning 201", StringComparison.Ordinal));
    }
}
