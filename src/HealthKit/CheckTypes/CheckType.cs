using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>
/// What makes checks of one kind: options, validation, factory, descriptor. Code (<c>Add…Check</c>) and configuration
/// (<c>HealthKit:Checks</c>) both go through it.
/// </summary>
public abstract class CheckType
{
    internal const DynamicallyAccessedMemberTypes OptionMembers =
        DynamicallyAccessedMemberTypes.PublicProperties | DynamicallyAccessedMemberTypes.PublicParameterlessConstructor;

    private protected CheckType(CheckDescriptor descriptor) => Descriptor = descriptor;

    /// <summary>The type's name, as configuration says it; compared ignoring case.</summary>
    public string Name => Descriptor.Type;

    /// <summary>What the type tells people.</summary>
    public CheckDescriptor Descriptor { get; }

    /// <summary>Makes a check type.</summary>
    /// <typeparam name="TOptions">
    /// The options. Their public settable properties of a scalar type (string, bool, int, long, double, TimeSpan, DateTimeOffset, absolute Uri,
    /// enum, or nullable of these) or <see cref="IList{T}"/> of string can be set by configuration; others by code only, and configuration that names one is told so. None may carry the name of a
    /// policy key (<c>Type</c>, <c>Name</c>, <c>Period</c>, …).
    /// </typeparam>
    /// <param name="descriptor">What the type tells people.</param>
    /// <param name="validate">Yields what is wrong with options; nothing when they can be used.</param>
    /// <param name="create">
    /// Makes the check, once for each registration and service provider. The check reads its options anew at each run through the
    /// function it is given: they change when the configuration reloads, and are always valid ones.
    /// </param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The descriptor lacks a text, or an option has a policy key's name.</exception>
    public static CheckType<TOptions> Create<[DynamicallyAccessedMembers(OptionMembers)] TOptions>(
        CheckDescriptor descriptor,
        Func<TOptions, IEnumerable<OptionError>> validate,
        Func<IServiceProvider, Func<TOptions>, IHealthCheck> create)
        where TOptions : class, new() =>
        Create(descriptor, validate, static (_, _) => [], create);

    /// <summary>Makes a check type whose options name services of the app, such as a keyed data source.</summary>
    /// <typeparam name="TOptions">The options, as in the other overload.</typeparam>
    /// <param name="descriptor">What the type tells people.</param>
    /// <param name="validate">Yields what is wrong with options in themselves.</param>
    /// <param name="validateServices">
    /// Yields what is wrong with options in an app with these services; asked at the start and at each reload, when <paramref name="validate"/> found nothing.
    /// It should look whether services are there (<c>IServiceProviderIsKeyedService</c>) rather than make them.
    /// </param>
    /// <param name="create">Makes the check, as in the other overload.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The descriptor lacks a text, or an option has a policy key's name.</exception>
    public static CheckType<TOptions> Create<[DynamicallyAccessedMembers(OptionMembers)] TOptions>(
        CheckDescriptor descriptor,
        Func<TOptions, IEnumerable<OptionError>> validate,
        Func<IServiceProvider, TOptions, IEnumerable<OptionError>> validateServices,
        Func<IServiceProvider, Func<TOptions>, IHealthCheck> create)
        where TOptions : class, new()
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        ArgumentNullException.ThrowIfNull(validate);
        ArgumentNullException.ThrowIfNull(validateServices);
        ArgumentNullException.ThrowIfNull(create);
        foreach (var (part, text) in new[]
        {
            (nameof(descriptor.Type), descriptor.Type),
            (nameof(descriptor.Measures), descriptor.Measures),
            (nameof(descriptor.WhereToLook), descriptor.WhereToLook),
            (nameof(descriptor.Remedy), descriptor.Remedy),
        })
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                throw new ArgumentException($"The descriptor of check type '{descriptor.Type}' has no {part}.", nameof(descriptor));
            }
        }

        return new CheckType<TOptions>(descriptor, OptionSchema.Of<TOptions>(reserved: CheckEntry.Schema), validate, validateServices, create);
    }

    /// <summary>A check of this type whose options come from configuration alone.</summary>
    internal abstract TypedCheck Declare();
}
