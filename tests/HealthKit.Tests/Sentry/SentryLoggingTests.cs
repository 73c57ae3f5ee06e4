using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthKit.Tests.Sentry;

/// <summary>What the official SDK's logger would make of health checks: it makes an event of each line at error level.</summary>
public sealed partial class SentryLoggingTests
{
    private const string Polling = "Microsoft.Extensions.Diagnostics.HealthChecks";

    [Fact]
    public async Task Microsofts_service_logs_an_error_at_every_poll_and_the_documented_filter_keeps_it_from_Sentry_alone()
    {
        var (sentry, other) = await Poll(filtered: false);
        Assert.Equal(3, sentry.Count(line => line.StartsWith(Polling, StringComparison.Ordinal)));
        Assert.Equal(3, other.Count(line => line.StartsWith(Polling, StringComparison.Ordinal)));

        (sentry, other) = await Poll(filtered: true);
        Assert.Equal(["App"], sentry);
        Assert.Equal(3, other.Count(line => line.StartsWith(Polling, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task HealthKit_in_its_place_logs_nothing_at_a_poll_and_the_filter_keeps_its_lines_about_incidents_from_Sentry()
    {
        foreach (var filtered in new[] { false, true })
        {
            var builder = TestHost.Builder(("Defaults:Period", "00:00:00.1"));
            var (sentry, _) = AddLoggers(builder, filtered);
            builder.AddHealthKit(options => options.AddDefaultChecks = false).AddDelegateCheck("a", _ => new(HealthCheckResult.Unhealthy("down")));
            await using var host = await TestHost.Start(builder);
            var service = host.Host.Services.GetRequiredService<HealthCheckService>();
            await Wait.For(() => host.Log.Lines.Any(line => line.StartsWith("Error 300", StringComparison.Ordinal)));
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal(HealthStatus.Unhealthy, (await service.CheckHealthAsync()).Status);
            }

            Assert.DoesNotContain(sentry.Errors, category => category.StartsWith(Polling, StringComparison.Ordinal));
            Assert.Equal(filtered ? [] : ["HealthKit.Incidents"], sentry.Errors);
        }
    }

    private static async Task<(IReadOnlyCollection<string> Sentry, IReadOnlyCollection<string> Other)> Poll(bool filtered)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        var (sentry, other) = AddLoggers(builder, filtered);
        builder.Services.AddHealthChecks().AddCheck("a", () => HealthCheckResult.Unhealthy("down"));
        using var host = builder.Build();
        var service = host.Services.GetRequiredService<HealthCheckService>();
        for (var i = 0; i < 3; i++)
        {
            await service.CheckHealthAsync();
        }

        host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("App").Log(LogLevel.Error, default, "the app's own", null, static (text, _) => text);
        return (sentry.Errors, other.Errors);
    }

    private static (SentryProvider Sentry, OtherProvider Other) AddLoggers(HostApplicationBuilder builder, bool filtered)
    {
        var (sentry, other) = (new SentryProvider(), new OtherProvider());
        if (filtered)
        {
            builder.Configuration.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(DocumentedFilter())));
        }

        builder.Services.AddLogging(logging => logging.AddConfiguration(builder.Configuration.GetSection("Logging")).AddProvider(sentry).AddProvider(other));
        return (sentry, other);
    }

    /// <summary>The settings in the guide.</summary>
    private static string DocumentedFilter() =>
        JsonBlock().Matches(Repository.Read("docs/guides/official-sentry-sdk.md")).Select(block => block.Groups[1].Value).Single(block => block.Contains(Polling, StringComparison.Ordinal));

    [GeneratedRegex(@"```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex JsonBlock();

    private class Provider : ILoggerProvider
    {
        /// <summary>The categories of the lines at error level.</summary>
        public ConcurrentQueue<string> Errors { get; } = new();

        public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

        public void Dispose()
        {
        }

        private sealed class Logger(Provider provider, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                if (logLevel >= LogLevel.Error)
                {
                    provider.Errors.Enqueue(category);
                }
            }
        }
    }

    /// <summary>The alias that all of the official SDK's loggers have.</summary>
    [ProviderAlias("Sentry")]
    private sealed class SentryProvider : Provider;

    private sealed class OtherProvider : Provider;
}
