using Microsoft.Extensions.DependencyInjection;

namespace HealthKit;

/// <summary>Finds the kind that options name, and says what is wrong with what they say of it.</summary>
internal static class QueueSourceKinds
{
    /// <summary>The kinds of other packages, and the call that registers each.</summary>
    private static readonly (string Name, string Call)[] OfPackages = [("RabbitMq", "AddRabbitMqChecks() of the package HealthKit.RabbitMq")];

    /// <summary>The options that say where to look.</summary>
    private static readonly (string Key, Func<QueueOptions, object?> Get)[] Places =
    [
        (nameof(QueueOptions.ConnectionString), static options => options.ConnectionString),
        (nameof(QueueOptions.Queue), static options => options.Queue),
        (nameof(QueueOptions.Queues), static options => options.Queues),
        (nameof(QueueOptions.Group), static options => options.Group),
        (nameof(QueueOptions.ConsumerLostAfter), static options => options.ConsumerLostAfter),
        (nameof(QueueOptions.Namespace), static options => options.Namespace),
        (nameof(QueueOptions.EnqueuedAtPointer), static options => options.EnqueuedAtPointer),
        (nameof(QueueOptions.OldestAt), static options => options.OldestAt),
        (nameof(QueueOptions.Statement), static options => options.Statement),
        (nameof(QueueOptions.DataSource), static options => options.DataSource),
        (nameof(QueueOptions.Provider), static options => options.Provider),
        (nameof(QueueOptions.DeadLetterQueues), static options => options.DeadLetterQueues),
        (nameof(QueueOptions.Management), static options => options.Management),
        (nameof(QueueOptions.Service), static options => options.Service),
    ];

    /// <summary>Adds the kinds of this package.</summary>
    public static void AddTo(IServiceCollection services)
    {
        QueueSourceKind.Add<RedisListKind>(services);
        QueueSourceKind.Add<RedisStreamKind>(services);
        QueueSourceKind.Add<RedisSortedSetKind>(services);
        QueueSourceKind.Add<SidekiqKind>(services);
        QueueSourceKind.Add<SqlQueueKind>(services);
        QueueSourceKind.Add<ServiceQueueKind>(services);
    }

    /// <summary>Texts that are none. They are not shown: they may be parts of what holds a password.</summary>
    public static IEnumerable<OptionError> ValidateTexts(QueueOptions options)
    {
        foreach (var (key, get) in Places.Append((nameof(QueueOptions.Source), static options => options.Source)))
        {
            var texts = get(options) switch
            {
                string text => [text],
                IEnumerable<string> several => several,
                _ => [],
            };
            if (texts.Any(static text => string.IsNullOrWhiteSpace(text) || text.Contains('\0', StringComparison.Ordinal)))
            {
                yield return new OptionError(key, "", "a text that is not empty, without a zero character");
            }
        }
    }

    /// <summary>What is wrong with where the options have the check look.</summary>
    public static IEnumerable<OptionError> Validate(IServiceProvider services, QueueOptions options)
    {
        // Values are not shown: they may hold a password.
        const string set = "(set)";
        if (options.SourceFactory is not null)
        {
            if (options.Source is not null)
            {
                yield return new OptionError(nameof(options.Source), options.Source, "nothing: the source of this check is set in code");
            }

            foreach (var (key, _) in Places.Where(place => place.Get(options) is not null))
            {
                yield return new OptionError(key, set, "nothing: the source of this check is set in code");
            }

            yield break;
        }

        if (Find(services, options.Source) is not { } kind)
        {
            yield return new OptionError(nameof(options.Source), options.Source, Allowed(services, options.Source));
            yield break;
        }

        foreach (var (key, _) in Places.Where(place => place.Get(options) is not null && !kind.Keys.Contains(place.Key)))
        {
            yield return new OptionError(key, set, $"nothing: the source {kind.Name} does not use it, but {string.Join(", ", kind.Keys)}");
        }

        foreach (var error in kind.Validate(services, options))
        {
            yield return error;
        }
    }

    /// <summary>Makes the source of options that are valid, and says whether it is the check's own to dispose.</summary>
    public static (IQueueSource Source, bool IsOwned) Create(IServiceProvider services, QueueOptions options) =>
        options.SourceFactory is { } factory ? (factory(services), false)
        : Find(services, options.Source) is { } kind ? (kind.Create(services, options), kind.IsOwned)
        : throw new InvalidOperationException($"There is no queue source '{options.Source}'; allowed: {Allowed(services, options.Source)}");

    /// <summary>Whether two options look at the same place.</summary>
    public static bool IsSamePlace(QueueOptions one, QueueOptions other) =>
        one.SourceFactory == other.SourceFactory
        && string.Equals(one.Source, other.Source, StringComparison.OrdinalIgnoreCase)
        && Array.TrueForAll(Places, place => (place.Get(one), place.Get(other)) switch
        {
            (IEnumerable<string> some, IEnumerable<string> others) => some.SequenceEqual(others),
            var (left, right) => Equals(left, right),
        });

    private static QueueSourceKind? Find(IServiceProvider services, string? name) =>
        services.GetServices<QueueSourceKind>().FirstOrDefault(kind => kind.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static string Allowed(IServiceProvider services, string? name)
    {
        var known = services.GetServices<QueueSourceKind>().Select(kind => kind.Name).Order(StringComparer.Ordinal);
        var call = Array.Find(OfPackages, package => package.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Call;
        return call is null ? $"one of {string.Join(", ", known)}" : $"one of {string.Join(", ", known)}; {name} is known once {call} stands beside AddHealthKit()";
    }
}
