using System.Collections.Frozen;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>
/// What a registration that stands on a check type knows: its type and how its options are built, by code and by configuration.
/// It is found again as the target of the registration's factory (the registration class itself is sealed).
/// </summary>
internal abstract class TypedCheck(CheckType type)
{
    public CheckType Type => type;

    /// <summary>The typed check behind a registration; null for anyone else's.</summary>
    public static TypedCheck? Of(HealthCheckRegistration registration) => registration.Factory.Target as TypedCheck;

    public HealthCheckRegistration Register(string name, HealthStatus? failureStatus, IEnumerable<string>? tags, TimeSpan? timeout) =>
        new(name, Find, failureStatus, tags ?? type.Descriptor.DefaultTags, timeout);

    /// <summary>Builds options: their defaults, then code, then configuration; says what is wrong with them.</summary>
    /// <param name="checkName">The check's name, for errors.</param>
    /// <param name="section">The check's entry in the configuration, if it has one.</param>
    /// <param name="services">The app's services, which options may name.</param>
    /// <param name="errors">Takes what is wrong, each with its path, value and what is allowed.</param>
    public abstract object BuildOptions(string checkName, IConfigurationSection? section, IServiceProvider services, ICollection<string> errors);

    public abstract IHealthCheck CreateCheck(IServiceProvider services, CheckInstance instance);

    private IHealthCheck Find(IServiceProvider services) => services.GetRequiredService<CheckInstances>().Get(this).Check;
}

internal sealed class TypedCheck<TOptions>(CheckType<TOptions> type, Action<TOptions>? configure) : TypedCheck(type)
    where TOptions : class, new()
{
    public override object BuildOptions(string checkName, IConfigurationSection? section, IServiceProvider services, ICollection<string> errors)
    {
        var options = new TOptions();
        try
        {
            configure?.Invoke(options);
            var failed = section is null
                ? FrozenSet<string>.Empty
                : type.Schema.Bind(section, options, errors, alsoKnown: CheckEntry.Schema, services.GetService<HealthKitConfiguration>()?.Source);
            foreach (var error in type.Validate(options, services).Where(error => !OptionSchema.IsOf(failed, error)))
            {
                errors.Add(OptionSchema.Describe(checkName, section, error));
            }
        }
        catch (Exception e)
        {
            // The app's or the type's own code: say whose check it was, beside all else that is wrong.
            errors.Add($"Check '{checkName}': its options could not be set: {e.GetType()}: {e.Message}");
        }

        return options;
    }

    public override IHealthCheck CreateCheck(IServiceProvider services, CheckInstance instance) =>
        type.CreateCheck(services, () => (TOptions)instance.Options);
}
