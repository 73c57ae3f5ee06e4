using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

internal sealed class DnsCase() : DependencyCase<DnsOptions>(DnsCheck.Type, static (network, options) => new DnsCheck(network, options), Stage.Resolve)
{
    protected override void Configure(Scenario scenario, DnsOptions options)
    {
        options.Host = scenario == Scenario.Unmeasurable ? "db.example" : "localhost";
        if (scenario == Scenario.Failing)
        {
            options.Expected = ["192.0.2.1"];
        }
    }

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory) => builder.AddDnsCheck(Planted(text), name: "host");
}
