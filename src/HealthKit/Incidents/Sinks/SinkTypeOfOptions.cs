namespace HealthKit;

/// <summary>A sink type with its options' type. Made by <see cref="SinkType.Create{TOptions}"/>.</summary>
/// <typeparam name="TOptions">The options.</typeparam>
public sealed class SinkType<TOptions> : SinkType
    where TOptions : class, new()
{
    internal SinkType(
        string name,
        SinkPolicy policy,
        OptionSchema schema,
        Func<TOptions, IEnumerable<OptionError>> validate,
        Func<IServiceProvider, string, TOptions, IIncidentSink> create)
        : base(name)
    {
        Policy = policy;
        Schema = schema;
        Validate = validate;
        CreateSink = create;
    }

    /// <summary>What sinks of this type start from.</summary>
    internal SinkPolicy Policy { get; }

    internal OptionSchema Schema { get; }

    internal Func<TOptions, IEnumerable<OptionError>> Validate { get; }

    internal Func<IServiceProvider, string, TOptions, IIncidentSink> CreateSink { get; }

    internal override SinkRegistration Declare(string name) => new SinkRegistration<TOptions>(this, name, configure: null, policy: null);
}
