using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

/// <summary>The check of HealthKit itself: its state directory is what can be made to fail.</summary>
internal sealed class HealthKitCase() : ConformanceCase<SelfCheckOptions>(SelfCheck.Type)
{
    public override IEnumerable<string> MoreSources => ["src/HealthKit/State", "src/HealthKit/DependencyInjection/MonitorHostedService.cs", "src/HealthKit/Incidents/Silence"];

    public override IEnumerable<(string Key, string? Value)> Settings(Scenario scenario) => scenario switch
    {
        Scenario.Healthy => [],
        Scenario.Failing => [("StateDirectory", "/proc/version/below")],
        // Where nobody can make a directory. Never one that is there: the test host deletes its state directory.
        _ => [("StateDirectory", "/proc/self/healthkit")],
    };

    public override IEnumerable<(string Key, string? Value)> PlantedSettings(string text) =>
        [("StateDirectory", "/proc/version/" + text)];

    protected override void Configure(Scenario scenario, SelfCheckOptions options)
    {
    }

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory) =>
        Add(builder, Scenario.Failing);
}
