using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace HealthKit;

/// <summary>A check's entry in the configuration.</summary>
internal sealed record ConfigurationEntry(IConfigurationSection Section, CheckEntry Keys);

/// <summary>What the configuration section <c>HealthKit</c> says, read as text: it knows keys and values, not which checks there are.</summary>
internal sealed partial class HealthKitConfiguration
{
    private const string Root = "HealthKit";
    private const string MaintenanceKey = "Maintenance";

    private static readonly OptionSchema RootSchema = OptionSchema.Of<HealthKitOptions>();
    private static readonly OptionSchema DefaultsSchema = OptionSchema.Of<PolicyDefaults>();

    private readonly IConfiguration? _configuration;
    private readonly IReadOnlyList<string> _sections;
    private readonly IReadOnlyList<IConfigureOptions<HealthKitOptions>> _configureOptions;
    private readonly Redactor _redactor;
    private volatile IReadOnlyList<string> _entriesLastRead = [];

    public HealthKitConfiguration(
        IEnumerable<HealthKitSection> sections,
        IEnumerable<IConfigureOptions<HealthKitOptions>> configureOptions,
        Redactor redactor,
        IConfiguration? configuration = null)
    {
        _sections = [.. sections.Select(section => section.Name)];
        _configureOptions = [.. configureOptions];
        _redactor = redactor;
        _configuration = configuration;
        LearnSecrets();
    }

    /// <summary>The configuration that is watched for reloads; null where the app has none.</summary>
    public IConfiguration? Source => _configuration;

    /// <summary>The settings as a whole: code, then configuration.</summary>
    /// <exception cref="OptionsValidationException">Something is wrong; the message holds all of it.</exception>
    public HealthKitOptions ReadOptions()
    {
        List<string> errors = [];
        var options = ReadOptions(errors);
        Reject(errors);
        return options;
    }

    /// <summary>
    /// The entries that have gone from the configuration without a reload being told: a settings file read while it was written loses
    /// its values and tells nobody.
    /// </summary>
    public IReadOnlyList<string> EntriesLostInSilence()
    {
        // No lock: this reads someone's configuration, which may call back here while it reloads.
        return [.. _entriesLastRead.Except(EntrySections().Select(section => section.Key), StringComparer.OrdinalIgnoreCase)];
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

            RootSchema.BindKnown(section, options, errors);
            if (options.MaintenanceFile?.Length == 0)
            {
                options.MaintenanceFile = null; // an environment variable can be set to nothing, not be taken away
            }

            var defaults = new PolicyDefaults();
            DefaultsSchema.Bind(section.GetSection("Defaults"), defaults, errors);
            options.Defaults = defaults.Over(options.Defaults);
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
        var sections = EntrySections().ToList();
        _entriesLastRead = sections.ConvertAll(section => section.Key);
        foreach (var section in sections)
        {
            if (!KeyPattern().IsMatch(section.Key))
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
            CheckEntry.Schema.BindKnown(section, keys, errors);
            if (keys.Name is { } other && string.IsNullOrWhiteSpace(other))
            {
                errors.Add($"{section.Path}:Name = '{other}'; allowed: a text that is not empty");
                continue;
            }

            var name = keys.Name ?? section.Key;
            if (!entries.TryAdd(name, new ConfigurationEntry(section, keys)))
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
        foreach (var section in _configuration?.GetSection(Root).GetSection(MaintenanceKey).GetChildren() ?? [])
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
        MaintenanceEntry.Schema.Bind(section, entry, errors);
        if (!section.GetSection(nameof(entry.End)).Exists())
        {
            errors.Add($"{section.Path}:End is missing; allowed: {OffsetTime.Allowed}");
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

    private IEnumerable<IConfigurationSection> EntrySections() => _configuration?.GetSection(Root).GetSection("Checks").GetChildren() ?? [];

    /// <summary>What stands in the app's connection strings must not stand anywhere else.</summary>
    private void LearnSecrets()
    {
        foreach (var connection in _configuration?.GetSection("ConnectionStrings").GetChildren() ?? [])
        {
            _redactor.AddConnectionString(connection.Value);
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9]+(_[A-Za-z0-9]+)*\z")]
    private static partial Regex KeyPattern();
}
