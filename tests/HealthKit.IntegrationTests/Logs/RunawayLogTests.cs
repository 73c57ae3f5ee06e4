using System.Diagnostics;
using System.Text.Json;
using HealthKit.IntegrationTests.Samples;

namespace HealthKit.IntegrationTests.Logs;

/// <summary>The story of the job log that filled its disk, told by Quickstart with configuration alone.</summary>
public sealed class RunawayLogTests
{
    private const double BytesPerSecond = 10e6;

    [Fact]
    public async Task A_log_of_ten_megabytes_a_second_is_named_with_the_time_left_long_before_the_disk_is_full()
    {
        const long size = 2L << 30;
        using var disk = TempMount.Tmpfs(size);
        var log = Path.Combine(disk.Path, "job.log");
        using var app = await RunningApp.StartAsync(
            ("HealthKit__Defaults__Period", "00:00:01"),
            ("HealthKit__Checks__job_log__Type", "LogFile"), ("HealthKit__Checks__job_log__Path", log), ("HealthKit__Checks__job_log__AllowMissing", "true"),
            ("HealthKit__Checks__log_disk__Type", "DiskSpace"), ("HealthKit__Checks__log_disk__Path", disk.Path));
        using var stop = new CancellationTokenSource();
        var writer = Task.Factory.StartNew(() => Write(log, stop.Token), TaskCreationOptions.LongRunning);
        try
        {
            JsonElement entry = default;
            await Eventually.TrueAsync(
                async () => (entry = await EntryAsync(app, "job_log")).GetProperty("status").GetString() != "Healthy",
                "the log is degraded",
                TimeSpan.FromSeconds(100),
                () => entry.ToString());

            Assert.Equal("Degraded", entry.GetProperty("status").GetString());
            Assert.Equal("log.filling", entry.GetProperty("reason").GetString());
            var description = entry.GetProperty("description").GetString();
            Assert.Matches(@"^at its limit \(1 GiB\) in about (\d+ min )?\d+ s, disk full in about (\d+ min )?(\d+ s )?at \d+\.\d MiB/min: ", description);
            Assert.Contains(log, description, StringComparison.Ordinal);
            Assert.True(entry.GetProperty("data").GetProperty("freeBytes").GetInt64() > size / 2, description);
        }
        finally
        {
            await stop.CancelAsync();
            await writer;
        }

        // What fills the disk now is not the log, but the log is what grew: no, what grew most of what is watched.
        disk.FillBytes();
        JsonElement full = default;
        await Eventually.TrueAsync(
            async () => (full = await EntryAsync(app, "log_disk")).GetProperty("status").GetString() == "Unhealthy", "the disk is full", seen: () => full.ToString());
        Assert.Equal(log, full.GetProperty("data").GetProperty("likelyCause").GetString());
        Assert.Contains($"likely cause: {log} grew ", full.GetProperty("description").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_no_byte_left_for_log_and_state_health_answers_and_the_action_makes_room()
    {
        using var disk = TempMount.Ext4(64 << 20);
        var log = Path.Combine(disk.Path, "job.log");
        using var app = await RunningApp.StartAsync(
            ("HealthKit__StateDirectory", Path.Combine(disk.Path, "state")),
            ("HealthKit__Defaults__Period", "00:00:00.5"),
            ("HealthKit__Checks__job_log__Type", "LogFile"), ("HealthKit__Checks__job_log__Path", log), ("HealthKit__Checks__job_log__AllowMissing", "true"),
            ("HealthKit__Checks__job_log__DegradedWhenFilling", "false"), ("HealthKit__Checks__job_log__UnhealthyAboveFileSystemPercent", "99"),
            ("HealthKit__Checks__job_log__TrimToBytes", "1000000"));
        using var writer = ChildProcess.Start("sh", "-c", $"i=0; while :; do i=$((i+1)); echo \"$i a line of the job that nobody reads, and that is written again and again\"; done >> {log} 2>/dev/null");
        var slowest = TimeSpan.Zero;
        JsonElement entry = default;
        var incidents = "";
        FillTheRest(disk);
        await Eventually.TrueAsync(
            async () =>
            {
                var clock = Stopwatch.StartNew();
                entry = await EntryAsync(app, "job_log");
                slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, clock.Elapsed.Ticks));
                return entry.GetProperty("data").TryGetProperty("trimFreedBytes", out var freed) && freed.GetInt64() > 0;
            },
            "the action has cut the log",
            TimeSpan.FromSeconds(60),
            () => entry.ToString());
        await Eventually.TrueAsync(
            async () => (incidents = (await app.GetAsync("/health/incidents")).Body).Contains("log.disk.full", StringComparison.Ordinal),
            "there is an incident of it",
            TimeSpan.FromSeconds(20),
            () => incidents);

        Assert.InRange(slowest, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.True(new DriveInfo(disk.Path).AvailableFreeSpace > 0, "There is room again.");
        Assert.False(writer.HasExited);
    }

    /// <summary>Leaves the log 16 MB, a quarter of the file system, and takes all else.</summary>
    private static void FillTheRest(TempMount disk)
    {
        var free = new DriveInfo(disk.Path).AvailableFreeSpace;
        using var filler = File.OpenHandle(
            Path.Combine(disk.Path, "filler"), FileMode.CreateNew, FileAccess.Write, preallocationSize: free - (16 << 20));
    }

    private static void Write(string path, CancellationToken stop)
    {
        var line = new byte[100];
        Array.Fill(line, (byte)'x');
        line[^1] = (byte)'\n';
        var chunk = Enumerable.Repeat(line, 1000).SelectMany(b => b).ToArray();
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, 0);
        var clock = Stopwatch.StartNew();
        while (!stop.IsCancellationRequested)
        {
            // As fast as the clock says: what a busy machine held up is made good.
            if (file.Length < clock.Elapsed.TotalSeconds * BytesPerSecond)
            {
                file.Write(chunk);
            }
            else
            {
                stop.WaitHandle.WaitOne(1);
            }
        }
    }

    private static async Task<JsonElement> EntryAsync(RunningApp app, string name)
    {
        using var health = JsonDocument.Parse((await app.GetAsync("/health")).Body);
        return health.RootElement.GetProperty("entries").GetProperty(name).Clone();
    }
}
