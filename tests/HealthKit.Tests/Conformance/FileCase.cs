using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Conformance;

internal sealed class FileCase() : ConformanceCase<FileCheckOptions>(FileCheck.Type)
{
    protected override void Configure(Scenario scenario, FileCheckOptions options)
    {
        // A file that is surely there, and does not change.
        options.Path = scenario == Scenario.Unmeasurable ? "/proc/version/below" : typeof(FileCase).Assembly.Location;
        options.UnhealthyBelowBytes = scenario == Scenario.Failing ? 1L << 50 : null;
        options.UnhealthyBelowLineCount = scenario == Scenario.Failing ? 1L << 50 : null;
        options.UnhealthyWhenUnchangedFor = scenario == Scenario.Healthy ? TimeSpan.FromDays(3650) : null;
    }

    // By its own method, which brings its memory along where there is no HealthKit.
    public override void Add(IHealthChecksBuilder builder, Scenario scenario, HealthStatus? failureStatus = null) =>
        builder.AddFileCheck("/", options => Configure(scenario, options), Name, failureStatus);

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory)
    {
        var planted = Path.Combine(directory, "planted.csv");
        File.WriteAllText(planted, $"\"{text}\",b\n\"{text}\",2,3\n");
        var page = Path.Combine(directory, "page.csv");
        File.WriteAllText(page, $"<html><head><title>sign in with {text}</title>");
        builder
            .AddFileCheck(directory, name: "directory")
            .AddFileCheck("/no/such/" + text, name: "missing")
            .AddFileCheck(page, name: "page")
            .AddFileCheck(planted, name: "planted", configure: options =>
            {
                options.Header = text;
                options.Columns = [text + "!"];
            });
    }
}
