using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>The check of one sink: what its delivery knows already. It sends nothing itself.</summary>
internal sealed class SinkCheck(Func<string, SinkReport?> find, Func<SinkCheckOptions> options, TimeProvider time) : IHealthCheck
{
    /// <summary>How long a first attempt is waited for; below the timeout of a run.</summary>
    private static readonly TimeSpan FirstAttempt = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    public static readonly CheckType<SinkCheckOptions> Type = CheckType.Create<SinkCheckOptions>(
        new CheckDescriptor(
            "IncidentSink",
            "Whether a sink delivers what it is to tell of incidents, and what waits in its outbox.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "The last attempt to deliver succeeded, or there was nothing to deliver yet, or the sink has nowhere to send to.",
                [HealthStatus.Degraded] = "The same as unhealthy, for checks whose failure status is degraded, as that of the checks that are added by themselves is.",
                [HealthStatus.Unhealthy] = "Attempts fail or do not come back, or messages were given up in the last hour.",
            },
            "The description names the problem; the app's log, category HealthKit, has it too.",
            "Make the receiver reachable again, or correct the sink's settings in HealthKit:Sinks. What waits is then delivered by itself.")
        {
            RemedyByReason = new Dictionary<string, string>
            {
                ["sink.failing"] = "Make the receiver reachable again, or correct the sink's settings in HealthKit:Sinks; if the sink is the app's own, the log has the exception with its stack. What waits is then delivered by itself.",
                ["sink.stuck"] = "Restart the app to free the sink, and see why what it calls does not come back: it heeds no cancellation.",
                ["sink.dropped"] = "Make the receiver reachable again; what was dropped is in the incidents' list, not at the receiver.",
                ["sink.rejected"] = "Correct what the receiver objects to: the sink's address or token, or the size and form of its messages.",
                ["sink.unknown"] = "Correct the name of the sink, or turn the sink on.",
            },
        },
        static options => SinkRegistration.IsName(options.Sink) ? [] : [new OptionError(nameof(options.Sink), options.Sink, "the name of a sink")],
        static (services, options) => new SinkCheck(services.GetRequiredService<IncidentDelivery>().Find, options, services.GetRequiredService<TimeProvider>()));

    /// <summary>The check that a sink gets by itself. That an alarm is broken is no reason to take the app out of rotation.</summary>
    public static HealthCheckRegistration Register(SinkDefinition sink) =>
        new TypedCheck<SinkCheckOptions>(Type, options => options.Sink = sink.Name)
            .Register(sink.CheckName, HealthStatus.Degraded, tags: null, timeout: null);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var name = options().Sink;
        var failureStatus = context.Registration.FailureStatus;
        var report = find(name);
        var patience = FirstAttempt;
        while (report is { IsProven: false } && patience > TimeSpan.Zero)
        {
            // The run before left messages: whether the sink delivers is known when one of them has been tried.
            patience -= LookAgain;
            await Task.Delay(LookAgain, time, cancellationToken).ConfigureAwait(false);
            report = find(name);
        }

        if (report is null)
        {
            return new HealthCheckResult(
                UnknownStatus.Of(failureStatus),
                $"No sink named '{name}' is on.",
                data: new Dictionary<string, object> { ["reason"] = "sink.unknown" });
        }

        var data = new Dictionary<string, object>
        {
            ["sinkType"] = report.Type,
            ["waitingCount"] = report.Waiting,
            ["oldestWaitingSeconds"] = Math.Round(report.OldestAge.TotalSeconds, 1),
            ["deliveredCount"] = report.Delivered,
            ["droppedCount"] = report.Dropped,
        };
        var numbers = string.Create(CultureInfo.InvariantCulture, $"{report.Waiting} waiting, {report.Delivered} delivered since the start of the app.");
        if (report.WhyOff is { } off)
        {
            return HealthCheckResult.Healthy($"Sink '{report.Name}' is off: {off}", data);
        }

        var problems = Problems(report).ToList();
        if (problems.Count == 0)
        {
            return HealthCheckResult.Healthy(
                report.Delivered > 0
                    ? $"Sink '{report.Name}' delivers: {numbers}"
                    : $"Sink '{report.Name}': nothing delivered yet, so it is not known whether it can: TestAlertAsync tells. {numbers}",
                data);
        }

        data["reason"] = problems[0].Reason;
        data["reasons"] = problems.ConvertAll(problem => problem.Reason);
        if (report.FailingSince is { } since)
        {
            data["failingSince"] = since;
        }

        return new HealthCheckResult(
            failureStatus, $"Sink '{report.Name}': {string.Join(" ", problems.Select(problem => problem.Text))} {numbers}", data: data);
    }

    private static IEnumerable<(string Reason, string Text)> Problems(SinkReport report)
    {
        var culture = CultureInfo.InvariantCulture;
        if (report.StuckSince is { } stuck)
        {
            yield return ("sink.stuck", string.Create(culture, $"An attempt has not come back since {stuck:u}; nothing is sent until it does."));
        }

        if (report is { FailingSince: { } since, Problem: { } problem })
        {
            yield return ("sink.failing", string.Create(culture, $"Attempts have failed since {since:u}: {problem.TrimEnd('.')}."));
        }

        if (!report.IsProven && report.StuckSince is null)
        {
            yield return ("sink.failing", "Messages wait, and no attempt has come to an end since the start of the app.");
        }

        if (report.DroppedInHour > 0)
        {
            yield return ("sink.dropped", string.Create(culture, $"In the last hour, {report.DroppedInHour} messages were dropped because the outbox was full."));
        }

        if (report.RejectedInHour > 0)
        {
            yield return ("sink.rejected", string.Create(culture, $"In the last hour, {report.RejectedInHour} messages were rejected: {report.Rejection?.TrimEnd('.')}."));
        }
    }
}
