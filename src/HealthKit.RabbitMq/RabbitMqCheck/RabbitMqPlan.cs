using System.Text;

namespace HealthKit;

/// <summary>What options mean, worked out once for each options object.</summary>
internal sealed class RabbitMqPlan
{
    private const int LongestName = 255; // a short string of AMQP
    private const int MostEntries = 1_000;

    private static readonly Gauge Memory = new(
        "memory of the node's limit",
        GaugeUnit.Percent,
        GaugeDirection.HighIsBad,
        nameof(RabbitMqOptions.DegradedAboveMemoryPercent),
        nameof(RabbitMqOptions.UnhealthyAboveMemoryPercent),
        new GaugeLimits(85, 100));

    private static readonly Gauge Disk = new(
        "free disk",
        GaugeUnit.Bytes,
        GaugeDirection.LowIsBad,
        nameof(RabbitMqOptions.DegradedBelowDiskFreeBytes),
        nameof(RabbitMqOptions.UnhealthyBelowDiskFreeBytes));

    private static readonly Gauge Descriptors = new(
        "used descriptors",
        GaugeUnit.Percent,
        GaugeDirection.HighIsBad,
        nameof(RabbitMqOptions.DegradedAboveDescriptorsPercent),
        nameof(RabbitMqOptions.UnhealthyAboveDescriptorsPercent),
        new GaugeLimits(80, 95));

    private readonly GaugeLimits _memory;
    private readonly GaugeLimits? _disk;
    private readonly GaugeLimits _descriptors;

    /// <param name="options">Options that are valid.</param>
    /// <param name="redactor">Learns the passwords.</param>
    /// <param name="namesAlone">Whether no name of a queue is a pattern, whatever it holds.</param>
    public RabbitMqPlan(RabbitMqOptions options, Redactor redactor, bool namesAlone = false)
    {
        Options = options;
        Address = RabbitMqAddress.TryParse(options.ConnectionString, out var address)
            ? address
            : throw new ArgumentException("The options have not been validated.", nameof(options));
        redactor.AddConnectionString(options.ConnectionString);
        RabbitMqAddress.Register(Address.Password, Address.User, Address.VirtualHost, redactor);
        Pins = CertificatePins.Parse(options.PinnedSha256);
        var patterns = namesAlone || options.Management is null ? [] : (options.RequiredQueues ?? []).Where(IsPattern).ToList();
        Patterns = new ExpectedSet(patterns);
        QueueNames = [.. (options.RequiredQueues ?? []).Except(patterns, StringComparer.Ordinal)];
        Exchanges = [.. (options.RequiredExchanges ?? []).Distinct(StringComparer.Ordinal)];
        Bindings = [.. (options.RequiredBindings ?? []).Select(static text => RequiredBinding.TryParse(text, out var binding) ? binding : null).OfType<RequiredBinding>()];
        if (options.Management is { } management)
        {
            Management = new ManagementAddress(
                management, options.ManagementUser ?? Address.User, options.ManagementUser is null ? Address.Password : options.ManagementPassword ?? "", Address.VirtualHost, Pins, redactor);
        }

        _memory = Memory.Resolve(options.DegradedAboveMemoryPercent, options.UnhealthyAboveMemoryPercent);
        _disk = options.DegradedBelowDiskFreeBytes is null && options.UnhealthyBelowDiskFreeBytes is null
            ? null
            : Disk.Resolve(options.DegradedBelowDiskFreeBytes, options.UnhealthyBelowDiskFreeBytes);
        _descriptors = Descriptors.Resolve(options.DegradedAboveDescriptorsPercent, options.UnhealthyAboveDescriptorsPercent);
    }

    public RabbitMqOptions Options { get; }

    public RabbitMqAddress Address { get; }

    public IReadOnlyCollection<string> Pins { get; }

    /// <summary>The queues that only a list of all names tells of: AMQP has none, the management API has.</summary>
    public ExpectedSet Patterns { get; }

    /// <summary>Those that can be asked for by name, each as it was written: a broker takes blanks and asterisks in a name.</summary>
    public IReadOnlyList<string> QueueNames { get; }

    /// <summary>Whether all names are needed.</summary>
    public bool HasPatterns => Patterns.Count > 0;

    public IReadOnlyList<string> Exchanges { get; }

    public IReadOnlyList<RequiredBinding> Bindings { get; }

    /// <summary>Null when it is not to be asked.</summary>
    public ManagementAddress? Management { get; }

    public bool HasCanary => Options.CanaryExchange is not null || Options.CanaryRoutingKey is not null;

    /// <summary>The canary's way, in words.</summary>
    public string CanaryRoute => Options.CanaryExchange is { } exchange
        ? $"exchange {ForeignText.Shown(exchange, 255)} with routing key {(Options.CanaryRoutingKey is { } key ? ForeignText.Shown(key, 255) : "(empty)")}"
        : $"queue {ForeignText.Shown(Options.CanaryRoutingKey!, 255)}";

    public static IEnumerable<OptionError> Validate(RabbitMqOptions options)
    {
        if (!RabbitMqAddress.TryParse(options.ConnectionString, out var address))
        {
            // It may hold a password.
            yield return new OptionError(nameof(options.ConnectionString), string.IsNullOrWhiteSpace(options.ConnectionString) ? options.ConnectionString : "***", RabbitMqAddress.Allowed);
        }

        foreach (var error in options.ValidateCommon().Concat(Names(options)).Concat(ValidateManagement(options)).Concat(ValidateCanary(options)))
        {
            yield return error;
        }

        foreach (var pin in options.PinnedSha256 ?? [])
        {
            if (CertificatePins.Parse(pin) is null || (address is { Tls: false } && options.Management is not { IsAbsoluteUri: true, Scheme: "https" }))
            {
                yield return new OptionError(nameof(options.PinnedSha256), pin, $"{CertificatePins.Allowed}; only with amqps, or https for the management API");
            }
        }

        foreach (var error in Memory.Validate(options.DegradedAboveMemoryPercent, options.UnhealthyAboveMemoryPercent)
            .Concat(Disk.Validate(options.DegradedBelowDiskFreeBytes, options.UnhealthyBelowDiskFreeBytes))
            .Concat(Descriptors.Validate(options.DegradedAboveDescriptorsPercent, options.UnhealthyAboveDescriptorsPercent)))
        {
            yield return error;
        }
    }

    /// <summary>What a name may be.</summary>
    public const string AllowedName = "a name as AMQP has it: not blank, without control characters, 255 bytes of UTF-8 at most";

    /// <summary>Whether a queue can be asked for by that name.</summary>
    public static bool IsQueueName(string? name) => IsName(name);

    public (GaugeLevel Level, string Text) JudgeMemory(double percent)
    {
        var level = Memory.Judge(percent, _memory);
        return (level, Memory.Explain(percent, level, _memory));
    }

    public (GaugeLevel Level, string Text) JudgeDisk(double free, double ownLimit)
    {
        var limits = _disk ?? new GaugeLimits(2 * ownLimit, ownLimit);
        var level = Disk.Judge(free, limits);
        return (level, Disk.Explain(free, level, limits));
    }

    public (GaugeLevel Level, string Text) JudgeDescriptors(double percent)
    {
        var level = Descriptors.Judge(percent, _descriptors);
        return (level, Descriptors.Explain(percent, level, _descriptors));
    }

    private static bool IsPattern(string name) => name.AsSpan().ContainsAny('*', '?');

    private static bool IsName(string? name) => !string.IsNullOrWhiteSpace(name) && !name.Any(char.IsControl) && Encoding.UTF8.GetByteCount(name) <= LongestName;

    private static IEnumerable<OptionError> Names(RabbitMqOptions options)
    {
        var hasManagement = options.Management is not null;
        foreach (var name in options.RequiredQueues ?? [])
        {
            if (!IsName(name))
            {
                yield return new OptionError(nameof(options.RequiredQueues), name, AllowedName);
            }
            else if (hasManagement && IsPattern(name) && ExpectedSet.Validate([name]) is not null)
            {
                yield return new OptionError(nameof(options.RequiredQueues), name, ExpectedSet.Allowed);
            }
        }

        foreach (var name in options.RequiredExchanges ?? [])
        {
            if (!IsName(name))
            {
                yield return new OptionError(nameof(options.RequiredExchanges), name, AllowedName);
            }
        }

        foreach (var text in options.RequiredBindings ?? [])
        {
            if (!RequiredBinding.TryParse(text, out _))
            {
                yield return new OptionError(nameof(options.RequiredBindings), text, RequiredBinding.Allowed);
            }
            else if (!hasManagement)
            {
                yield return new OptionError(nameof(options.RequiredBindings), text, $"none without {nameof(options.Management)}, as AMQP cannot list bindings");
            }
        }

        foreach (var (option, count) in new[]
        {
            (nameof(options.RequiredQueues), options.RequiredQueues?.Count), (nameof(options.RequiredExchanges), options.RequiredExchanges?.Count),
            (nameof(options.RequiredBindings), options.RequiredBindings?.Count),
        })
        {
            if (count > MostEntries)
            {
                yield return new OptionError(option, $"{count} entries", $"{MostEntries} entries at most");
            }
        }
    }

    private static IEnumerable<OptionError> ValidateManagement(RabbitMqOptions options)
    {
        if (options.Management is { } url)
        {
            foreach (var error in HttpRequestRules.Validate(nameof(options.Management), url, headers: null, pins: null))
            {
                // Credentials have options of their own here.
                yield return url is { IsAbsoluteUri: true, UserInfo.Length: > 0 }
                    ? error with { Allowed = $"an address without credentials in it: {nameof(options.ManagementUser)} and {nameof(options.ManagementPassword)} are for them" }
                    : error;
            }

            if (url is { IsAbsoluteUri: true, Query.Length: > 0 } or { IsAbsoluteUri: true, Fragment.Length: > 0 })
            {
                yield return new OptionError(nameof(options.Management), HttpTarget.Text(url), "an address without a query, such as http://mq.example:15672");
            }
        }

        if (options.ManagementUser is { } user && (!IsName(user) || user.Contains(':', StringComparison.Ordinal) || options.Management is null))
        {
            yield return new OptionError(nameof(options.ManagementUser), "***", $"a user's name without a colon, with {nameof(options.Management)}");
        }

        if (options.ManagementPassword is { } password && (string.IsNullOrWhiteSpace(password) || password.Any(char.IsControl) || options.ManagementUser is null))
        {
            yield return new OptionError(nameof(options.ManagementPassword), "***", $"a text that is not blank, with {nameof(options.ManagementUser)}");
        }
    }

    private static IEnumerable<OptionError> ValidateCanary(RabbitMqOptions options)
    {
        foreach (var (option, name) in new[] { (nameof(options.CanaryExchange), options.CanaryExchange), (nameof(options.CanaryRoutingKey), options.CanaryRoutingKey) })
        {
            if (name is not null && !IsName(name))
            {
                yield return new OptionError(option, name, "a name that is not blank, 255 bytes at most");
            }
        }

        if (options.CanaryInterval < TimeSpan.FromSeconds(1) || options.CanaryInterval > TimeSpan.FromDays(1))
        {
            yield return new OptionError(nameof(options.CanaryInterval), options.CanaryInterval, "a time from 00:00:01 to 1.00:00:00");
        }

        if (options.CanaryLateAfter < TimeSpan.FromMilliseconds(10) || options.CanaryLateAfter > TimeSpan.FromDays(1))
        {
            yield return new OptionError(nameof(options.CanaryLateAfter), options.CanaryLateAfter, "a time from 00:00:00.0100000 to 1.00:00:00");
        }

        if (options.CanaryLostAfter <= options.CanaryLateAfter || options.CanaryLostAfter > TimeSpan.FromDays(1))
        {
            yield return new OptionError(nameof(options.CanaryLostAfter), options.CanaryLostAfter, $"a time above {nameof(options.CanaryLateAfter)} ({options.CanaryLateAfter}), up to 1.00:00:00");
        }
    }
}
