using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

internal sealed class LogFileCase() : ConformanceCase<LogFileOptions>(LogFileCheck.Type)
{
    protected override void Configure(Scenario scenario, LogFileOptions options)
    {
        options.DegradedWhenFilling = false;
        options.MustBeWritable = false;
        options.WatchDeleted = false;
        switch (scenario)
        {
            case Scenario.Healthy:
                // Any file that is there and not empty.
                options.Path = typeof(LogFileCase).Assembly.Location;
                break;
            case Scenario.Failing:
                options.Path = typeof(LogFileCase).Assembly.Location;
                options.UnhealthyAboveBytes = 1;
                break;
            default:
                options.Path = "/proc/version/below.log";
                options.Paths = ["/no/such/*.log"];
                break;
        }
    }

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory)
    {
        File.WriteAllText(Path.Combine(directory, "app.log"), text);
        builder
            .AddLogFileCheck(Path.Combine(directory, "*.log"), name: "there")
            .AddLogFileCheck("/no/such/" + text, name: "missing")
            .AddLogFileCheck(Path.Combine(directory, "app.log"), options => options.UnhealthyAboveBytes = 1, name: "large");
    }
}
