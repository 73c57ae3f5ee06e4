using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace HealthKit;

/// <summary>
/// Brings registrations, code and configuration together: which checks there are, with which policies and options. At start it
/// rejects what is wrong, all of it at once; at a reload it changes everything or nothing.
/// </summary>
internal sealed partial class DeclaredChecks : IPostConfigureOptions<HealthCheckServiceOptions>
{
    private const string Root = "HealthKit";

    private static readonly OptionSchema RootSchema = OptionSchema.Of<HealthKitOptions>();
    private static readonly OptionSchema DefaultsSchema = OptionSchema.Of<PolicyDefaults>();

    private readonly Lock _gate = new();
    private readonly IConfiguration? _configuration;
    private readonly Dictionary<string, CheckType> _types = new(StringComparer.OrdinalIgnoreCase);
    private readonly IReadOnlyList<PolicyConfiguration> _policies;
    private readonly IReadOnlyList<DefaultCheck> _defaultChecks;
    private readonly IReadOnlyList<string> _sections;
    private readonly CheckInstances _instances;
    private readonly Redactor _redactor;
    private readonly IReadOnlyList<IConfigureOptions<HealthKitOptions>> _configureOptions;

    private readonly Dictionary<string, HealthCheckRegistration> _asRegistered = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _declared = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _checksWithEntry = new(StringComparer.OrdinalIgnoreCase);
    private volatile IReadOnlyList<string> _entriesLastRead = [];
    private HealthKitOptions? _optionsAtStart;
    private IReadOnlyList<MonitoredCheck>? _checks;

    public DeclaredChecks(
        IEnumerable<CheckType> types,
        IEnumerable<PolicyConfiguration> policies,
        IEnumerable<DefaultCheck> defaultChecks,
        IEnumerable<HealthKitSection> sections,
        IEnumerable<IConfigureOptions<HealthKitOptions>> configureOptions,
        CheckInstances instances,
        Redactor redactor,
        IConfiguration? configuration = null)
    {
        foreach (var type in types)
        {
            if (!_types.TryAdd(type.Name, type) && _types[type.Name] != type)
            {
                throw new InvalidOperationException(
                    $"Two check types are named '{type.Name}' ({_types[type.Name].GetType()} and {type.GetType()}); allowed: one, ignoring case.");
            }
        }

        _policies = [.. policies];
        _defaultChecks = [.. defaultChecks];
        _sections = [.. sections.Select(section => section.Name)];
        _configureOptions = [.. configureOptions];
        _instances = instances;
        _redactor = redactor;
        _configuration = configuration;
        LearnSecrets();
    }

    /// <summary>The configuration that is watched for reloads.</summary>
    public IConfiguration? Configuration => _configuration;

    /// <summary>The settings as a whole: code, then configuration.</summary>
    /// <exception cref="OptionsValidationException">Something is wrong; the message holds all of it.</exception>
    public HealthKitOptions Options()
    {
        List<string> errors = [];
        var options = Options(errors);
        Throw(errors);
        return options;
    }

    /// <summary>The checks, as of the first time that the registrations were read.</summary>
    public IReadOnlyList<MonitoredCheck> Checks => _checks ?? throw new InvalidOperationException("The registrations have not been read yet.");

    public void PostConfigure(string? name, HealthCheckServiceOptions options)
    {
        lock (_gate)
        {
            if (_checks is null)
            {
                List<string> errors = [];
                _optionsAtStart = Options(errors);
                var checks = Resolve(options.Registrations, _optionsAtStart, errors);
                Throw(errors);
                _checks = checks;
            }

            // Microsoft's publishers group registrations by period and delay and ask for each group apart; one picture serves them all.
            options.Registrations.Clear();
            foreach (var check in _checks)
            {
                options.Registrations.Add(check.Registration);
            }
        }
    }

    /// <summary>Reads the configuration anew.</summary>
    /// <returns>The policies in force from now on; options have been handed to their checks.</returns>
    /// <exception cref="OptionsValidationException">Something is wrong: nothing has changed.</exception>
    public IReadOnlyDictionary<string, CheckPolicy> Reload(out IReadOnlyList<string> remarks)
    {
        lock (_gate)
        {
            LearnSecrets();
            List<string> errors = [];
            List<string> notes = [];
            var options = Options(errors);
            if (_optionsAtStart is { } atStart && (options.MaxConcurrentRuns, options.AddDefaultChecks, options.StateDirectory)
                != (atStart.MaxConcurrentRuns, atStart.AddDefaultChecks, atStart.StateDirectory))
            {
                notes.Add($"{Root}:MaxConcurrentRuns, AddDefaultChecks or StateDirectory has changed: it takes effect at the next start of the app.");
            }

            var entries = ParseEntries(errors);
            if (entries.Count == 0 && _checksWithEntry.Count > 0)
            {
                errors.Add($"{Root}:Checks is gone: the configuration was probably read while it was being written");
            }

            foreach (var (name, entry) in entries)
            {
                if (_asRegistered.ContainsKey(name))
                {
                    continue;
                }

                if (entry.Keys.Type is null)
                {
                    errors.Add(NoSuchCheck(entry.Section, name, _asRegistered.Keys));
                }
                else
                {
                    notes.Add($"{entry.Section.Path} declares a new check: it runs from the next start of the app on.");
                }
            }

            var policies = new Dictionary<string, CheckPolicy>(StringComparer.OrdinalIgnoreCase);
            var accepted = new List<(CheckInstance Instance, object Options)>();
            foreach (var check in Checks)
            {
                var name = check.Registration.Name;
                if (!entries.TryGetValue(name, out var entry) && _checksWithEntry.Contains(name))
                {
                    notes.Add($"The entry of check '{name}' is gone from {Root}:Checks: it keeps running as it was until the next start of the app.");
                    continue;
                }

                if (entry is not null)
                {
                    CompareWithStart(check, entry, errors, notes);
                }

                policies[name] = PolicyOf(_asRegistered[name], options, entry, errors);
                if (OptionsOf(check.Registration, entry, errors) is { } changed)
                {
                    accepted.Add(changed);
                }
            }

            Throw(errors);
            _checksWithEntry.UnionWith(entries.Keys);
            foreach (var (instance, value) in accepted)
            {
                instance.Options = value;
            }

            remarks = notes;
            return policies;
        }
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

    private HealthKitOptions Options(List<string> errors)
    {
        var options = new HealthKitOptions();
        foreach (var configure in _configureOptions)
        {
            configure.Configure(options);
        }

        var section = _configuration?.GetSection(Root);
        if (section is not null)
        {
            List<string> known = [.. RootSchema.Keys, .. _sections, "Defaults", "Checks"];
            foreach (var child in section.GetChildren())
            {
                if (!known.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                {
                    errors.Add($"{child.Path} is not a known key; allowed: {string.Join(", ", known)}");
                }
            }

            foreach (var name in new[] { "Defaults", "Checks" })
            {
                if (section.GetSection(name).Value is { Length: > 0 } scalar)
                {
                    errors.Add($"{Root}:{name} = '{scalar}'; allowed: keys below it");
                }
            }

            RootSchema.BindKnown(section, options, errors);
            var defaults = new PolicyDefaults();
            DefaultsSchema.Bind(section.GetSection("Defaults"), defaults, errors);
            options.Defaults = defaults.Over(options.Defaults);
        }

        if (options.MaxConcurrentRuns is < 1 or > 1000)
        {
            errors.Add(OptionSchema.Describe(Root, section, new(nameof(options.MaxConcurrentRuns), options.MaxConcurrentRuns, "a whole number from 1 to 1000")));
        }

        foreach (var error in PolicyRules.Validate(options.Defaults).ToList())
        {
            // Said once, here, and not once more for every check that would inherit it.
            errors.Add(OptionSchema.Describe("defaults", section?.GetSection("Defaults"), error));
            options.Defaults = new CheckPolicy();
        }

        return options;
    }

    private List<MonitoredCheck> Resolve(ICollection<HealthCheckRegistration> registrations, HealthKitOptions options, List<string> errors)
    {
        var checks = new List<HealthCheckRegistration>();
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var registration in registrations)
        {
            if (taken.Add(registration.Name))
            {
                checks.Add(registration);
            }
            else
            {
                errors.Add($"Two checks are named '{registration.Name}'; allowed: one, ignoring case");
            }
        }

        if (options.AddDefaultChecks)
        {
            // What the app names itself goes before ours; ours stand first in the list.
            checks.InsertRange(0, _defaultChecks.Select(check => check.Registration).Where(registration => taken.Add(registration.Name)));
        }

        var entries = ParseEntries(errors);
        foreach (var (name, entry) in entries)
        {
            if (entry.Keys.Type is not null && Declare(entry, name, taken, errors) is { } declared)
            {
                checks.Add(declared);
            }
        }

        foreach (var (name, entry) in entries)
        {
            if (entry.Keys.Type is null && !taken.Contains(name))
            {
                errors.Add(NoSuchCheck(entry.Section, name, checks.Select(check => check.Name)));
            }
        }

        foreach (var policy in _policies)
        {
            if (!taken.Contains(policy.CheckName))
            {
                errors.Add($"Configure(\"{policy.CheckName}\"): no check has that name; registered: {string.Join(", ", checks.Select(check => check.Name))}");
            }
        }

        _checksWithEntry.UnionWith(entries.Keys);
        return checks.ConvertAll(registration =>
        {
            _asRegistered[registration.Name] = registration;
            var entry = entries.GetValueOrDefault(registration.Name);
            var policy = PolicyOf(registration, options, entry, errors);
            if (OptionsOf(registration, entry, errors) is var (instance, value))
            {
                instance.Options = value;
            }

            return new MonitoredCheck(
                new HealthCheckRegistration(
                    registration.Name,
                    registration.Factory,
                    entry?.Keys.FailureStatus ?? registration.FailureStatus,
                    entry?.Keys.Tags ?? (IEnumerable<string>)registration.Tags,
                    registration.Timeout),
                policy,
                TypedCheck.Of(registration)?.Type.Descriptor);
        });
    }

    private HealthCheckRegistration? Declare(Entry entry, string name, HashSet<string> taken, List<string> errors)
    {
        var typeName = entry.Keys.Type!;
        if (!_types.TryGetValue(typeName, out var type))
        {
            errors.Add($"{entry.Section.Path}:Type = '{typeName}'; allowed: {TypeNames()}. A type of another package is known once that package's call (Add…Checks) stands beside AddHealthKit()");
            return null;
        }

        if (!taken.Add(name))
        {
            errors.Add($"{entry.Section.Path}:Type = '{typeName}' declares check '{name}', which is there already; allowed: another name, or the entry without Type to tune the check that is there");
            return null;
        }

        _declared.Add(name);
        return type.Declare().Register(name, failureStatus: null, tags: null, timeout: null);
    }

    /// <summary>Defaults, the registration, code, configuration: the later ones win.</summary>
    private CheckPolicy PolicyOf(HealthCheckRegistration registration, HealthKitOptions options, Entry? entry, List<string> errors)
    {
        // Another package's registration may say more than a day: it was never told not to.
        var policy = new CheckPolicy
        {
            Period = Shorter(registration.Period ?? options.Defaults.Period),
            Delay = Shorter(registration.Delay ?? TimeSpan.Zero),
            Timeout = Shorter(registration.Timeout > TimeSpan.Zero ? registration.Timeout : options.Defaults.Timeout),
            FailureThreshold = options.Defaults.FailureThreshold,
            RecoveryThreshold = options.Defaults.RecoveryThreshold,
        };
        foreach (var configuration in _policies)
        {
            if (configuration.CheckName.Equals(registration.Name, StringComparison.OrdinalIgnoreCase))
            {
                policy = configuration.Configure(policy)
                    ?? throw new InvalidOperationException($"Configure(\"{configuration.CheckName}\") returned no policy.");
            }
        }

        policy = entry?.Keys.Over(policy) ?? policy;
        foreach (var error in PolicyRules.Validate(policy))
        {
            errors.Add(OptionSchema.Describe(registration.Name, entry?.Section, error));
        }

        // It is served with the check's state.
        policy = policy.Remedy is { } remedy ? policy with { Remedy = _redactor.Redact(remedy) } : policy;
        return policy;
    }

    private static TimeSpan Shorter(TimeSpan span) => span > CheckPolicy.MaximumInterval ? CheckPolicy.MaximumInterval : span;

    /// <summary>What a reload cannot change while the app runs is said, and what the next start would reject is rejected now.</summary>
    private void CompareWithStart(MonitoredCheck check, Entry entry, List<string> errors, List<string> notes)
    {
        var name = check.Registration.Name;
        if (entry.Keys.Type is { } typeName && (!_declared.Contains(name)
            || !typeName.Equals(TypedCheck.Of(check.Registration)?.Type.Name, StringComparison.OrdinalIgnoreCase)))
        {
            errors.Add($"{entry.Section.Path}:Type = '{typeName}' is new for check '{name}'; allowed while the app runs: what it was");
        }

        if ((entry.Keys.FailureStatus is { } status && status != check.Registration.FailureStatus)
            || (entry.Keys.Tags is { } tags && !check.Registration.Tags.SetEquals(tags)))
        {
            notes.Add($"{entry.Section.Path}: FailureStatus or Tags has changed: it takes effect at the next start of the app.");
        }
    }

    /// <summary>What stands in the app's connection strings must not stand anywhere else.</summary>
    private void LearnSecrets()
    {
        foreach (var connection in _configuration?.GetSection("ConnectionStrings").GetChildren() ?? [])
        {
            _redactor.AddConnectionString(connection.Value);
        }
    }

    private (CheckInstance Instance, object Options)? OptionsOf(HealthCheckRegistration registration, Entry? entry, List<string> errors)
    {
        if (TypedCheck.Of(registration) is { } typed)
        {
            return (_instances.Get(typed), typed.BuildOptions(registration.Name, entry?.Section, errors));
        }

        if (entry is not null)
        {
            // Not a check of a check type: it has no options, only a policy.
            CheckEntry.Schema.Bind(entry.Section, new CheckEntry(), errors);
        }

        return null;
    }

    /// <summary>The entries by the name of the check they are about.</summary>
    private Dictionary<string, Entry> ParseEntries(List<string> errors)
    {
        var entries = new Dictionary<string, Entry>(StringComparer.OrdinalIgnoreCase);
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
            if (!entries.TryAdd(name, new Entry(section, keys)))
            {
                errors.Add($"{section.Path} and {entries[name].Section.Path} both name check '{name}'; allowed: one entry a check");
            }
        }

        return entries;
    }

    private string NoSuchCheck(IConfigurationSection section, string name, IEnumerable<string> names) =>
        $"{section.Path} names no check: '{name}' is not registered; allowed: {string.Join(", ", names)}, or a Type to declare a new one ({TypeNames()})";

    private IEnumerable<IConfigurationSection> EntrySections() => _configuration?.GetSection(Root).GetSection("Checks").GetChildren() ?? [];

    private string TypeNames() => string.Join(", ", _types.Keys.Order(StringComparer.Ordinal));

    private void Throw(List<string> errors)
    {
        if (errors.Count > 0)
        {
            throw new OptionsValidationException(Root, typeof(HealthKitOptions), errors.Distinct().Select(_redactor.Redact));
        }
    }

    /// <summary>A check's entry in the configuration.</summary>
    private sealed record Entry(IConfigurationSection Section, CheckEntry Keys);

    [GeneratedRegex(@"^[A-Za-z0-9]+(_[A-Za-z0-9]+)*\z")]
    private static partial Regex KeyPattern();
}
