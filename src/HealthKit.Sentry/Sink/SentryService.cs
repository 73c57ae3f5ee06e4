using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace HealthKit;

/// <summary>Rejects a wrong environment at the start, has the monitor check in while the app runs, and sends what is left when it stops.</summary>
internal sealed class SentryService(IServiceProvider services, CheckInQueue checkIns, MessageQueue messages) : IHostedService
{
    public const string Category = "HealthKit.Sentry";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Which of several instances on a machine this is; null for the first one.</summary>
    public static string? InstanceOf(IServiceProvider services) =>
        services.GetService<StateDirectory>()?.Instance is > 1 and var instance ? instance.ToString(CultureInfo.InvariantCulture) : null;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        SentrySettings.Validate(services);
        checkIns.Start();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // Both wait for the network, and not for one another.
        await Task.WhenAll(
            Task.Factory.StartNew(() => checkIns.Stop(Patience), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default),
            Task.Factory.StartNew(() => messages.Stop(Patience), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ConfigureAwait(false);
    }
}
