using Microsoft.Extensions.DependencyInjection;

namespace HealthKit;

/// <summary>Adds checks, check types and policies. It is an <see cref="IHealthChecksBuilder"/>, so any package's checks plug in.</summary>
public interface IHealthKitBuilder : IHealthChecksBuilder
{
    /// <summary>Makes a check type known, so that configuration can declare checks of it.</summary>
    /// <param name="type">The type. Adding one of the same name again changes nothing.</param>
    IHealthKitBuilder AddCheckType(CheckType type);

    /// <summary>Changes the policy of a check, HealthKit's own or anyone's. Configuration still wins over it.</summary>
    /// <param name="checkName">The registered name, compared ignoring case. The app fails to start if no check has it.</param>
    /// <param name="configure">
    /// Makes a policy of the one that defaults and the registration gave: <c>policy => policy with { FailureThreshold = 3 }</c>.
    /// </param>
    IHealthKitBuilder Configure(string checkName, Func<CheckPolicy, CheckPolicy> configure);
}
