using System.Diagnostics.CodeAnalysis;

namespace HealthKit;

/// <summary>
/// What makes sinks of one kind: options, validation, factory. Code (<c>Add…Sink</c>) and configuration (<c>HealthKit:Sinks</c>) both go
/// through it.
/// </summary>
public abstract class SinkType
{
    private protected SinkType(string name) => Name = name;

    /// <summary>The type's name, as configuration says it; compared ignoring case.</summary>
    public string Name { get; }

    /// <summary>Makes a sink type.</summary>
    /// <typeparam name="TOptions">
    /// The options; bound as a check type's are, see <c>CheckType.Create</c>. None may carry the name of a key of
    /// <see cref="SinkPolicy"/> or <c>Type</c>.
    /// </typeparam>
    /// <param name="name">The type's name: <c>Webhook</c>.</param>
    /// <param name="validate">Yields what is wrong with options; nothing when they can be used. It must show no secret.</param>
    /// <param name="create">Makes the sink of a name, once, when the app starts.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The name is empty, or an option has a reserved name.</exception>
    public static SinkType<TOptions> Create<[DynamicallyAccessedMembers(CheckType.OptionMembers)] TOptions>(
        string name,
        Func<TOptions, IEnumerable<OptionError>> validate,
        Func<IServiceProvider, string, TOptions, IIncidentSink> create)
        where TOptions : class, new() => CreateWithPolicy(name, validate, create, new SinkPolicy());

    /// <summary>The same with the policy that sinks of this type start from.</summary>
    internal static SinkType<TOptions> CreateWithPolicy<[DynamicallyAccessedMembers(CheckType.OptionMembers)] TOptions>(
        string name,
        Func<TOptions, IEnumerable<OptionError>> validate,
        Func<IServiceProvider, string, TOptions, IIncidentSink> create,
        SinkPolicy policy)
        where TOptions : class, new()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(validate);
        ArgumentNullException.ThrowIfNull(create);
        return new SinkType<TOptions>(name, policy, OptionSchema.Of<TOptions>(reserved: SinkEntry.Schema, hidesAddresses: true), validate, create);
    }

    /// <summary>A sink of this type whose options come from configuration alone.</summary>
    internal abstract SinkRegistration Declare(string name);
}
