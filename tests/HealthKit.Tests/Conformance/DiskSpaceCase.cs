using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

internal sealed class DiskSpaceCase() : ConformanceCase<DiskSpaceOptions>(DiskSpaceCheck.Type)
{
    protected override void Configure(Scenario scenario, DiskSpaceOptions options)
    {
        switch (scenario)
        {
            case Scenario.Healthy:
                options.Path = "/";
                options.AllowReadOnly = true;
                options.DegradedWhenFilling = false;
                options.DegradedBelowFreePercent = 0;
                options.DegradedBelowFreeInodesPercent = 0;
                break;
            case Scenario.Failing:
                options.Path = "/";
                options.UnhealthyBelowFreePercent = 100;
                break;
            default:
                // Root may look everywhere, but not below a file.
                options.Path = "/proc/version/below";
                options.Paths = ["/no/such/path"];
                break;
        }
    }

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory) => builder
        .AddDiskSpaceCheck(directory, name: "there")
        .AddDiskSpaceCheck("/no/such/" + text, name: "missing")
        .AddDiskSpaceCheck(["/", directory, "/no/such/" + text], name: "several");
}
