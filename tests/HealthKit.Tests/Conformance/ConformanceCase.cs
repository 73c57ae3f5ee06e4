using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Conformance;

/// <summary>What the suite must know of a check type to try it: how to bring it into each scenario.</summary>
internal abstract class ConformanceCase
{
    /// <summary>The name under which the suite registers the check.</summary>
    public const string Name = "probe";

    public abstract CheckType Type { get; }

    public abstract Type OptionsType { get; }

    /// <summary>Whether users can add such a check themselves. The check of HealthKit itself is HealthKit's own to add.</summary>
    public bool IsForUsers => OptionsType.IsPublic;

    /// <summary>Sources, beside the folder of the options, whose string literals are this type's reasons.</summary>
    public virtual IEnumerable<string> MoreSources => [];

    /// <summary>Reasons that stand in no source as one literal, or in one that is shared and has more.</summary>
    public virtual IEnumerable<string> MoreReasons => [];

    /// <summary>The method that adds it in code.</summary>
    public virtual string MethodName => $"Add{Type.Name}Check";

    /// <summary>What the host must be told for a scenario.</summary>
    public virtual IEnumerable<(string Key, string? Value)> Settings(Scenario scenario) => [];

    /// <summary>The status that this type gives to a failure and to what it could not measure.</summary>
    public HealthStatus Failure(HealthStatus? failureStatus) =>
        Type.Descriptor.States.ContainsKey(HealthStatus.Unhealthy) ? failureStatus ?? HealthStatus.Unhealthy : HealthStatus.Degraded;

    /// <summary>Registers the check, configured in code.</summary>
    public abstract void Add(IHealthChecksBuilder builder, Scenario scenario, HealthStatus? failureStatus = null);

    /// <summary>The options that a scenario needs.</summary>
    public abstract object Options(Scenario scenario);

    public abstract IEnumerable<OptionError> Validate(object options);

    /// <summary>Adds checks, each under a name of its own, with a text planted wherever the options take one.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="text">The text, fit to be a path's part.</param>
    /// <param name="directory">A directory that has the text in its path.</param>
    public virtual void AddPlanted(IHealthChecksBuilder builder, string text, string directory)
    {
    }

    /// <summary>Host settings with the text planted.</summary>
    public virtual IEnumerable<(string Key, string? Value)> PlantedSettings(string text) => [];

    /// <summary>The check itself, apart from any monitor.</summary>
    public abstract IHealthCheck Create(IServiceProvider services, Scenario scenario);

    public async Task<TestHost> StartAsync(Scenario scenario, HealthStatus? failureStatus = null) =>
        await TestHost.Start(builder => Add(builder, scenario, failureStatus), [.. Settings(scenario)]);

    /// <summary>Runs the check by HealthKit's monitor.</summary>
    public async Task<CheckState> RunAsync(Scenario scenario, HealthStatus? failureStatus = null)
    {
        await using var host = await StartAsync(scenario, failureStatus);
        return await host.Monitor.RunAsync(Name);
    }

    /// <summary>Runs the check alone, so that its result is seen as it made it.</summary>
    public async Task<HealthCheckResult> RunRawAsync(Scenario scenario, HealthStatus failureStatus = HealthStatus.Unhealthy)
    {
        await using var host = await TestHost.Start(_ => { }, [.. Settings(scenario)]);
        var check = Create(host.Host.Services, scenario);
        var result = await check.CheckHealthAsync(Context(check, failureStatus));
        (check as IDisposable)?.Dispose();
        return result;
    }

    /// <summary>The options of a scenario as the keys of an entry in the configuration.</summary>
    public IEnumerable<(string Key, string? Value)> Declared(Scenario scenario)
    {
        yield return ($"Checks:{Name}:Type", Type.Name);
        var options = Options(scenario);
        foreach (var option in OptionPage.OptionsOf(OptionsType))
        {
            switch (option.GetValue(options))
            {
                case null:
                    break;
                case IList<string> items:
                    for (var i = 0; i < items.Count; i++)
                    {
                        yield return ($"Checks:{Name}:{option.Name}:{i}", items[i]);
                    }

                    break;
                case var value:
                    yield return ($"Checks:{Name}:{option.Name}", Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture));
                    break;
            }
        }
    }

    public static HealthCheckContext Context(IHealthCheck check, HealthStatus failureStatus = HealthStatus.Unhealthy) =>
        new() { Registration = new HealthCheckRegistration(Name, check, failureStatus, tags: null) };

    public override string ToString() => Type.Name;
}

/// <inheritdoc cref="ConformanceCase"/>
/// <param name="type">The check type.</param>
internal abstract class ConformanceCase<TOptions>(CheckType<TOptions> type) : ConformanceCase
    where TOptions : class, new()
{
    public override CheckType Type => type;

    public override Type OptionsType => typeof(TOptions);

    /// <summary>Sets the options that a scenario needs.</summary>
    protected abstract void Configure(Scenario scenario, TOptions options);

    /// <summary>The type with the factory that a scenario needs: its own, unless the system of this test cannot be brought there.</summary>
    protected virtual CheckType<TOptions> TypeFor(Scenario scenario) => type;

    public override void Add(IHealthChecksBuilder builder, Scenario scenario, HealthStatus? failureStatus = null) =>
        builder.AddCheck(TypeFor(scenario), Name, options => Configure(scenario, options), failureStatus);

    public override object Options(Scenario scenario)
    {
        var options = new TOptions();
        Configure(scenario, options);
        return options;
    }

    public override IEnumerable<OptionError> Validate(object options) => type.Validate((TOptions)options);

    public override IHealthCheck Create(IServiceProvider services, Scenario scenario)
    {
        var options = (TOptions)Options(scenario);
        return TypeFor(scenario).CreateCheck(services, () => options);
    }
}
