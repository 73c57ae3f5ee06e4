using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>The check of one sink: what its delivery knows already. It sends nothing itself.</summary>
internal sealed class SinkCheck(Func<string, SinkReport?> find, Func<SinkCheckOptions> options) : IHealthCheck
{
    public static readonly CheckType<SinkCheckOptions> Type = CheckType.Create<SinkCheckOptions>(
        new CheckDescriptor(
            "IncidentSink",
            "Whether a sink delivers what it is to tell of incidents, and what waits in its outbox.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "The last attempt to deliver succeeded, or there was nothing to deliver yet.",
                [HealthStatus.Degraded] = "The same as unhealthy, for checks whose failure status is degraded, as that of the checks that are added by themselves is.",
                [HealthStatus.Unhealthy] = "Attempts fail or do not come back, or messages were given up in the last hour.",
            },
            "The description names the problem; the app's log, category HealthKit, has it too.",
            "Make the receiver reachable again, or correct the sink's settings in HealthKit:Sinks. What waits is then delivered by itself.")
        {
            RemedyByReason = new Dictionary<string, string>
            {
                ["sink.stuck"] = "Restart the app to free the sink, and see why what it calls does not come back: it heeds no cancellation.",
                ["sink.dropped"] = "Make the receiver reachable again; what was dropped is in the incidents' list, not at the receiver.",
                ["sink.rejected"] = "Correct what the receiver objects to: the sink's address or token, or the size and form of its messages.",
                ["sink.unknown"] = "Correct the name of the sink, or turn the sink on.",
            },
        },
        static options => SinkRegistration.IsName(options.Sink) ? [] : [new OptionError(nameof(options.Sink), options.Sink, "the name of a sink")],
        static (services, options) => new SinkCheck(services.GetRequiredService<IncidentDelivery>().Find, options));

    /// <summary>The check that a sink gets by itself. That an alarm is broken is no reason to take the app out of rotation.</summary>
    public static HealthCheckRegistration Register(SinkDefinition sink) =>
        new TypedCheck<SinkCheckOptions>(Type, options => options.Sink = sink.Name)
            .Register(sink.CheckName, HealthStatus.Degraded, tags: null, timeout: null);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var name = options().Sink;
        var failureStatus = context.Registration.FailureStatus;
        if (find(name) is not { } report)
        {
            return Task.FromResult(new HealthCheckResult(
                UnknownStatus.Of(failureStatus),
                $"No sink named '{name}' is on.",
                data: new Dictionary<string, object> { ["reason"] = "sink.unknown" }));
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
        var problems = Problems(report).ToList();
        if (problems.Count == 0)
        {
            return Task.FromResult(HealthCheckResult.Healthy($"Sink '{report.Name}' delivers: {numbers}", data));
        }

        data["reason"] = problems[0].Reason;
        data["reasons"] = problems.ConvertAll(problem => problem.Reason);
        if (report.FailingSince is { } since)
        {
            data["failingSince"] = since;
        }

        return Task.FromResult(new HealthCheckResult(
            failureStatus, $"Sink '{report.Name}': {string.Join(" ", problems.Select(problem => problem.Text))} {numbers}", data: data));
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
