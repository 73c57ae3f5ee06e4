using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

internal sealed class DirectoryCase() : ConformanceCase<DirectoryOptions>(DirectoryCheck.Type)
{
    protected override void Configure(Scenario scenario, DirectoryOptions options)
    {
        // The tests' own directory: it is there, has files, and was written by who runs them.
        options.Path = AppContext.BaseDirectory;
        options.Recursive = false;
        options.AllowWorldWritable = true;
        switch (scenario)
        {
            case Scenario.Healthy:
                options.MustBeWritable = false;
                break;
            case Scenario.Failing:
                options.UnhealthyAboveFilesCount = 0;
                break;
            default:
                // Root may look everywhere, but not below a file.
                options.Path = "/proc/version/below";
                break;
        }
    }

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory)
    {
        File.WriteAllBytes(Path.Combine(directory, Path.GetFileName(text)), new byte[100]);
        builder
            .AddDirectoryCheck(directory, options => options.UnhealthyAboveBytes = 0, name: "there")
            .AddDirectoryCheck(Path.GetDirectoryName(directory)!, options => options.UnhealthyAboveFilesCount = 0, name: "above")
            .AddDirectoryCheck("/", options => (options.Pattern, options.Recursive, options.MinimumFilesCount) = (Path.GetFileName(text), false, 1), name: "pattern")
            .AddDirectoryCheck("/no/such/" + text, name: "missing");
    }
}
