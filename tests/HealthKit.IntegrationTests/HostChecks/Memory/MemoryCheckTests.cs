using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace HealthKit.IntegrationTests.HostChecks.Memory;

/// <summary>The check in a process of its own, in real cgroups.</summary>
public class MemoryCheckTests
{
    private const long MiB = 1L << 20;

    [Fact]
    public void The_limit_of_the_cgroup_is_reported_and_not_the_host()
    {
        using var cgroup = MemoryCgroup.Create(128 * MiB);
        using var child = Start(cgroup);

        var result = Check(child);

        Assert.Equal("Healthy", result.GetProperty("status").GetString());
        Assert.Equal(cgroup.Name, result.GetProperty("limitedBy").GetString());
        Assert.Equal(cgroup.LimitName, result.GetProperty("limitName").GetString());
        Assert.Equal(128 * MiB, Number(result, "limitBytes"));
        Assert.InRange(Number(result, "freeBytes"), 40 * MiB, 128 * MiB);
        Assert.InRange(Number(result, "ownRssBytes"), 20 * MiB, 128 * MiB);
        Assert.Contains($" of 128.0 MiB free", result.GetProperty("description").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_is_taken_pushes_it_low_and_then_too_low()
    {
        using var cgroup = MemoryCgroup.Create(128 * MiB);
        using var child = Start(cgroup);

        Take(child, leave: 10 * MiB);
        var result = Check(child);
        Assert.Equal(("Degraded", "memory.low"), StatusAndReason(result));
        Assert.InRange(Number(result, "freeBytes"), 7 * MiB, 12.8 * MiB);

        Take(child, leave: 4 * MiB);
        result = Check(child);
        Assert.Equal(("Unhealthy", "memory.low"), StatusAndReason(result));
        Assert.StartsWith("memory low (unhealthy below 5 %): ", result.GetProperty("description").GetString(), StringComparison.Ordinal);

        // More room, at once.
        cgroup.LimitBytes = 512 * MiB;
        result = Check(child);
        Assert.Equal(("Healthy", null), StatusAndReason(result));
        Assert.Equal(512 * MiB, Number(result, "limitBytes"));
    }

    [Fact]
    public void A_tighter_limit_further_up_counts()
    {
        using var outer = MemoryCgroup.Create(128 * MiB);
        using var inner = outer.CreateChild("inner", 512 * MiB);
        using var child = Start(inner);

        var result = Check(child);

        Assert.Equal(outer.Name, result.GetProperty("limitedBy").GetString());
        Assert.Equal(128 * MiB, Number(result, "limitBytes"));

        inner.LimitBytes = 100 * MiB;
        Assert.Equal(inner.Name, Check(child).GetProperty("limitedBy").GetString());
    }

    [Fact]
    public void Page_cache_does_not_count_as_used()
    {
        var directory = Directory.CreateTempSubdirectory("healthkit-cache-");
        try
        {
            var file = Path.Combine(directory.FullName, "file");
            using (var stream = File.Create(file))
            {
                var chunk = new byte[MiB];
                for (var i = 0; i < 80; i++)
                {
                    stream.Write(chunk);
                }

                stream.Flush(flushToDisk: true);
            }

            using var cgroup = MemoryCgroup.Create(128 * MiB);
            using var child = Start(cgroup);
            var before = Check(child);
            var usageBefore = cgroup.UsageBytes;

            // Pages of a file belong to the cgroup that brought them in: drop ours first.
            Tool.Run("dd", $"if={file}", "iflag=nocache", "count=0", "status=none");
            Ask(child, $"read {file}", "read");

            Assert.InRange(cgroup.UsageBytes, usageBefore + (40 * MiB), 128 * MiB);
            var after = Check(child);
            Assert.Equal("Healthy", after.GetProperty("status").GetString());
            Assert.InRange(Number(after, "freeBytes"), Number(before, "freeBytes") - (12 * MiB), 128 * MiB);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_process_that_is_moved_is_measured_where_it_is()
    {
        using var first = MemoryCgroup.Create(128 * MiB);
        using var second = MemoryCgroup.Create(256 * MiB);
        using var child = Start(first);
        Assert.Equal(first.Name, Check(child).GetProperty("limitedBy").GetString());

        second.Take(child);

        var result = Check(child);
        Assert.Equal(second.Name, result.GetProperty("limitedBy").GetString());
        Assert.Equal(256 * MiB, Number(result, "limitBytes"));
    }

    [Fact]
    public void A_quiet_1_GiB_cgroup_raises_nothing()
    {
        using var cgroup = MemoryCgroup.Create(1024 * MiB);
        using var child = Start(cgroup);

        // As many runs as ten minutes have by default, as fast as they go.
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 60; i++)
        {
            Assert.Equal(("Healthy", null), StatusAndReason(Check(child)));
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"60 runs took {watch.Elapsed}.");
    }

    [Fact]
    public void The_default_profile_in_a_quiet_1_GiB_cgroup_raises_nothing_for_10_minutes_after_the_warm_up()
    {
        using var cgroup = MemoryCgroup.Create(1024 * MiB);
        using var child = Start(cgroup);

        // The clock is the test's, the readings are real. Half an hour, for the first ten minutes teach the forecast nothing.
        for (var seconds = 0; seconds <= 30 * 60; seconds += 10)
        {
            Assert.Equal((seconds, ("Healthy", null)), (seconds, StatusAndReason(Check(child))));
            Assert.Equal((seconds, ("Healthy", null)), (seconds, StatusAndReason(Check(child, "check disks"))));
            Ask(child, "advance 10", "advanced");
        }
    }

    [Fact]
    public void The_same_cgroup_with_a_leak_is_reported_within_10_minutes_after_the_warm_up()
    {
        using var cgroup = MemoryCgroup.Create(1024 * MiB);
        using var child = Start(cgroup);
        for (var seconds = 0; seconds < 10 * 60; seconds += 10)
        {
            Assert.Equal((seconds, ("Healthy", null)), (seconds, StatusAndReason(Check(child))));
            Ask(child, "advance 10", "advanced");
        }

        var reported = false;
        for (var seconds = 0; seconds <= 10 * 60 && !reported; seconds += 10)
        {
            Ask(child, "take 10", "taken");
            var result = Check(child);
            reported = StatusAndReason(result) == ("Degraded", "memory.filling");
            Assert.True(reported || StatusAndReason(result) == ("Healthy", null), result.ToString());
            Ask(child, "advance 10", "advanced");
        }

        Assert.True(reported);
    }

    private static ChildProcess Start(MemoryCgroup cgroup)
    {
        var child = cgroup.StartHelper("memory");
        Assert.Equal("ready", child.ReadLine());

        // The first run brings in the code that later ones need.
        _ = Check(child);
        return child;
    }

    private static void Take(ChildProcess child, long leave)
    {
        var free = (long)Number(Check(child), "freeBytes");
        Ask(child, string.Create(CultureInfo.InvariantCulture, $"take {(free - leave) / MiB}"), "taken");
    }

    private static JsonElement Check(ChildProcess child, string line = "check")
    {
        child.WriteLine(line);
        using var json = JsonDocument.Parse(child.ReadLine());
        return json.RootElement.Clone();
    }

    private static void Ask(ChildProcess child, string line, string answer)
    {
        child.WriteLine(line);
        Assert.Equal(answer, child.ReadLine());
    }

    private static double Number(JsonElement result, string name) => result.GetProperty(name).GetDouble();

    private static (string? Status, string? Reason) StatusAndReason(JsonElement result) =>
        (result.GetProperty("status").GetString(), result.TryGetProperty("reason", out var reason) ? reason.GetString() : null);
}
