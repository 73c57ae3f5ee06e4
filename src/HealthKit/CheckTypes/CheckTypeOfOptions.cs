using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>A check type with its options' type. Made by <see cref="CheckType.Create{TOptions}"/>.</summary>
/// <typeparam name="TOptions">The options.</typeparam>
public sealed class CheckType<TOptions> : CheckType
    where TOptions : class, new()
{
    private readonly Func<TOptions, IEnumerable<OptionError>> _validate;
    private readonly Func<IServiceProvider, Func<TOptions>, IHealthCheck> _create;

    internal CheckType(
        CheckDescriptor descriptor,
        OptionSchema schema,
        Func<TOptions, IEnumerable<OptionError>> validate,
        Func<IServiceProvider, Func<TOptions>, IHealthCheck> create)
        : base(descriptor)
    {
        Schema = schema;
        _validate = validate;
        _create = create;
    }

    internal OptionSchema Schema { get; }

    internal IEnumerable<OptionError> Validate(TOptions options) => _validate(options);

    internal IHealthCheck CreateCheck(IServiceProvider services, Func<TOptions> options) => _create(services, options);

    internal override TypedCheck Declare() => new TypedCheck<TOptions>(this, configure: null);
}
