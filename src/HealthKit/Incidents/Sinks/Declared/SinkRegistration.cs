using System.Collections.Frozen;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit;

/// <summary>A sink as code adds it, or as its type makes it of an entry in the configuration.</summary>
internal abstract class SinkRegistration(string name, string type, Func<SinkPolicy, SinkPolicy>? policy)
{
    /// <summary>A longer one would make no name of a journal.</summary>
    private const int MaxNameLength = 50;

    public const string AllowedName = "1 to 50 letters and digits, with single underscores between them";

    public string Name => name;

    public string Type => type;

    public static bool IsName(string name) => name.Length <= MaxNameLength && SettingKey.IsValid(name);

    /// <summary>The definition by its type's policy, code and configuration, the later ones win; says what is wrong with it.</summary>
    /// <param name="section">The sink's entry in the configuration, if it has one.</param>
    /// <param name="configuration">The configuration.</param>
    /// <param name="errors">Takes what is wrong, each with its path, value and what is allowed.</param>
    public SinkDefinition Define(IConfigurationSection? section, IConfiguration? configuration, ICollection<string> errors)
    {
        var final = TypePolicy;
        try
        {
            final = policy is null ? final : policy(final) ?? throw new InvalidOperationException("The function returned no policy.");
        }
        catch (Exception e)
        {
            errors.Add($"Sink '{name}': its policy could not be set: {e.GetType()}: {e.Message}");
        }

        IReadOnlySet<string> failed = FrozenSet<string>.Empty;
        if (section is not null)
        {
            var entry = new SinkEntry();
            failed = SinkEntry.Schema.BindKnown(section, entry, errors, configuration);
            final = entry.Over(final);
        }

        foreach (var error in Validate(final).Where(error => !OptionSchema.IsOf(failed, error)))
        {
            errors.Add(OptionSchema.Describe(name, section, error, "sink"));
        }

        return Define(final, section, configuration, errors);
    }

    protected virtual SinkPolicy TypePolicy { get; } = new();

    protected abstract SinkDefinition Define(SinkPolicy policy, IConfigurationSection? section, IConfiguration? configuration, ICollection<string> errors);

    private static IEnumerable<OptionError> Validate(SinkPolicy policy)
    {
        if (!Enum.IsDefined((FailureStatus)policy.MinimumStatus))
        {
            yield return new(nameof(policy.MinimumStatus), policy.MinimumStatus, string.Join(" or ", Enum.GetNames<FailureStatus>()));
        }

        if (policy.Tags is null || policy.Tags.Any(string.IsNullOrWhiteSpace))
        {
            yield return new(nameof(policy.Tags), policy.Tags, "a list of texts that are not empty");
        }

        if (policy.Checks is null || policy.Checks.Any(string.IsNullOrWhiteSpace))
        {
            yield return new(nameof(policy.Checks), policy.Checks, "a list of names that are not empty; * stands for any characters");
        }
    }
}

/// <inheritdoc cref="SinkRegistration"/>
internal sealed class SinkRegistration<TOptions>(
    SinkType<TOptions> type, string name, Action<TOptions>? configure, Func<SinkPolicy, SinkPolicy>? policy)
    : SinkRegistration(name, type.Name, policy)
    where TOptions : class, new()
{
    protected override SinkPolicy TypePolicy => type.Policy;

    protected override SinkDefinition Define(SinkPolicy policy, IConfigurationSection? section, IConfiguration? configuration, ICollection<string> errors)
    {
        var options = new TOptions();
        try
        {
            configure?.Invoke(options);
            var failed = section is null
                ? FrozenSet<string>.Empty
                : type.Schema.Bind(section, options, errors, alsoKnown: SinkEntry.Schema, configuration);
            foreach (var error in type.Validate(options).Where(error => !OptionSchema.IsOf(failed, error)))
            {
                errors.Add(OptionSchema.Describe(Name, section, error, "sink"));
            }
        }
        catch (Exception e)
        {
            // The app's or the type's own code: say whose sink it was, beside all else that is wrong.
            errors.Add($"Sink '{Name}': its options could not be set: {e.GetType()}: {e.Message}");
        }

        return new SinkDefinition(Name, type.Name, policy, services => type.CreateSink(services, Name, options));
    }
}

/// <summary>A sink that is a service of the app.</summary>
internal sealed class ServiceSinkRegistration<TSink>(string name, Func<SinkPolicy, SinkPolicy>? policy)
    : SinkRegistration(name, typeof(TSink).Name, policy)
    where TSink : class, IIncidentSink
{
    protected override SinkDefinition Define(SinkPolicy policy, IConfigurationSection? section, IConfiguration? configuration, ICollection<string> errors)
    {
        if (section is not null)
        {
            // It has no options, only a policy.
            SinkEntry.Schema.Bind(section, new SinkEntry(), errors, configuration: configuration);
        }

        return new SinkDefinition(Name, Type, policy, static services => services.GetRequiredService<TSink>(), IsOwned: false);
    }
}
