using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthKit.Tests.Support;

/// <summary>A real host, without the default checks, configured in memory, with a state directory of its own.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private TestHost(IHost host, LogLines log)
    {
        Host = host;
        Log = log;
    }

    public IHost Host { get; }

    public LogLines Log { get; }

    public HealthMonitor Monitor => Host.Services.GetRequiredService<HealthMonitor>();

    public CheckState this[string name] => Monitor.Current.Checks.Single(check => check.Name == name);

    public static HostApplicationBuilder Builder(params (string Key, string? Value)[] settings)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create<string, string?>("HealthKit:StateDirectory", Path.Combine(Path.GetTempPath(), "hk-test-" + Guid.NewGuid().ToString("N")))]);
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create("HealthKit:" + setting.Key, setting.Value)));
        return builder;
    }

    public static async Task<TestHost> Start(Action<IHealthKitBuilder> configure, params (string Key, string? Value)[] settings)
    {
        var builder = Builder(settings);
        configure(builder.AddHealthKit(options => options.AddDefaultChecks = false).AddDependencyChecks().AddRabbitMqChecks());
        return await Start(builder);
    }

    public static async Task<TestHost> Start(HostApplicationBuilder builder)
    {
        var log = new LogLines();
        builder.Services.AddSingleton<ILoggerProvider>(log);
        builder.Services.AddLogging();
        var host = builder.Build();
        try
        {
            await host.StartAsync();
        }
        catch
        {
            host.Dispose();
            throw;
        }

        return new TestHost(host, log);
    }

    public Task<CheckState> Until(string name, Func<CheckState, bool> condition) => Wait.For(() => this[name], condition);

    public async ValueTask DisposeAsync()
    {
        await Host.StopAsync();
        var state = Host.Services.GetRequiredService<IConfiguration>()["HealthKit:StateDirectory"]!;
        Host.Dispose();
        if (Directory.Exists(state))
        {
            Directory.Delete(state, recursive: true);
        }
    }
}
