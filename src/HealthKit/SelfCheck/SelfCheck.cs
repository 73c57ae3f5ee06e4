using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>The default check <c>healthkit</c>: HealthKit says itself what it could not do.</summary>
internal sealed class SelfCheck(SelfReport report) : IHealthCheck
{
    public static readonly CheckType<SelfCheckOptions> Type = CheckType.Create<SelfCheckOptions>(
        new CheckDescriptor(
            "HealthKit",
            "What HealthKit itself is in trouble with: a rejected reload of the configuration, a state directory that keeps nothing.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "HealthKit does all that it is set to do.",
                [HealthStatus.Degraded] = "Something does not work; the checks themselves go on. The reason says what.",
            },
            "The app's log, category HealthKit.",
            "config.reloadRejected: correct the setting that the description names and save the configuration again. state.…: make room in the state directory, or let the app's account write to it."),
        static _ => [],
        static (services, _) => new SelfCheck(services.GetRequiredService<SelfReport>()));

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var problems = report.Problems();
        return Task.FromResult(problems.Count == 0
            ? HealthCheckResult.Healthy("HealthKit does all that it is set to do.")
            : HealthCheckResult.Degraded(
                string.Join(" ", problems.Select(problem => problem.Value)),
                data: new Dictionary<string, object> { ["reason"] = problems[0].Key, ["reasons"] = problems.Select(problem => problem.Key).ToArray() }));
    }
}
