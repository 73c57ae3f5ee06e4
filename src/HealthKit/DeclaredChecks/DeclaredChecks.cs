using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace HealthKit;

/// <summary>
/// Brings registrations, code and configuration together: which checks there are, with which policies and options. At start it
/// rejects what is wrong, all of it at once; at a reload it changes everything or nothing.
/// </summary>
internal sealed class DeclaredChecks : IPostConfigureOptions<HealthCheckServiceOptions>
{
    private readonly Lock _gate = new();
    private readonly HealthKitConfiguration _configuration;
    private readonly Dictionary<string, CheckType> _types = new(StringComparer.OrdinalIgnoreCase);
    private readonly IReadOnlyList<PolicyConfiguration> _policies;
    private readonly IReadOnlyList<DefaultCheck> _defaultChecks;
    private readonly DeclaredSinks _sinks;
    private readonly CheckInstances _instances;
    private readonly Redactor _redactor;
    private readonly TimeProvider _time;

    private readonly Dictionary<string, HealthCheckRegistration> _asRegistered = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _declared = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _checksWithEntry = new(StringComparer.OrdinalIgnoreCase);
    private HealthKitOptions? _optionsAtStart;
    private IReadOnlyList<MonitoredCheck>? _checks;
    private IReadOnlyList<NamedPolicy> _inForce = [];
    private volatile IncidentRules? _incidentRules;

    public DeclaredChecks(
        IEnumerable<CheckType> types,
        IEnumerable<PolicyConfiguration> policies,
        IEnumerable<DefaultCheck> defaultChecks,
        DeclaredSinks sinks,
        HealthKitConfiguration configuration,
        CheckInstances instances,
        Redactor redactor,
        TimeProvider time)
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
        _sinks = sinks;
        _instances = instances;
        _redactor = redactor;
        _time = time;
        _configuration = configuration;
    }

    /// <summary>The checks, as of the first time that the registrations were read.</summary>
    public IReadOnlyList<MonitoredCheck> Checks => _checks ?? throw new InvalidOperationException("The registrations have not been read yet.");

    /// <summary>What is set about incidents: a new one after each reload that was accepted.</summary>
    public IncidentRules IncidentRules => _incidentRules ?? throw new InvalidOperationException("The registrations have not been read yet.");

    public void PostConfigure(string? name, HealthCheckServiceOptions options)
    {
        lock (_gate)
        {
            if (_checks is null)
            {
                List<string> errors = [];
                _optionsAtStart = _configuration.ReadOptions(errors);
                var checks = Resolve(options.Registrations, _optionsAtStart, errors, out var entries);
                List<NamedPolicy> policies = checks.ConvertAll(check => new NamedPolicy(check.Registration.Name, check.Policy));
                var rules = ReadRules(policies, _optionsAtStart, entries, errors);
                _configuration.Reject(errors);
                (_checks, _inForce, _incidentRules) = (checks, policies, rules);
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
            var options = _configuration.ReadOptions(errors);
            if (_optionsAtStart is { } atStart && (options.MaxConcurrentRuns, options.AddDefaultChecks, options.StateDirectory)
                != (atStart.MaxConcurrentRuns, atStart.AddDefaultChecks, atStart.StateDirectory))
            {
                notes.Add($"HealthKit:MaxConcurrentRuns, AddDefaultChecks or StateDirectory has changed: it takes effect at the next start of the app.");
            }

            var entries = _configuration.ReadEntries(errors);
            if (entries.Count == 0 && _checksWithEntry.Count > 0)
            {
                errors.Add($"HealthKit:Checks is gone: the configuration was probably read while it was being written");
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
                    notes.Add($"The entry of check '{name}' is gone from HealthKit:Checks: the check keeps its last settings until the next start of the app.");
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

            _sinks.CompareWithStart(_asRegistered.Keys, errors, notes);
            List<NamedPolicy> inForce = [.. _inForce.Select(old => old with { Policy = policies.GetValueOrDefault(old.Name, old.Policy) })];
            var rules = ReadRules(inForce, options, entries, errors);
            _configuration.Reject(errors);
            (_inForce, _incidentRules) = (inForce, rules);
            _checksWithEntry.UnionWith(entries.Keys);
            foreach (var (instance, value) in accepted)
            {
                instance.Options = value;
            }

            remarks = notes;
            return policies;
        }
    }

    private List<MonitoredCheck> Resolve(
        ICollection<HealthCheckRegistration> registrations,
        HealthKitOptions options,
        List<string> errors,
        out Dictionary<string, ConfigurationEntry> declaredEntries)
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

        // Whoever adds a sink must hear when it fails: not a default check.
        var sinks = _sinks.Resolve(errors);
        checks.AddRange(sinks.Where(sink => sink.HasCheck && taken.Add(sink.CheckName)).Select(SinkCheck.Register));

        var entries = declaredEntries = _configuration.ReadEntries(errors);
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

        foreach (var registration in checks)
        {
            errors.AddRange(NameRules.Mistakes(registration.Name));
            errors.AddRange(NameRules.TagMistakes(registration.Name, entries.GetValueOrDefault(registration.Name)?.Keys.Tags ?? (IEnumerable<string>)registration.Tags));
        }

        foreach (var policy in _policies)
        {
            if (!taken.Contains(policy.CheckName))
            {
                errors.Add($"Configure(\"{policy.CheckName}\"): no check has that name; registered: {string.Join(", ", checks.Select(check => check.Name))}");
            }
        }

        DeclaredSinks.ValidateFilters(sinks, checks.ConvertAll(check => check.Name), errors);
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
                    (HealthStatus?)entry?.Keys.FailureStatus ?? registration.FailureStatus,
                    entry?.Keys.Tags ?? (IEnumerable<string>)registration.Tags,
                    registration.Timeout),
                policy,
                TypedCheck.Of(registration)?.Type.Descriptor);
        });
    }

    private IncidentRules ReadRules(
        IReadOnlyList<NamedPolicy> policies,
        HealthKitOptions options,
        Dictionary<string, ConfigurationEntry> entries,
        List<string> errors)
    {
        foreach (var (name, error) in DependencyMistakes.Find(policies))
        {
            errors.Add(OptionSchema.Describe(name, entries.GetValueOrDefault(name)?.Section, error));
        }

        var names = new RegisteredNames(policies.Select(policy => policy.Name));
        var windows = _configuration.ReadMaintenance(names, _time.GetUtcNow(), _incidentRules?.Windows ?? [], errors);
        return new IncidentRules(names, policies, windows, options.MaintenanceFile);
    }

    private HealthCheckRegistration? Declare(ConfigurationEntry entry, string name, HashSet<string> taken, List<string> errors)
    {
        var typeName = entry.Keys.Type!;
        if (!_types.TryGetValue(typeName, out var type))
        {
            errors.Add($"{entry.Section.Path}:Type = '{typeName}'; allowed: {TypeNames()}. A type of another package is known once its call stands beside AddHealthKit(): AddDependencyChecks() of HealthKit.Dependencies, AddRabbitMqChecks() of HealthKit.RabbitMq");
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
    private CheckPolicy PolicyOf(HealthCheckRegistration registration, HealthKitOptions options, ConfigurationEntry? entry, List<string> errors)
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
        policy = policy.MuteReason is { } reason ? policy with { MuteReason = MaintenanceLimits.Cut(_redactor.Redact(reason)) } : policy;
        return policy;
    }

    private static TimeSpan Shorter(TimeSpan span) => span > CheckPolicy.MaxInterval ? CheckPolicy.MaxInterval : span;

    /// <summary>What a reload cannot change while the app runs is said, and what the next start would reject is rejected now.</summary>
    private void CompareWithStart(MonitoredCheck check, ConfigurationEntry entry, List<string> errors, List<string> notes)
    {
        var name = check.Registration.Name;
        if (entry.Keys.Type is { } typeName && (!_declared.Contains(name)
            || !typeName.Equals(TypedCheck.Of(check.Registration)?.Type.Name, StringComparison.OrdinalIgnoreCase)))
        {
            errors.Add($"{entry.Section.Path}:Type = '{typeName}' is new for check '{name}'; allowed while the app runs: what it was");
        }

        errors.AddRange(NameRules.TagMistakes(name, entry.Keys.Tags ?? []));
        if ((entry.Keys.FailureStatus is { } status && (HealthStatus)status != check.Registration.FailureStatus)
            || (entry.Keys.Tags is { } tags && !check.Registration.Tags.SetEquals(tags)))
        {
            notes.Add($"{entry.Section.Path}: FailureStatus or Tags has changed: it takes effect at the next start of the app.");
        }
    }

    private (CheckInstance Instance, object Options)? OptionsOf(HealthCheckRegistration registration, ConfigurationEntry? entry, List<string> errors)
    {
        if (TypedCheck.Of(registration) is { } typed)
        {
            return (_instances.Get(typed), typed.BuildOptions(registration.Name, entry?.Section, _instances.Services, errors));
        }

        if (entry is not null)
        {
            // Not a check of a check type: it has no options, only a policy.
            CheckEntry.Schema.Bind(entry.Section, new CheckEntry(), errors);
        }

        return null;
    }

    private string NoSuchCheck(IConfigurationSection section, string name, IEnumerable<string> names) =>
        $"{section.Path} names no check: '{name}' is not registered; allowed: {string.Join(", ", names)}, or a Type to declare a new one ({TypeNames()})";

    private string TypeNames() => string.Join(", ", _types.Keys.Order(StringComparer.Ordinal));
}
