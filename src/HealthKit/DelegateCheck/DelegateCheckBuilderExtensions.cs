using HealthKit;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds checks that are functions.</summary>
public static class DelegateCheckBuilderExtensions
{
    /// <summary>
    /// Adds a check of one's own. Null from the function means "no news": the result before stays, ages, and after three periods
    /// without one the check is unknown, which reads as its failure status.
    /// </summary>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The name to register.</param>
    /// <param name="check">The function. It runs on a thread of HealthKit's own and should heed the token.</param>
    /// <param name="failureStatus">What a timeout, an exception and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags such as <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException">builder, name or check is null.</exception>
    public static TBuilder AddDelegateCheck<TBuilder>(
        this TBuilder builder,
        string name,
        Func<CancellationToken, ValueTask<HealthCheckResult?>> check,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(check);
        return builder.AddDelegateCheck(name, (_, token) => check(token), failureStatus, tags, timeout);
    }

    /// <inheritdoc cref="AddDelegateCheck{TBuilder}(TBuilder, string, Func{CancellationToken, ValueTask{HealthCheckResult?}}, HealthStatus?, IEnumerable{string}?, TimeSpan?)"/>
    /// <typeparam name="TBuilder">The builder's type, so that calls chain.</typeparam>
    /// <param name="builder">The builder.</param>
    /// <param name="name">The name to register.</param>
    /// <param name="check">The function, given the services of a scope that lives as long as the run.</param>
    /// <param name="failureStatus">What a timeout, an exception and unknown read as; null means unhealthy.</param>
    /// <param name="tags">Tags such as <c>ready</c>.</param>
    /// <param name="timeout">How long a run may take; null means the default.</param>
    public static TBuilder AddDelegateCheck<TBuilder>(
        this TBuilder builder,
        string name,
        Func<IServiceProvider, CancellationToken, ValueTask<HealthCheckResult?>> check,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(check);
        builder.Add(new HealthCheckRegistration(name, services => new DelegateCheck(check, services), failureStatus, tags, timeout));
        return builder;
    }
}
