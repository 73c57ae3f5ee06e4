using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace HealthKit;

/// <summary>
/// Brings registrations, code and configuration together: which checks there are, with which policies and options. At start it
/// rejects what is wrong, all of it at once; at a reload it changes everything or nothing.
/// </summary>
internal sealed class DeclaredChecks : IValidateOptions<HealthCheckServiceOptions>
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

    /// <summary>Validation comes after every PostConfigure, anyone's: what is registered there is a check like any other.</summary>
    public ValidateOptionsResult Validate(string? name, HealthCheckServiceOptions options)
    {
        lock (_gate)
        {
            if (_checks is null)
            {
                List<string> errors = [];
                _configuration.WatchFromStart();
                var sources = _configuration.HoldingSources();
                _optionsAtStart = _configuration.ReadOptions(errors);
                var checks = Resolve(options.Registrations, _optionsAtStart, errors, out var entries);
                List<NamedPolicy> policies = checks.ConvertAll(check => new NamedPolicy(check.Registration.Name, check.Policy));
                var rules = ReadRules(policies, [], _optionsAtStart, entries, errors, notes: []);
                _configuration.Reject(errors);
                _configuration.KeepSources(sources);
                _configuration.KeepAtStart(_optionsAtStart);
                (_checks, _inForce, _incidentRules) = (checks, policies, rules);
            }

            // Microsoft's publishers group registrations by period and delay and ask for each group apart; one picture serves them all.
            options.Registrations.Clear();
            foreach (var check in _checks)
            {
                options.Registrations.Add(check.Registration);
            }

            return ValidateOptionsResult.Success;
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
            RejectIfLost(_configuration.LostSources());
            var sources = _configuration.HoldingSources();
            var options = _configuration.ReadOptions(errors);
            if (_optionsAtStart is { } atStart && (options.MaxConcurrentRuns, options.AddDefaultChecks, options.StateDirectory)
                != (atStart.MaxConcurrentRuns, atStart.AddDefaultChecks, atStart.StateDirectory))
            {
                notes.Add($"HealthKit:MaxConcurrentRuns, AddDefaultChecks or StateDirectory has changed: it takes effect at the next start of the app.");
            }

            var entries = _configuration.ReadEntries(errors);
            var coming = ComingChecks(options, _sinks.CompareWithStart(errors, notes), entries, errors, notes);
            List<NamedPolicy> atNextStart = [];
            foreach (var (name, registration) in coming)
            {
                var entry = entries.GetValueOrDefault(name);
                errors.AddRange(NameRules.Mistakes(name));
                errors.AddRange(NameRules.TagMistakes(name, entry?.Keys.Tags ?? []));
                atNextStart.Add(new NamedPolicy(name, PolicyOf(registration, options, entry, errors)));
                BuildOptions(registration, entry, errors);
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

            List<NamedPolicy> asWritten = [.. _inForce.Select(old => old with { Policy = policies.GetValueOrDefault(old.Name, old.Policy) })];
            var rules = ReadRules(asWritten, atNextStart, options, entries, errors, notes);
            var inForce = asWritten.ConvertAll(check => check with
            {
                Policy = check.Policy with { DependsOn = WithoutComing(check.Policy.DependsOn, rules.Names, $"{entries.GetValueOrDefault(check.Name)?.Section.Path ?? check.Name}:DependsOn", notes) },
            });
            foreach (var check in inForce.Where(check => policies.ContainsKey(check.Name)))
            {
                policies[check.Name] = check.Policy;
            }

            // One that was lost while it was read has left out what nobody took out.
            RejectIfLost(_configuration.LostSources(sources));
            _configuration.Reject(errors);
            _configuration.KeepSources(sources);
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
            if (entry.Keys.Type is null || TypeOf(entry, errors) is not { } type)
            {
                continue;
            }

            if (taken.Add(name))
            {
                _declared.Add(name);
                checks.Add(Declare(type, name));
            }
            else
            {
                errors.Add(IsThereAlready(entry, name));
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
                Over(registration, entry),
                policy,
                TypedCheck.Of(registration)?.Type.Descriptor);
        });
    }

    /// <summary>The checks that the next start adds: the default ones where they are turned on, those of new sinks, and those that entries declare.</summary>
    private Dictionary<string, HealthCheckRegistration> ComingChecks(
        HealthKitOptions options,
        IReadOnlyList<SinkDefinition> sinks,
        Dictionary<string, ConfigurationEntry> entries,
        List<string> errors,
        List<string> notes)
    {
        var coming = new Dictionary<string, HealthCheckRegistration>(StringComparer.OrdinalIgnoreCase);
        var added = (options.AddDefaultChecks ? _defaultChecks.Select(check => check.Registration) : [])
            .Concat(sinks.Where(sink => sink.HasCheck).Select(SinkCheck.Register));
        foreach (var registration in added.Where(registration => !_asRegistered.ContainsKey(registration.Name)))
        {
            coming.TryAdd(registration.Name, registration);
        }

        foreach (var (name, entry) in entries.Where(pair => !_asRegistered.ContainsKey(pair.Key)))
        {
            if (entry.Keys.Type is null)
            {
                if (!coming.ContainsKey(name))
                {
                    errors.Add(NoSuchCheck(entry.Section, name, _asRegistered.Keys.Concat(coming.Keys)));
                }
            }
            else if (TypeOf(entry, errors) is { } type)
            {
                if (coming.TryAdd(name, Declare(type, name)))
                {
                    notes.Add($"{entry.Section.Path} declares a new check: it runs from the next start of the app on.");
                }
                else
                {
                    errors.Add(IsThereAlready(entry, name));
                }
            }
        }

        DeclaredSinks.ValidateFilters(sinks, [.. _asRegistered.Keys, .. coming.Keys], errors);
        return coming;
    }

    /// <summary>Names without those of checks that run only from the next start on; each that is left out is said.</summary>
    private static IReadOnlyList<string> WithoutComing(IReadOnlyList<string> checks, RegisteredNames registered, string path, List<string> notes)
    {
        notes.AddRange(checks.Where(IsComing).Select(name => $"{path} names the new check '{name}': that counts from the next start of the app on."));
        return checks.Any(IsComing) ? [.. checks.Where(name => !IsComing(name))] : checks;

        bool IsComing(string name) => registered.Find(name) is null;
    }

    /// <summary>The rules in force; what is written may name checks of the next start, too.</summary>
    private IncidentRules ReadRules(
        IReadOnlyList<NamedPolicy> policies,
        IReadOnlyList<NamedPolicy> atNextStart,
        HealthKitOptions options,
        Dictionary<string, ConfigurationEntry> entries,
        List<string> errors,
        List<string> notes)
    {
        List<NamedPolicy> all = [.. policies, .. atNextStart];
        foreach (var (name, error) in DependencyMistakes.Find(all))
        {
            errors.Add(OptionSchema.Describe(name, entries.GetValueOrDefault(name)?.Section, error));
        }

        var names = new RegisteredNames(policies.Select(policy => policy.Name));
        List<MaintenanceWindow> windows = [];
        foreach (var window in _configuration.ReadMaintenance(new RegisteredNames(all.Select(check => check.Name)), _time.GetUtcNow(), _incidentRules?.Windows ?? [], errors))
        {
            // A window that covered new checks only covers none: without any it would cover all.
            var left = WithoutComing(window.Checks, names, $"HealthKit:Maintenance:{window.Name}:Checks", notes);
            if (left.Count > 0 || window.Checks.Count == 0)
            {
                windows.Add(window with { Checks = left });
            }
        }

        return new IncidentRules(names, policies, windows, options.MaintenanceFile);
    }

    private void RejectIfLost(string? lost)
    {
        // What is left of the configuration may be without a mistake, and is not what anybody wrote: its mistakes would mislead.
        if (lost is not null)
        {
            _configuration.Reject([lost]);
        }
    }

    /// <summary>The type that an entry names; null, and an error, when there is none.</summary>
    private CheckType? TypeOf(ConfigurationEntry entry, List<string> errors)
    {
        var type = _types.GetValueOrDefault(entry.Keys.Type!);
        if (type is null)
        {
            errors.Add($"{entry.Section.Path}:Type = '{entry.Keys.Type}'; allowed: {TypeNames()}{TypeHint.For(entry.Keys.Type!, _types.Keys)}");
        }

        return type;
    }

    private static HealthCheckRegistration Declare(CheckType type, string name) =>
        type.Declare().Register(name, failureStatus: null, tags: null, timeout: null);

    private static string IsThereAlready(ConfigurationEntry entry, string name) =>
        $"{entry.Section.Path}:Type = '{entry.Keys.Type}' declares check '{name}', which is there already; allowed: another name, or the entry without Type to tune the check that is there";

    /// <summary>A registration without period and delay, with what an entry says of it.</summary>
    private static HealthCheckRegistration Over(HealthCheckRegistration registration, ConfigurationEntry? entry) => new(
        registration.Name,
        registration.Factory,
        (HealthStatus?)entry?.Keys.FailureStatus ?? registration.FailureStatus,
        entry?.Keys.Tags ?? (IEnumerable<string>)registration.Tags,
        registration.Timeout);

    /// <summary>Defaults, the registration, code, configuration: the later ones win.</summary>
    private CheckPolicy PolicyOf(HealthCheckRegistration registration, HealthKitOptions options, ConfigurationEntry? entry, List<string> errors)
    {
        // Another package's registration may say more than a day or less than 100 ms: it was never told not to.
        var policy = new CheckPolicy
        {
            Period = registration.Period is { } period ? Interval(period) : options.Defaults.Period,
            Delay = Between(registration.Delay ?? TimeSpan.Zero, TimeSpan.Zero),
            Timeout = registration.Timeout > TimeSpan.Zero ? Interval(registration.Timeout) : options.Defaults.Timeout,
            FailureThreshold = options.Defaults.FailureThreshold,
            RecoveryThreshold = options.Defaults.RecoveryThreshold,
        };
        foreach (var configuration in _policies)
        {
            if (configuration.CheckName.Equals(registration.Name, StringComparison.OrdinalIgnoreCase))
            {
                policy = Configure(configuration, policy, errors);
            }
        }

        policy = entry?.Keys.Over(policy) ?? policy;
        foreach (var error in PolicyRules.Validate(policy).Where(error => entry is null || !OptionSchema.IsOf(entry.Failed, error)))
        {
            errors.Add(OptionSchema.Describe(registration.Name, entry?.Section, error));
        }

        // It is served with the check's state.
        policy = policy.Remedy is { } remedy ? policy with { Remedy = _redactor.Redact(remedy) } : policy;
        policy = policy.MuteReason is { } reason ? policy with { MuteReason = MaintenanceLimits.Cut(_redactor.Redact(reason)) } : policy;
        return policy;
    }

    private static CheckPolicy Configure(PolicyConfiguration configuration, CheckPolicy policy, List<string> errors)
    {
        try
        {
            if (configuration.Configure(policy) is { } changed)
            {
                return changed;
            }

            errors.Add($"Configure(\"{configuration.CheckName}\") returned null; allowed: a policy");
        }
        catch (Exception e)
        {
            // The app's own code: say which, beside all else that is wrong.
            errors.Add($"Configure(\"{configuration.CheckName}\") threw {e.GetType()}: {e.Message}");
        }

        return policy;
    }

    private static TimeSpan Interval(TimeSpan span) => Between(span, CheckPolicy.MinimumInterval);

    private static TimeSpan Between(TimeSpan span, TimeSpan least) =>
        span < least ? least : span > CheckPolicy.MaxInterval ? CheckPolicy.MaxInterval : span;

    /// <summary>What a reload cannot change while the app runs is said, and what the next start would reject is rejected now.</summary>
    private void CompareWithStart(MonitoredCheck check, ConfigurationEntry entry, List<string> errors, List<string> notes)
    {
        var name = check.Registration.Name;
        if (!_declared.Contains(name))
        {
            if (entry.Keys.Type is not null)
            {
                errors.Add(IsThereAlready(entry, name));
            }
        }
        else if (TypedCheck.Of(check.Registration)!.Type.Name is var was && !was.Equals(entry.Keys.Type, StringComparison.OrdinalIgnoreCase))
        {
            errors.Add($"{entry.Section.Path}:Type {(entry.Keys.Type is { } type ? $"= '{type}'" : "is missing")}; allowed while the app runs: '{was}', of which check '{name}' was declared");
        }

        errors.AddRange(NameRules.TagMistakes(name, entry.Keys.Tags ?? []));
        var atNextStart = Over(_asRegistered[name], entry);
        if (atNextStart.FailureStatus != check.Registration.FailureStatus || !atNextStart.Tags.SetEquals(check.Registration.Tags))
        {
            notes.Add($"{entry.Section.Path}: FailureStatus or Tags has changed: it takes effect at the next start of the app.");
        }
    }

    private (CheckInstance Instance, object Options)? OptionsOf(HealthCheckRegistration registration, ConfigurationEntry? entry, List<string> errors) =>
        BuildOptions(registration, entry, errors) is { } options ? (_instances.Get(TypedCheck.Of(registration)!), options) : null;

    private object? BuildOptions(HealthCheckRegistration registration, ConfigurationEntry? entry, List<string> errors)
    {
        if (TypedCheck.Of(registration) is { } typed)
        {
            return typed.BuildOptions(registration.Name, entry?.Section, _instances.Services, errors);
        }

        if (entry is not null)
        {
            // Not a check of a check type: it has no options, only a policy.
            CheckEntry.Schema.Bind(entry.Section, new CheckEntry(), errors, configuration: _configuration.Source);
        }

        return null;
    }

    private string NoSuchCheck(IConfigurationSection section, string name, IEnumerable<string> names) =>
        $"{section.Path} names no check: '{name}' is not registered; allowed: {string.Join(", ", names)}, or a Type to declare a new one ({TypeNames()})";

    private string TypeNames() => string.Join(", ", _types.Keys.Order(StringComparer.Ordinal));
}
