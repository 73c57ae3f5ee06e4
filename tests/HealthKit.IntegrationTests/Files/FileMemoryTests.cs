using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.IntegrationTests;

/// <summary>The last good file, remembered on a disk that is full.</summary>
public sealed class FileMemoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("healthkit-file-").FullName;

    private string DataFile => Path.Combine(_root, "data.csv");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_disk_that_fills_up_later_loses_nothing_across_restarts()
    {
        using var mount = TempMount.Tmpfs(8 << 20);
        Write(100);
        Assert.Equal(HealthStatus.Healthy, Run(mount.Path).Single().Status);
        mount.FillBytes();
        Write(1_000);
        Assert.Equal(HealthStatus.Healthy, Run(mount.Path).Single().Status);
        Write(10);

        var result = Run(mount.Path).Single();

        Assert.Equal("file.shrunk", result.Data["reason"]);
        Assert.Equal(1_000L, result.Data["lastGoodBytes"]);
    }

    [Fact]
    public void On_a_disk_that_is_full_from_the_start_it_remembers_as_long_as_the_process_lives()
    {
        using var mount = TempMount.Tmpfs(8 << 20);
        mount.FillBytes();
        Write(1_000);

        var results = Run(mount.Path, () => Write(10));

        Assert.Equal(HealthStatus.Healthy, results[0].Status);
        Assert.Equal("file.shrunk", results[1].Data["reason"]);
        Assert.Equal(HealthStatus.Healthy, Run(mount.Path).Single().Status);
    }

    /// <summary>One life of a process: a run, and another after each change.</summary>
    private List<HealthCheckResult> Run(string mount, params Action[] changes)
    {
        using var state = StateDirectory.Open(Path.Combine(mount, "state"), "app", NullLogger.Instance);
        using var memory = new FileMemory(state, flusher: null, TimeProvider.System, NullLogger.Instance);
        var options = new FileCheckOptions { Path = DataFile, UnhealthyAboveShrinkPercent = 50 };
        using var check = new FileCheck(new FileSource(), memory, TimeProvider.System, new Redactor(), () => options);
        var context = new HealthCheckContext { Registration = new HealthCheckRegistration("data", check, HealthStatus.Unhealthy, tags: null) };
        List<HealthCheckResult> results = [check.CheckHealthAsync(context).GetAwaiter().GetResult()];
        foreach (var change in changes)
        {
            change();
            results.Add(check.CheckHealthAsync(context).GetAwaiter().GetResult());
        }

        return results;
    }

    private void Write(int bytes)
    {
        File.WriteAllText(DataFile + ".new", new string('x', bytes));
        File.Move(DataFile + ".new", DataFile, overwrite: true);
    }
}
