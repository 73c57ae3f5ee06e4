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

    private IReadOnlyList<MonitoredCheck>? _checks;
    private HashSet<string> _entriesAtStart = [];

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
            _types.TryAdd(type.Name, type);
        }

        _policies = [.. policies];
        _defaultChecks = [.. defaultChecks];
        _sections = [.. sections.Select(section => section.Name)];
        _configureOptions = [.. configureOptions];
        _instances = instances;
        _redactor = redactor;
        _configuration = configuration;
        foreach (var connection in configuration?.GetSection("ConnectionStrings").GetChildren() ?? [])
        {
            redactor.AddConnectionString(connection.Value);
        }
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
                var checks = Resolve(options.Registrations, Options(errors), errors);
                Throw(errors);
                _checks = checks;
                _entriesAtStart = Entries().Select(entry => entry.Key).ToHashSet(StringComparer.OrdinalIgnoreCase);
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
            List<string> errors = [];
            List<string> notes = [];
            var options = Options(errors);
            var entries = Entries().ToList();
            if (entries.Count == 0 && _entriesAtStart.Count > 0)
            {
                errors.Add($"{Root}:Checks is gone: the configuration was probably read while it was being written.");
            }

            var policies = new Dictionary<string, CheckPolicy>(StringComparer.OrdinalIgnoreCase);
            var accepted = new List<(CheckInstance Instance, object Options)>();
            foreach (var entry in entries)
            {
                var parsed = Parse(entry, errors);
                var name = parsed.Name ?? entry.Key;
                if (Checks.FirstOrDefault(check => check.Registration.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is not { } check)
                {
                    if (parsed.Type is null)
                    {
                        errors.Add(NoSuchCheck(entry, name, Checks.Select(c => c.Registration.Name)));
                    }
                    else
                    {
                        notes.Add($"{entry.Path} declares a new check: it runs from the next start of the app on.");
                    }

                    continue;
                }

                var policy = PolicyOf(check.Registration, check.Policy, options, parsed);
                Validate(check.Registration.Name, entry, policy, errors);
                policies[check.Registration.Name] = policy;
                if (TypedCheck.Of(check.Registration) is { } typed)
                {
                    accepted.Add((_instances.Get(typed), typed.BuildOptions(check.Registration.Name, entry, errors)));
                }
                else
                {
                    CheckEntry.Schema.Bind(entry, new CheckEntry(), errors);
                }
            }

            Throw(errors);
            foreach (var gone in _entriesAtStart.Except(entries.Select(entry => entry.Key), StringComparer.OrdinalIgnoreCase))
            {
                notes.Add($"{Root}:Checks:{gone} is gone: its check keeps running as it was until the next start of the app.");
            }

            foreach (var (instance, value) in accepted)
            {
                instance.Options = value;
            }

            remarks = notes;
            return policies;
        }
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
            foreach (var child in section.GetChildren())
            {
                if (!RootSchema.Keys.Concat(_sections).Concat(["Defaults", "Checks"]).Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                {
                    errors.Add($"{child.Path} is not a known key; allowed: {string.Join(", ", RootSchema.Keys.Concat(_sections).Concat(["Defaults", "Checks"]))}.");
                }
            }

            RootSchema.BindKnown(section, options, errors);
            var defaults = new PolicyDefaults();
            DefaultsSchema.Bind(section.GetSection("Defaults"), defaults, errors);
            defaults.ApplyTo(options.Defaults);
        }

        if (options.MaxConcurrentRuns is < 1 or > 1000)
        {
            errors.Add(OptionSchema.Describe(Root, section, new(nameof(options.MaxConcurrentRuns), options.MaxConcurrentRuns, "a whole number from 1 to 1000")));
        }

        foreach (var error in PolicyRules.Validate(options.Defaults))
        {
            errors.Add(OptionSchema.Describe("defaults", section?.GetSection("Defaults"), error));
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
                errors.Add($"Two checks are named '{registration.Name}'; allowed: one, ignoring case. Give one of them another name.");
            }
        }

        if (options.AddDefaultChecks)
        {
            // What the app names itself goes before ours; ours stand first in the list.
            checks.InsertRange(0, _defaultChecks.Select(check => check.Registration).Where(registration => taken.Add(registration.Name)));
        }

        var entries = new Dictionary<string, (IConfigurationSection Section, CheckEntry Parsed)>(StringComparer.OrdinalIgnoreCase);
        foreach (var section in Entries())
        {
            var parsed = Parse(section, errors);
            var name = parsed.Name ?? section.Key;
            if (!KeyPattern().IsMatch(section.Key))
            {
                errors.Add($"{section.Path}: '{section.Key}' is no key for a check; allowed: letters, digits and single underscores between them ({KeyPattern()}). Set Name in the entry for any other name.");
            }
            else if (entries.TryGetValue(name, out var other))
            {
                errors.Add($"{section.Path} and {other.Section.Path} both name check '{name}'; allowed: one entry a check.");
            }
            else
            {
                entries[name] = (section, parsed);
                if (parsed.Type is not null && Declare(section, parsed, name, taken, errors) is { } declared)
                {
                    checks.Add(declared);
                }
            }
        }

        foreach (var (name, (section, parsed)) in entries)
        {
            if (parsed.Type is null && !taken.Contains(name))
            {
                errors.Add(NoSuchCheck(section, name, checks.Select(check => check.Name)));
            }
        }

        foreach (var policy in _policies)
        {
            if (!taken.Contains(policy.CheckName))
            {
                errors.Add($"Configure(\"{policy.CheckName}\"): no check has that name; registered: {string.Join(", ", checks.Select(check => check.Name))}.");
            }
        }

        return checks.ConvertAll(registration =>
        {
            var (section, parsed) = entries.TryGetValue(registration.Name, out var entry) ? entry : default;
            var policy = PolicyOf(registration, current: null, options, parsed);
            Validate(registration.Name, section, policy, errors);
            var typed = TypedCheck.Of(registration);
            if (typed is not null)
            {
                _instances.Get(typed).Options = typed.BuildOptions(registration.Name, section, errors);
            }
            else if (section is not null)
            {
                CheckEntry.Schema.Bind(section, new CheckEntry(), errors);
            }

            return new MonitoredCheck(
                new HealthCheckRegistration(
                    registration.Name,
                    registration.Factory,
                    parsed?.FailureStatus ?? registration.FailureStatus,
                    parsed?.Tags ?? (IEnumerable<string>)registration.Tags,
                    registration.Timeout),
                policy,
                typed?.Type.Descriptor);
        });
    }

    private HealthCheckRegistration? Declare(IConfigurationSection section, CheckEntry parsed, string name, HashSet<string> taken, List<string> errors)
    {
        if (!_types.TryGetValue(parsed.Type!, out var type))
        {
            errors.Add($"{section.Path}:Type = '{parsed.Type}'; allowed: {string.Join(", ", _types.Keys.Order(StringComparer.Ordinal))}. A type of another package is known once that package's call (Add…Checks) stands beside AddHealthKit().");
            return null;
        }

        if (!taken.Add(name))
        {
            errors.Add($"{section.Path}:Type = '{parsed.Type}' declares check '{name}', which is there already; allowed: another name, or the entry without Type to tune the check that is there.");
            return null;
        }

        return type.Declare().Register(name, failureStatus: null, tags: null, timeout: null);
    }

    /// <summary>Defaults, the registration, code, configuration: the later ones win.</summary>
    private CheckPolicy PolicyOf(HealthCheckRegistration registration, CheckPolicy? current, HealthKitOptions options, CheckEntry? entry)
    {
        // After the start the registrations have no period and delay any more: the policy of the start stands in for the layers below.
        var policy = current is not null ? current with { } : options.Defaults with { Remedy = null, Enabled = true, Delay = TimeSpan.Zero };
        if (current is null)
        {
            policy.Period = registration.Period ?? policy.Period;
            policy.Delay = registration.Delay ?? policy.Delay;
            policy.Timeout = registration.Timeout > TimeSpan.Zero ? registration.Timeout : policy.Timeout;
            foreach (var configuration in _policies)
            {
                if (configuration.CheckName.Equals(registration.Name, StringComparison.OrdinalIgnoreCase))
                {
                    configuration.Configure(policy);
                }
            }
        }

        entry?.ApplyTo(policy);
        return policy;
    }

    private static void Validate(string name, IConfigurationSection? section, CheckPolicy policy, List<string> errors)
    {
        foreach (var error in PolicyRules.Validate(policy))
        {
            errors.Add(OptionSchema.Describe(name, section, error));
        }
    }

    private static CheckEntry Parse(IConfigurationSection section, List<string> errors)
    {
        var entry = new CheckEntry();
        if (section.Value is { Length: > 0 } value && !section.GetChildren().Any())
        {
            errors.Add($"{section.Path} = '{value}'; allowed: keys, such as {section.Path}:Type.");
        }

        CheckEntry.Schema.BindKnown(section, entry, errors);
        return entry;
    }

    private string NoSuchCheck(IConfigurationSection section, string name, IEnumerable<string> names) =>
        $"{section.Path} names no check: '{name}' is not registered; allowed: {string.Join(", ", names)}, or a Type to declare a new one ({string.Join(", ", _types.Keys.Order(StringComparer.Ordinal))}).";

    private IEnumerable<IConfigurationSection> Entries() => _configuration?.GetSection(Root).GetSection("Checks").GetChildren() ?? [];

    private void Throw(List<string> errors)
    {
        if (errors.Count > 0)
        {
            throw new OptionsValidationException(Root, typeof(HealthKitOptions), errors.Distinct().Select(_redactor.Redact));
        }
    }

    [GeneratedRegex("^[A-Za-z0-9]+(_[A-Za-z0-9]+)*$")]
    private static partial Regex KeyPattern();
}
