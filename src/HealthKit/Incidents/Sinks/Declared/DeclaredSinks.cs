using Microsoft.Extensions.Configuration;

namespace HealthKit;

/// <summary>
/// Brings the sinks of code and configuration together. Part of <see cref="DeclaredChecks"/>, so that one message holds all that is
/// wrong. What a sink is does not change while the app runs.
/// </summary>
internal sealed class DeclaredSinks
{
    public const string SectionName = "Sinks";

    private const string Path = "HealthKit:" + SectionName;

    private readonly Dictionary<string, SinkType> _types = new(StringComparer.OrdinalIgnoreCase);
    private readonly IReadOnlyList<SinkRegistration> _registrations;
    private readonly HealthKitConfiguration _configuration;
    private IReadOnlyList<string> _sectionAtStart = [];
    private IReadOnlyList<SinkDefinition>? _sinks;

    public DeclaredSinks(IEnumerable<SinkType> types, IEnumerable<SinkRegistration> registrations, HealthKitConfiguration configuration)
    {
        foreach (var type in types)
        {
            if (!_types.TryAdd(type.Name, type) && _types[type.Name] != type)
            {
                throw new InvalidOperationException(
                    $"Two sink types are named '{type.Name}' ({_types[type.Name].GetType()} and {type.GetType()}); allowed: one, ignoring case.");
            }
        }

        _registrations = [.. registrations];
        _configuration = configuration;
    }

    /// <summary>The sinks, as of the first time that the checks' registrations were read; also those that are off.</summary>
    public IReadOnlyList<SinkDefinition> Sinks => _sinks ?? throw new InvalidOperationException("The registrations have not been read yet.");

    private IConfigurationSection? Section => _configuration.Source?.GetSection(Path);

    /// <summary>The sinks at the start; what is wrong goes to <paramref name="errors"/>.</summary>
    public IReadOnlyList<SinkDefinition> Resolve(List<string> errors)
    {
        _sectionAtStart = Flatten();
        return _sinks = Read(errors);
    }

    /// <summary>The sinks of the next start. What it would reject is rejected now, and what it would change is said.</summary>
    public IReadOnlyList<SinkDefinition> CompareWithStart(List<string> errors, List<string> notes)
    {
        if (!Flatten().SequenceEqual(_sectionAtStart))
        {
            notes.Add($"{Path} has changed: it takes effect at the next start of the app.");
        }

        return Read(errors);
    }

    /// <summary>A filter that names a check that is not there would keep everything from its sink in silence.</summary>
    public static void ValidateFilters(IEnumerable<SinkDefinition> sinks, IReadOnlyCollection<string> checkNames, List<string> errors)
    {
        foreach (var sink in sinks)
        {
            foreach (var name in sink.Policy.Checks ?? [])
            {
                if (!string.IsNullOrWhiteSpace(name) && !name.Contains('*', StringComparison.Ordinal)
                    && !checkNames.Contains(name, StringComparer.OrdinalIgnoreCase))
                {
                    errors.Add($"Sink '{sink.Name}': Checks = '{name}' names no check; allowed: {string.Join(", ", checkNames)}, or a pattern with *");
                }
            }
        }
    }

    private List<SinkDefinition> Read(List<string> errors)
    {
        var registrations = new Dictionary<string, SinkRegistration>(StringComparer.OrdinalIgnoreCase);
        foreach (var registration in _registrations)
        {
            if (!registrations.TryAdd(registration.Name, registration))
            {
                errors.Add($"Two sinks are named '{registration.Name}'; allowed: one, ignoring case");
            }
        }

        if (Section?.Value is { Length: > 0 } scalar)
        {
            errors.Add($"{Path} = '{scalar}'; allowed: keys below it");
        }

        var entries = new Dictionary<string, IConfigurationSection>(StringComparer.OrdinalIgnoreCase);
        foreach (var section in ConfigurationSources.Children(_configuration.Source, Path))
        {
            if (!SinkRegistration.IsName(section.Key))
            {
                errors.Add($"{section.Path}: '{section.Key}' is no key for a sink; allowed: {SinkRegistration.AllowedName}");
            }
            else if (section.Value is { Length: > 0 } && !section.GetChildren().Any())
            {
                // The value is not shown: somebody may have put the address there, which is a secret.
                errors.Add($"{section.Path} holds a value; allowed: keys, such as {section.Path}:Type");
            }
            else if (Find(section, registrations, errors))
            {
                entries[section.Key] = section;
            }
        }

        return [.. registrations.Values.Select(registration => registration.Define(entries.GetValueOrDefault(registration.Name), _configuration.Source, errors))];
    }

    /// <summary>Whether an entry is about a sink that is there, or declares one, which is then among the registrations.</summary>
    private bool Find(IConfigurationSection section, Dictionary<string, SinkRegistration> registrations, List<string> errors)
    {
        var name = section.Key;
        if (section["Type"] is not { } typeName)
        {
            if (!registrations.ContainsKey(name))
            {
                var known = string.Concat(registrations.Keys.Select(key => key + ", "));
                errors.Add($"{section.Path} names no sink: '{name}' is not added in code; allowed: {known}or a Type to declare a new one ({TypeNames()})");
            }

            return registrations.ContainsKey(name);
        }

        if (!_types.TryGetValue(typeName, out var type))
        {
            errors.Add($"{section.Path}:Type = '{typeName}'; allowed: {TypeNames()}. A type of another package is known once that package's call stands beside AddHealthKit()");
            return false;
        }

        if (!registrations.TryAdd(name, type.Declare(name)))
        {
            errors.Add($"{section.Path}:Type = '{typeName}' declares sink '{name}', which is there already; allowed: another name, or the entry without Type to change the sink that is there");
            return false;
        }

        return true;
    }

    private List<string> Flatten() =>
        [.. (Section?.AsEnumerable(makePathsRelative: true) ?? [])
            .Select(pair => $"{pair.Key.ToUpperInvariant()}={pair.Value}")
            .Order(StringComparer.Ordinal)];

    private string TypeNames() => _types.Count == 0 ? "no type is registered" : string.Join(", ", _types.Keys.Order(StringComparer.Ordinal));
}
