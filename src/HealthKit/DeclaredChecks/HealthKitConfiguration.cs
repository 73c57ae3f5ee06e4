using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace HealthKit;

/// <summary>A check's entry in the configuration.</summary>
/// <param name="Section">Where it stands.</param>
/// <param name="Keys">The keys that any entry may carry.</param>
/// <param name="Failed">Those of them whose values could not be read.</param>
internal sealed record ConfigurationEntry(IConfigurationSection Section, CheckEntry Keys, IReadOnlySet<string> Failed);

/// <summary>What the configuration section <c>HealthKit</c> says, read as text: it knows keys and values, not which checks there are.</summary>
internal sealed class HealthKitConfiguration
{
    private const string Root = "HealthKit";
    private const string MaintenanceKey = "Maintenance";
    private const string ConnectionStrings = "ConnectionStrings";

    private static readonly OptionSchema RootSchema = OptionSchema.Of<HealthKitOptions>();
    private static readonly OptionSchema DefaultsSchema = OptionSchema.Of<PolicyDefaults>();

    private readonly IConfiguration? _configuration;
    private readonly IReadOnlyList<string> _sections;
    private readonly IReadOnlyList<IConfigureOptions<HealthKitOptions>> _configureOptions;
    private readonly IReadOnlyList<IPostConfigureOptions<HealthKitOptions>> _postConfigureOptions;
    private readonly IReadOnlyList<IValidateOptions<HealthKitOptions>> _validateOptions;
    private readonly Redactor _redactor;

    /// <summary>The sources that hold settings that are in force.</summary>
    private volatile IReadOnlyList<IConfigurationProvider> _sources = [];

    private volatile HealthKitOptions? _atStart;
    private volatile IChangeToken? _changes;

    public HealthKitConfiguration(
        IEnumerable<HealthKitSection> sections,
        IEnumerable<IConfigureOptions<HealthKitOptions>> configureOptions,
        IEnumerable<IPostConfigureOptions<HealthKitOptions>> postConfigureOptions,
        IEnumerable<IValidateOptions<HealthKitOptions>> validateOptions,
        Redactor redactor,
        IConfiguration? configuration = null)
    {
        _sections = [.. sections.Select(section => section.Name)];
        _configureOptions = [.. configureOptions];
        _postConfigureOptions = [.. postConfigureOptions];
        _validateOptions = [.. validateOptions];
        _redactor = redactor;
        _configuration = configuration;
        LearnSecrets();
    }

    /// <summary>The configuration that is watched for reloads; null where the app has none.</summary>
    public IConfiguration? Source => _configuration;

    /// <summary>Whether the configuration has been reloaded since the settings at the start were read.</summary>
    public bool HasChangedSinceStart => _changes is { HasChanged: true };

    /// <summary>
    /// The settings as a whole, as they were at the start: code, then configuration, then what code says after it (<c>PostConfigure</c>). A copy.
    /// Before the start has read them they are read for whoever asks.
    /// </summary>
    /// <exception cref="OptionsValidationException">Something is wrong; the message holds all of it.</exception>
    public HealthKitOptions OptionsAtStart()
    {
        if (_atStart is { } atStart)
        {
            return atStart.Copy();
        }

        List<string> errors = [];
        var options = ReadOptions(errors);
        Reject(errors);
        return options;
    }

    /// <summary>Called before the settings at the start are read: no reload from here on is missed.</summary>
    public void WatchFromStart() => _changes = _configuration?.GetReloadToken();

    /// <summary>These are the settings at the start.</summary>
    public void KeepAtStart(HealthKitOptions options) => _atStart = options;

    /// <summary>The sources that hold settings now, to be looked at before they are read: settings of HealthKit, or the connection strings that those name.</summary>
    public IReadOnlyList<IConfigurationProvider> HoldingSources() => [.. ConfigurationSources.Of(_configuration).Where(HoldsSettings)];

    /// <summary>What was read from these sources is in force now: they are not to be lost.</summary>
    public void KeepSources(IReadOnlyList<IConfigurationProvider> read) => _sources = read;

    /// <summary>Says which sources held settings that are in force and hold nothing at all any more; null when none.</summary>
    public string? LostSources() => LostSources(_sources);

    /// <summary>
    /// Says which of these sources hold nothing at all any more; null when none. A settings file that is read while it is
    /// written, or removed, loses all its values, and often tells nobody. Whoever takes settings out on purpose leaves a file that can be read.
    /// </summary>
    public string? LostSources(IReadOnlyList<IConfigurationProvider> held)
    {
        // No lock: this reads someone's configuration, which may call back here while it reloads.
        List<string?> lost =
        [
            .. ConfigurationSources.Of(_configuration)
                .Where(provider => held.Contains(provider) && !HoldsSettings(provider) && !Holds(provider, parentPath: null))
                .Select(provider => provider.ToString()),
        ];
        return lost.Count == 0
            ? null
            : $"{string.Join(", ", lost)} held settings of HealthKit or connection strings and is empty now: it cannot be read, was read while it was being written, or was removed; allowed: the source as it was or changed, or a restart of the app without it";
    }

    /// <summary>The settings as a whole; what is wrong goes to <paramref name="errors"/>.</summary>
    public HealthKitOptions ReadOptions(List<string> errors)
    {
        var options = new HealthKitOptions();
        foreach (var configure in _configureOptions)
        {
            configure.Configure(options);
        }

        var section = _configuration?.GetSection(Root);
        if (section is not null)
        {
            if (section.Value is { Length: > 0 } value)
            {
                errors.Add($"{Root} = '{value}'; allowed: keys below it");
            }

            List<string> known = [.. RootSchema.Keys, .. _sections, "Defaults", "Checks", MaintenanceKey];
            foreach (var child in section.GetChildren())
            {
                if (!known.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                {
                    errors.Add($"{child.Path} is not a known key; allowed: {string.Join(", ", known)}");
                }
            }

            foreach (var name in new[] { "Defaults", "Checks", MaintenanceKey })
            {
                if (section.GetSection(name).Value is { Length: > 0 } scalar)
                {
                    errors.Add($"{Root}:{name} = '{scalar}'; allowed: keys below it");
                }
            }

            RootSchema.BindKnown(section, options, errors, _configuration);
            if (options.MaintenanceFile?.Length == 0)
            {
                options.MaintenanceFile = null; // an environment variable can be set to nothing, not be taken away
            }

            var defaults = new PolicyDefaults();
            DefaultsSchema.Bind(section.GetSection("Defaults"), defaults, errors, configuration: _configuration);
            options.Defaults = defaults.Over(options.Defaults);
        }

        foreach (var configure in _postConfigureOptions)
        {
            configure.PostConfigure(Options.DefaultName, options);
        }

        foreach (var validate in _validateOptions)
        {
            errors.AddRange(validate.Validate(Options.DefaultName, options) is { Failed: true } result ? result.Failures ?? [] : []);
        }

        if (options.MaxConcurrentRuns is < 1 or > 1000)
        {
            errors.Add(OptionSchema.Describe(Root, section, new(nameof(options.MaxConcurrentRuns), options.MaxConcurrentRuns, "a whole number from 1 to 1000")));
        }

        if (options.MaintenanceFile is { } file && (!Path.IsPathFullyQualified(file) || file.Contains('\0', StringComparison.Ordinal)))
        {
            errors.Add(OptionSchema.Describe(Root, section, new(nameof(options.MaintenanceFile), file, "an absolute path, or nothing")));
        }

        foreach (var error in PolicyRules.Validate(options.Defaults).ToList())
        {
            // Said once, here, and not once more for every check that would inherit it.
            errors.Add(OptionSchema.Describe("defaults", section?.GetSection("Defaults"), error));
            options.Defaults = new CheckPolicy();
        }

        return options;
    }

    /// <summary>The entries by the name of the check they are about.</summary>
    public Dictionary<string, ConfigurationEntry> ReadEntries(List<string> errors)
    {
        LearnSecrets();
        var entries = new Dictionary<string, ConfigurationEntry>(StringComparer.OrdinalIgnoreCase);
        foreach (var section in ConfigurationSources.Children(_configuration, $"{Root}:Checks"))
        {
            if (!SettingKey.IsValid(section.Key))
            {
                errors.Add($"{section.Path}: '{section.Key}' is no key for a check; allowed: letters and digits, with single underscores between them. Set Name in the entry for any other name");
                continue;
            }

            if (section.Value is { Length: > 0 } value && !section.GetChildren().Any())
            {
                errors.Add($"{section.Path} = '{value}'; allowed: keys, such as {section.Path}:Type");
                continue;
            }

            var keys = new CheckEntry();
            var failed = CheckEntry.Schema.BindKnown(section, keys, errors, _configuration);
            if (section.GetSection("Type").GetChildren().Any() || section.GetSection("Name").GetChildren().Any())
            {
                // Which check it is about is not known: that was said, and no more can be.
                continue;
            }

            if (keys.Name is { } other && string.IsNullOrWhiteSpace(other))
            {
                errors.Add($"{section.Path}:Name = '{other}'; allowed: a text that is not empty");
                continue;
            }

            (keys.Type, keys.Name) = (keys.Type?.Trim(), keys.Name?.Trim());
            var name = keys.Name ?? section.Key;
            if (!entries.TryAdd(name, new ConfigurationEntry(section, keys, failed)))
            {
                errors.Add($"{section.Path} and {entries[name].Section.Path} both name check '{name}'; allowed: one entry a check");
            }
        }

        return entries;
    }

    /// <summary>The maintenance windows of the configuration.</summary>
    /// <param name="checks">Finds the registered spelling of a check's name, null when there is none, and lists the names.</param>
    /// <param name="now">From when windows without a begin count when they are new.</param>
    /// <param name="before">The windows of the last reading.</param>
    /// <param name="errors">Takes what is wrong.</param>
    public IReadOnlyList<MaintenanceWindow> ReadMaintenance(RegisteredNames checks, DateTimeOffset now, IReadOnlyList<MaintenanceWindow> before, List<string> errors)
    {
        List<MaintenanceWindow> windows = [];
        foreach (var section in ConfigurationSources.Children(_configuration, $"{Root}:{MaintenanceKey}"))
        {
            if (ReadWindow(section, checks, now, before, errors) is { } window)
            {
                windows.Add(window);
            }
        }

        return windows;
    }

    private MaintenanceWindow? ReadWindow(
        IConfigurationSection section, RegisteredNames checks, DateTimeOffset now, IReadOnlyList<MaintenanceWindow> before, List<string> errors)
    {
        if (section.Value is { Length: > 0 } value && !section.GetChildren().Any())
        {
            errors.Add($"{section.Path} = '{value}'; allowed: keys, such as {section.Path}:End");
            return null;
        }

        var earlierErrors = errors.Count;
        var entry = new MaintenanceEntry();
        MaintenanceEntry.Schema.Bind(section, entry, errors, configuration: _configuration);
        if (!section.GetSection(nameof(entry.End)).Exists())
        {
            errors.Add($"{section.Path}:End is missing; allowed: {OffsetTime.Allowed}");
        }

        if (entry.Checks.Count == 0 && section.GetChildren().Any(static child => child.Key.Equals(nameof(MaintenanceEntry.Checks), StringComparison.OrdinalIgnoreCase)))
        {
            errors.Add($"{section.Path}:Checks is empty; allowed: at least one check, or no such key, which means all of them");
        }

        foreach (var check in entry.Checks.Where(check => checks.Find(check) is null))
        {
            errors.Add($"{section.Path}:Checks = '{check}'; allowed: registered checks: {checks}");
        }

        if (errors.Count > earlierErrors || entry.End is not { } end)
        {
            return null;
        }

        var begin = entry.Begin ?? BeginBefore(end) ?? now;
        if (MaintenanceLimits.WrongEnd(begin, end) is { } allowed && (entry.Begin is not null || end > now))
        {
            errors.Add($"{section.Path}:End = {OffsetTime.Format(end)}; allowed: {allowed}");
            return null;
        }

        // One without a begin may be over: it stands in the configuration until somebody takes it out.
        return new MaintenanceWindow
        {
            Name = section.Key,
            Begin = begin,
            End = end,
            Reason = entry.Reason is { } reason ? MaintenanceLimits.Cut(_redactor.Redact(reason)) : null,
            Checks = [.. entry.Checks.Select(check => checks.Find(check)!)],
        };

        // A reload does not begin anew what is in force.
        DateTimeOffset? BeginBefore(DateTimeOffset end) => before.FirstOrDefault(
            window => window.Begin <= now && window.End == end && window.Name.Equals(section.Key, StringComparison.OrdinalIgnoreCase))?.Begin;
    }

    /// <summary>Throws if there are errors, all of them in one message, redacted.</summary>
    /// <exception cref="OptionsValidationException">There are errors.</exception>
    public void Reject(List<string> errors)
    {
        if (errors.Count > 0)
        {
            throw new ConfigurationMistakes(errors.Distinct().Select(_redactor.Redact));
        }
    }

    /// <summary>Settings of HealthKit, or a connection string that one of its checks names.</summary>
    private bool HoldsSettings(IConfigurationProvider provider) =>
        Holds(provider, Root) || NamedConnectionStrings().Any(name => provider.TryGet($"{ConnectionStrings}:{name}", out _));

    private IEnumerable<string> NamedConnectionStrings() =>
        (_configuration?.GetSection($"{Root}:Checks").GetChildren() ?? []).Select(static check => check["ConnectionString"]).OfType<string>().Where(static name => name.Length > 0);

    private static bool Holds(IConfigurationProvider provider, string? parentPath) => provider.GetChildKeys([], parentPath).Any();

    /// <summary>What stands in the app's connection strings must not stand anywhere else.</summary>
    private void LearnSecrets()
    {
        foreach (var connection in _configuration?.GetSection(ConnectionStrings).GetChildren() ?? [])
        {
            _redactor.AddConnectionString(connection.Value);
        }
    }
}
