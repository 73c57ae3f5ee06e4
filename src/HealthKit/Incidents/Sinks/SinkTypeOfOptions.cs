namespace HealthKit;

/// <summary>A sink type with its options' type. Made by <see cref="SinkType.Create{TOptions}"/>.</summary>
/// <typeparam name="TOptions">The options.</typeparam>
public sealed class SinkType<TOptions> : SinkType
    where TOptions : class, new()
{
    internal SinkType(
        string name, Func<TOptions, IEnumerable<OptionError>> validate, Func<IServiceProvider, string, TOptions, IIncidentSink> create)
        : base(name)
    {
        Validate = validate;
        CreateSink = create;
    }

    internal Func<TOptions, IEnumerable<OptionError>> Validate { get; }

    internal Func<IServiceProvider, string, TOptions, IIncidentSink> CreateSink { get; }
}
