using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>Rejects a wrong environment at the start, has the monitor check in while the app runs, and sends what is left when it stops.</summary>
internal sealed partial class SentryService(IServiceProvider services, CheckInQueue checkIns, MessageQueue messages) : IHostedService
{
    public const string Category = "HealthKit.Sentry";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Which of several instances on a machine this is; null for the first one.</summary>
    public static string? InstanceOf(IServiceProvider services) =>
        services.GetService<StateDirectory>()?.Instance is > 1 and var instance ? instance.ToString(CultureInfo.InvariantCulture) : null;

    /// <summary>Whether <see cref="InstanceOf"/> knows: not while the disk that tells hangs from the start.</summary>
    public static bool IsInstanceKnown(IServiceProvider services) =>
        services.GetService<StateDirectory>() is not { Problem: StateProblem.Hung, Path: null };

    public Task StartAsync(CancellationToken cancellationToken)
    {
        SentrySettings.Validate(services);
        checkIns.Start();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Both wait for the network, and not for one another.
            checkIns.BeginStop();
            messages.BeginStop();
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (OwnThread.TryStart("HealthKit Sentry stop", () => End(ended)) is null)
            {
                _ = Task.Run(() => End(ended), CancellationToken.None);
            }

            await ended.Task.WaitAsync(2 * Patience, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // A stop must not fail because of what was not sent.
            LogNotEnded(new SafeLogger(services.GetRequiredService<ILoggerFactory>().CreateLogger(Category)), e.GetType().Name);
        }
    }

    private void End(TaskCompletionSource ended)
    {
        try
        {
            var begin = TimeProvider.System.GetTimestamp();
            checkIns.Stop(Patience);
            var rest = Patience - TimeProvider.System.GetElapsedTime(begin);
            messages.Stop(rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
            ended.SetResult();
        }
        catch (Exception e)
        {
            ended.SetException(e);
        }
    }

    [LoggerMessage(EventId = 9009, Level = LogLevel.Warning, Message = "What was left for Sentry could not be sent in order before the app stopped: {Error}")]
    private static partial void LogNotEnded(ILogger logger, string error);
}
