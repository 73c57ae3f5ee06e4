using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>A check that is a function; null from it means "no news".</summary>
internal sealed class DelegateCheck(Func<IServiceProvider, CancellationToken, ValueTask<HealthCheckResult?>> check, IServiceProvider services) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        return await check(services, cancellationToken).ConfigureAwait(false) ?? NoNews.Result(context.Registration.FailureStatus);
    }
}
