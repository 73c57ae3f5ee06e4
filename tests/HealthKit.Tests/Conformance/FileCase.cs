using Microsoft.Extensions.DependencyInjection;

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
