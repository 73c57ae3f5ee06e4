using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace HealthKit;

/// <summary>
/// A kind of queue source that configuration can name (<see cref="QueueOptions.Source"/>). Kinds are singletons of the app, so that each package brings its
/// own.
/// </summary>
internal abstract class QueueSourceKind
{
    /// <summary>As configuration says it, compared ignoring case: <c>RedisList</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The options of <see cref="QueueOptions"/> that say where it looks. Any other such option that is set is an error.</summary>
    public abstract IReadOnlyCollection<string> Keys { get; }

    /// <summary>What is wrong with its own options, those that are missing included. That no text is empty is seen to already. A connection is never shown.</summary>
    public abstract IEnumerable<OptionError> Validate(IServiceProvider services, QueueOptions options);

    /// <summary>Whether what it makes is the check's own to dispose.</summary>
    public virtual bool IsOwned => true;

    /// <summary>Makes the source of options that are valid. Nothing is connected to yet.</summary>
    public abstract IQueueSource Create(IServiceProvider services, QueueOptions options);

    /// <summary>Adds a kind once.</summary>
    public static void Add<TKind>(IServiceCollection services)
        where TKind : QueueSourceKind, new() =>
        services.TryAddEnumerable(ServiceDescriptor.Singleton<QueueSourceKind, TKind>(static _ => new TKind()));
}
