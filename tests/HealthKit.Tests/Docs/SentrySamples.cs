using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthKit.Tests.Docs;

/// <summary>The code of docs/sentry.md: <see cref="DocumentedCodeTests"/> holds the two against each other.</summary>
public static class SentrySamples
{
    public static void Add(HostApplicationBuilder builder)
    {
        builder.AddHealthKit().AddSentry();
    }
}

public sealed class NightlyImport(SentryCheckIns checkIns, SentryMessages messages)
{
    public void Run(Func<int> import)
    {
        var monitor = SentryMonitorConfig.Cron("0 4 * * *", "Europe/Moscow") with { MaxRuntimeMinutes = 30 };
        var id = checkIns.CheckIn("nightly-import", SentryCheckInStatus.InProgress, monitor: monitor);
        var rows = import();
        if (rows == 0)
        {
            messages.Capture(LogLevel.Warning, "The import was empty", new Dictionary<string, object?> { ["rows"] = rows }, ["import", "empty"]);
        }

        checkIns.CheckIn("nightly-import", rows == 0 ? SentryCheckInStatus.Error : SentryCheckInStatus.Ok, checkInId: id);
    }
}
