using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>A check type with its options' type. Made by <c>CheckType.Create</c>.</summary>
/// <typeparam name="TOptions">The options.</typeparam>
public sealed class CheckType<TOptions> : CheckType
    where TOptions : class, new()
{
    private readonly Func<TOptions, IEnumerable<OptionError>> _validate;
    private readonly Func<IServiceProvider, TOptions, IEnumerable<OptionError>> _validateServices;
    private readonly Func<IServiceProvider, Func<TOptions>, IHealthCheck> _create;

    internal CheckType(
        CheckDescriptor descriptor,
        OptionSchema schema,
        Func<TOptions, IEnumerable<OptionError>> validate,
        Func<IServiceProvider, TOptions, IEnumerable<OptionError>> validateServices,
        Func<IServiceProvider, Func<TOptions>, IHealthCheck> create)
        : base(descriptor)
    {
        Schema = schema;
        _validate = validate;
        _validateServices = validateServices;
        _create = create;
    }

    internal OptionSchema Schema { get; }

    internal IEnumerable<OptionError> Validate(TOptions options) => _validate(options);

    /// <summary>What is wrong with options in themselves; and if nothing is, with them in an app with these services.</summary>
    internal IEnumerable<OptionError> Validate(TOptions options, IServiceProvider services)
    {
        List<OptionError> errors = [.. _validate(options)];
        return errors.Count > 0 ? errors : _validateServices(services, options);
    }

    internal IHealthCheck CreateCheck(IServiceProvider services, Func<TOptions> options) => _create(services, options);

    internal override TypedCheck Declare() => new TypedCheck<TOptions>(this, configure: null);
}
