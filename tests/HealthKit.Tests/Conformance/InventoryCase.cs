using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

internal sealed class InventoryCase() : ConformanceCase<InventoryOptions>(InventoryCheck.Type)
{
    // Over HTTP it says what the HTTP check says, too.
    public override IEnumerable<string> MoreReasons => ["use.timeout", "use.slow"];

    protected override void Configure(Scenario scenario, InventoryOptions options)
    {
        options.Directory = scenario == Scenario.Unmeasurable ? "/no/such/directory" : "/proc/self";
        options.Expected = scenario == Scenario.Failing ? ["stat", "no such entry"] : ["stat", "task"];
    }

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory) => builder
        .AddInventoryCheck([text], options => options.Directory = directory, name: "there")
        .AddInventoryCheck([text], (_, _) => Task.FromResult(new Inventory([text + "x"])), name: "code")
        .AddInventoryCheck(
            ["a"],
            options =>
            {
                options.Url = new Uri($"http://127.0.0.1:1/?{Uri.EscapeDataString(text)}");
                options.Headers = [$"Authorization: Bearer {text}"];
            },
            name: "http");
}
