using System.Diagnostics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Logs;

public sealed class LogFileCheckTests : IDisposable
{
    private const int Megabyte = 1_000_000;

    private static readonly TimeSpan Ten = TimeSpan.FromSeconds(10);

    private readonly LogBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void A_small_log_is_healthy_and_its_numbers_are_told()
    {
        _bench.Write(_bench.Log, 2 * Megabyte);

        var result = _bench.Run();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal(Allocated(_bench.Log), result.Data["allocatedBytes"]);
        Assert.Equal(2L * Megabyte, result.Data["lengthBytes"]);
        Assert.Equal(_bench.Log, result.Data["largest"]);
        Assert.Equal(2.0, (double)result.Data["fileSystemPercent"], 0.1);
        Assert.Matches(@"^1\.9 MiB in .*/app\.log, 2\.0 % of /logs with 93\.\d MiB free$", result.Description);
    }

    [Fact]
    public void Its_share_of_the_file_system_has_limits_without_any_option()
    {
        _bench.Write(_bench.Log, 20 * Megabyte);
        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);

        _bench.Write(_bench.Log, 6 * Megabyte);
        var degraded = _bench.Run(TimeSpan.FromHours(1));
        Assert.Equal((HealthStatus.Degraded, "log.size.large"), (degraded.Status, degraded.Data["reason"]));
        Assert.StartsWith("log too large (degraded above 25 % of the file system): ", degraded.Description, StringComparison.Ordinal);

        _bench.Write(_bench.Log, 25 * Megabyte);
        Assert.Equal(HealthStatus.Unhealthy, _bench.Run(TimeSpan.FromHours(1)).Status);
    }

    [Fact]
    public void Limits_in_bytes_take_the_place_of_those_of_the_share()
    {
        _bench.Options = new LogFileOptions { Path = _bench.Log, DegradedAboveBytes = 60 * Megabyte };
        _bench.Write(_bench.Log, 55 * Megabyte);

        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);
        _bench.Write(_bench.Log, 10 * Megabyte);
        Assert.Equal(HealthStatus.Degraded, _bench.Run().Status);
    }

    [Fact]
    public void All_files_of_a_glob_count_together_and_each_only_once()
    {
        Directory.CreateDirectory(_bench.PathOf("a"));
        Directory.CreateDirectory(_bench.PathOf("b"));
        _bench.Write(_bench.PathOf("a/one.log"), 3 * Megabyte);
        _bench.Write(_bench.PathOf("b/two.log"), 5 * Megabyte);
        _bench.Write(_bench.PathOf("b/other.txt"), Megabyte);
        _bench.Write(_bench.PathOf("b/.hidden.log"), Megabyte);
        File.CreateSymbolicLink(_bench.PathOf("a/link.log"), _bench.PathOf("b/two.log"));
        _bench.Options = new LogFileOptions { Path = _bench.PathOf("*/*.log") };

        var result = _bench.Run();

        Assert.Equal(2, result.Data["filesCount"]);
        Assert.Equal(8L * Megabyte, result.Data["lengthBytes"]);
        Assert.Equal("two.log", Path.GetFileName(Path.GetFullPath((string)result.Data["largest"])).Replace("link", "two", StringComparison.Ordinal));
        Assert.Contains("in 2 files, largest ", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_comes_or_goes_is_seen_though_directories_are_not_read_at_each_run()
    {
        _bench.Options = new LogFileOptions { Path = _bench.PathOf("*.log") };
        _bench.Write(_bench.Log, 1000);
        Directory.SetLastWriteTimeUtc(_bench.Root, DateTime.UtcNow.AddMinutes(-1)); // settled
        Assert.Equal(1, _bench.Run().Data["filesCount"]);
        Assert.Equal(1, _bench.Run(Ten).Data["filesCount"]);

        _bench.Write(_bench.PathOf("new.log"), 1000);
        Assert.Equal(2, _bench.Run(Ten).Data["filesCount"]);

        File.Delete(_bench.Log);
        Assert.Equal(1, _bench.Run(Ten).Data["filesCount"]);
    }

    [Fact]
    public void A_missing_log_is_a_failure_unless_it_may_be_missing()
    {
        foreach (var path in new[] { _bench.Log, _bench.PathOf("*.log"), _bench.PathOf("nowhere/*/x.log") })
        {
            _bench.Options = new LogFileOptions { Path = path };
            var result = _bench.Run();
            Assert.Equal((HealthStatus.Unhealthy, "log.missing"), (result.Status, result.Data["reason"]));
            Assert.Contains(path, result.Description, StringComparison.Ordinal);

            _bench.Options = new LogFileOptions { Path = path, AllowMissing = true };
            Assert.Equal((HealthStatus.Healthy, "not there yet"), (_bench.Run().Status, _bench.Run().Description));
        }
    }

    [Fact]
    public void One_missing_of_two_is_named_and_the_other_still_measured()
    {
        _bench.Write(_bench.Log, 1000);
        _bench.Options = new LogFileOptions { Paths = [_bench.Log, _bench.PathOf("gone.log")] };

        var result = _bench.Run();

        Assert.Equal((HealthStatus.Unhealthy, "log.missing"), (result.Status, result.Data["reason"]));
        Assert.Equal([_bench.PathOf("gone.log")], (IEnumerable<string>)result.Data["missing"]);
        Assert.Equal(1, result.Data["filesCount"]);
    }

    [Fact]
    public void What_is_no_file_is_said_to_be_none()
    {
        _bench.Options = new LogFileOptions { Path = "/dev/null" };
        Assert.Equal("log.notRegular", _bench.Run().Data["reason"]);

        _bench.Options = new LogFileOptions { Path = _bench.Root };
        Assert.Equal("log.notRegular", _bench.Run().Data["reason"]);
    }

    [Fact]
    public void A_log_that_will_fill_its_disk_within_minutes_is_told_with_the_time_left()
    {
        // A fiftieth of the real story: 0.2 MB/s on 40 MB.
        using var bench = new LogBench(40e6);
        bench.Write(bench.Log, Megabyte / 5);
        bench.Run();
        HealthCheckResult result = default;
        var seconds = 0;
        do
        {
            bench.Write(bench.Log, 2 * Megabyte);
            result = bench.Run(Ten);
            seconds += 10;
        }
        while (result.Status == HealthStatus.Healthy);

        Assert.Equal((HealthStatus.Degraded, "log.filling"), (result.Status, result.Data["reason"]));
        Assert.InRange(seconds, 10, 30);
        Assert.Matches(@"^at its limit \(19\.07 MiB\) in about 1 min \d+ s, disk full in about [23] min( \d+ s)? at 1[12]\.\d MiB/min: .*/app\.log, grows ", result.Description);

        // It ends as soon as the log does.
        result = bench.Run(TimeSpan.FromMinutes(3));
        Assert.Equal(HealthStatus.Healthy, bench.Run(Ten).Status);
    }

    [Fact]
    public void A_log_that_has_filled_its_disk_is_unhealthy_whatever_its_share()
    {
        _bench.Write(_bench.Log, 15 * Megabyte);
        _bench.Fill(84.9e6);

        var result = _bench.Run();

        Assert.Equal((HealthStatus.Unhealthy, "log.disk.full"), (result.Status, result.Data["reason"]));
    }

    [Fact]
    public void Growth_is_what_was_written_whatever_rotation_takes_away()
    {
        using var bench = new LogBench(10e9);
        bench.Write(bench.Log, Megabyte);
        bench.Run();
        for (var i = 0; i < 12; i++)
        {
            if (i == 6)
            {
                File.WriteAllText(bench.Log, "");
                bench.Run(TimeSpan.FromMilliseconds(1));
            }

            bench.Write(bench.Log, Megabyte);
            bench.Run(TimeSpan.FromMinutes(5));
        }

        var result = bench.Run(TimeSpan.FromMilliseconds(1));
        Assert.Equal(12.0 * Megabyte / 3600, (double)result.Data["growthBytesPerSecond"], 12.0 * Megabyte / 3600 * 0.02);
        Assert.Equal(false, result.Data["accelerating"]);
    }

    [Fact]
    public void Growth_that_accelerates_is_said_to()
    {
        using var bench = new LogBench(10e9);
        bench.Write(bench.Log, Megabyte);
        bench.Run();
        HealthCheckResult result = default;
        for (var i = 1; i <= 12; i++)
        {
            bench.Write(bench.Log, i * 300_000);
            result = bench.Run(TimeSpan.FromMinutes(5));
        }

        Assert.Equal(true, result.Data["accelerating"]);
        Assert.Contains("faster and faster", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void The_disk_check_is_told_what_grew_most()
    {
        _bench.Options = new LogFileOptions { Path = _bench.PathOf("*.log") };
        _bench.Write(_bench.Log, 3 * Megabyte);
        _bench.Write(_bench.PathOf("calm.log"), 6 * Megabyte);
        _bench.Run();
        _bench.Write(_bench.Log, 2 * Megabyte);
        _bench.Run(Ten);

        var file = _bench.Growing.FindFastest((8, 1), _bench.Time);

        Assert.Equal((_bench.Log, Ten), (file?.Path, file?.Within));
        Assert.InRange(file!.GrownBytes, 1.9 * Megabyte, 2.1 * Megabyte);
        Assert.Null(_bench.Growing.FindFastest((8, 2), _bench.Time));

        _bench.Time.Advance(TimeSpan.FromMinutes(61));
        Assert.Null(_bench.Growing.FindFastest((8, 1), _bench.Time));
    }

    [Fact]
    public void A_log_that_was_not_rotated_in_time_is_degraded()
    {
        _bench.Options = new LogFileOptions { Path = _bench.Log, RotatedEvery = TimeSpan.FromHours(26) };
        _bench.Write(_bench.Log, 1000);
        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);

        var result = _bench.Run(TimeSpan.FromHours(27));
        Assert.Equal((HealthStatus.Degraded, "log.rotation.overdue"), (result.Status, result.Data["reason"]));
        Assert.Contains("was not rotated for 1 d 3 h (allowed: 1 d 2 h)", result.Description, StringComparison.Ordinal);

        // copytruncate: the file is the same, the copy beside it new.
        _bench.Write(_bench.PathOf("app.log.1"), 1000);
        File.SetLastWriteTimeUtc(_bench.PathOf("app.log.1"), _bench.Time.GetUtcNow().UtcDateTime.AddMinutes(-5));
        Assert.Equal(HealthStatus.Healthy, _bench.Run(Ten).Status);

        // create: another file.
        Assert.Equal(HealthStatus.Degraded, _bench.Run(TimeSpan.FromHours(27)).Status);
        File.Move(_bench.Log, _bench.PathOf("app.log.2"));
        _bench.Write(_bench.Log, 1000);
        File.SetLastWriteTimeUtc(_bench.Log, _bench.Time.GetUtcNow().UtcDateTime);
        Assert.Equal(HealthStatus.Healthy, _bench.Run(Ten).Status);
    }

    [Fact]
    public void A_log_larger_than_rotation_allows_is_degraded()
    {
        _bench.Options = new LogFileOptions { Path = _bench.Log, RotatedAtBytes = Megabyte };
        _bench.Write(_bench.Log, Megabyte + 5000);

        Assert.Equal("log.rotation.overdue", _bench.Run().Data["reason"]);
    }

    [Fact]
    public async Task A_deleted_log_that_is_still_open_is_told_with_its_process_at_the_second_look()
    {
        _bench.Deleted = new DeletedFiles(_bench.Time);
        _bench.Options = new LogFileOptions { Path = _bench.Log };
        _bench.Write(_bench.Log, 100);
        using var writer = new FileStream(_bench.PathOf("app.log.1"), FileMode.CreateNew, FileAccess.Write, FileShare.Delete, 0);
        writer.Write(new byte[Megabyte]);
        File.Delete(_bench.PathOf("app.log.1"));

        // The device of the fake file system is another one: only the path can tell.
        var first = _bench.Run();
        Assert.Equal(HealthStatus.Healthy, first.Status);
        var second = _bench.Run(TimeSpan.FromSeconds(61));
        Assert.Equal(0, second.Data.GetValueOrDefault("deletedCount", 0));

        using var real = new LogFileCheck(
            FileSystemSource.OfThisSystem,
            _bench.Time,
            null,
            _bench.Deleted,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<LogTrimmer>.Instance,
            () => _bench.Options);
        var context = new HealthCheckContext { Registration = new HealthCheckRegistration("log", real, HealthStatus.Unhealthy, null) };
        await real.CheckHealthAsync(context);
        _bench.Time.Advance(TimeSpan.FromSeconds(61));
        var result = await real.CheckHealthAsync(context);

        Assert.Equal((HealthStatus.Degraded, "log.deletedOpen"), (result.Status, result.Data["reason"]));
        Assert.Contains($"(pid {Environment.ProcessId}, ", result.Description, StringComparison.Ordinal);
        Assert.Equal(1, result.Data["deletedCount"]);
        Assert.InRange((long)result.Data["deletedBytes"], Megabyte, Megabyte + 8192);
    }

    [Fact]
    public void The_action_is_off_and_once_turned_on_cuts_the_log_and_says_so()
    {
        _bench.Options = new LogFileOptions { Path = _bench.Log, UnhealthyAboveBytes = 2 * Megabyte };
        for (var i = 0; i < 30; i++)
        {
            _bench.Write(_bench.Log, 100_000);
        }

        Assert.Equal(HealthStatus.Unhealthy, _bench.Run().Status);
        Assert.Equal(HealthStatus.Unhealthy, _bench.Run(TimeSpan.FromMinutes(5)).Status);

        _bench.Options = new LogFileOptions { Path = _bench.Log, UnhealthyAboveBytes = 2 * Megabyte, TrimToBytes = 500_000 };
        var acting = _bench.Run(Ten);
        Assert.Equal((HealthStatus.Unhealthy, "log.size.large"), (acting.Status, acting.Data["reason"]));
        Assert.InRange((long)acting.Data["trimFreedBytes"], 2_400_000, 2_600_000);

        var after = _bench.Run(Ten);
        Assert.Equal(HealthStatus.Healthy, after.Status);
        Assert.NotNull(after.Data["trimmedAt"]);
        Assert.InRange(Allocated(_bench.Log), 390_000, 600_000);
    }

    [Fact]
    public void An_action_that_was_refused_says_why_and_is_not_tried_at_every_run()
    {
        _bench.Options = new LogFileOptions { Path = _bench.Log, UnhealthyAboveBytes = Megabyte, TrimToBytes = 1000 };
        for (var i = 0; i < 20; i++)
        {
            _bench.Write(_bench.Log, 100_000);
        }

        Process.Start("ln", [_bench.Log, _bench.PathOf("second-name")])!.WaitForExit();

        var first = _bench.Run();
        var second = _bench.Run(Ten);

        Assert.Equal("trim.hardLinks", first.Data["trimReason"]);
        Assert.Equal(first.Data["trimmedAt"], second.Data["trimmedAt"]);
        Assert.Contains("could not be cut (trim.hardLinks)", second.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void The_action_leaves_a_log_alone_that_is_not_what_is_wrong()
    {
        _bench.Options = new LogFileOptions { Paths = [_bench.Log, "/dev/null"], UnhealthyAboveBytes = 50 * Megabyte, TrimToBytes = 1000 };
        for (var i = 0; i < 10; i++)
        {
            _bench.Write(_bench.Log, 100_000);
        }

        var result = _bench.Run();

        Assert.Equal((HealthStatus.Unhealthy, "log.notRegular"), (result.Status, result.Data["reason"]));
        Assert.DoesNotContain("trimMethod", result.Data.Keys);
        Assert.InRange(Allocated(_bench.Log), Megabyte, 2 * Megabyte);
    }

    [Fact]
    public async Task The_action_does_not_cut_a_log_for_what_deleted_ones_hold()
    {
        _bench.Deleted = new DeletedFiles(_bench.Time);
        _bench.Options = new LogFileOptions { Path = _bench.Log, UnhealthyAboveBytes = 2 * Megabyte, TrimToBytes = 1000 };
        using var held = new FileStream(_bench.Log, FileMode.CreateNew, FileAccess.Write, FileShare.Delete, 0);
        held.Write(new byte[3 * Megabyte]);
        File.Delete(_bench.Log);
        for (var i = 0; i < 10; i++)
        {
            _bench.Write(_bench.Log, 100_000);
        }

        var result = await RunOnThisSystem();

        Assert.Equal((HealthStatus.Unhealthy, "log.size.large"), (result.Status, result.Data["reason"]));
        Assert.DoesNotContain("trimMethod", result.Data.Keys);
        Assert.InRange(Allocated(_bench.Log), Megabyte, 2 * Megabyte);
    }

    [Fact]
    public void What_rotation_renames_and_copies_has_not_grown()
    {
        _bench.Options = new LogFileOptions { Path = _bench.PathOf("*") };
        _bench.Write(_bench.Log, 3 * Megabyte);
        _bench.Write(_bench.PathOf("app.log.1"), 4 * Megabyte);
        _bench.Write(_bench.PathOf("worker.log"), 1000);
        _bench.Run();

        // create
        File.Move(_bench.PathOf("app.log.1"), _bench.PathOf("app.log.2"));
        File.Move(_bench.Log, _bench.PathOf("app.log.1"));
        _bench.Write(_bench.Log, 1000);
        _bench.Write(_bench.PathOf("worker.log"), Megabyte);
        Assert.Equal(_bench.PathOf("worker.log"), _bench.Run(Ten).Data["fastest"]);

        // copytruncate, and an archive
        File.Copy(_bench.PathOf("worker.log"), _bench.PathOf("worker.log.1"));
        File.WriteAllText(_bench.PathOf("worker.log"), "");
        File.Copy(_bench.PathOf("app.log.2"), _bench.PathOf("app.log.2.gz"));
        File.Delete(_bench.PathOf("app.log.2"));
        Assert.Equal(_bench.PathOf("worker.log"), _bench.Run(Ten).Data["fastest"]);
    }

    [Fact]
    public void A_log_that_could_not_be_measured_for_a_while_has_not_grown_by_all_it_holds()
    {
        var hidden = Directory.CreateDirectory(_bench.PathOf("a")).FullName;
        var log = Path.Combine(hidden, "app.log");
        _bench.Write(log, 20 * Megabyte);
        _bench.Write(_bench.Log, 1000);
        _bench.Options = new LogFileOptions { Paths = [log, _bench.Log] };
        _bench.Run();
        _bench.Run(Ten);

        // ELOOP, as root is denied nothing.
        Directory.Move(hidden, hidden + "-aside");
        File.CreateSymbolicLink(hidden, hidden);
        Assert.Equal("log.measure.failed", _bench.Run(Ten).Data["reason"]);
        File.Delete(hidden);
        Directory.Move(hidden + "-aside", hidden);
        var result = _bench.Run(Ten);

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal(0.0, result.Data["growthBytesPerSecond"]);
        Assert.DoesNotContain("fastest", result.Data.Keys);
    }

    [Fact]
    public void Rotated_files_under_the_wildcards_are_not_overdue()
    {
        _bench.Options = new LogFileOptions { Path = _bench.PathOf("app*"), RotatedEvery = TimeSpan.FromHours(26), RotatedAtBytes = 2 * Megabyte };
        _bench.Write(_bench.Log, 1000);
        _bench.Write(_bench.PathOf("app.log.1"), 3 * Megabyte);
        _bench.Write(_bench.PathOf("app20261122.txt"), 1000); // a file a day: it is not written after its day
        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);

        _bench.Time.Advance(TimeSpan.FromHours(27));
        File.Move(_bench.PathOf("app.log.1"), _bench.PathOf("app.log.2"));
        File.Move(_bench.Log, _bench.PathOf("app.log.1"));
        _bench.Write(_bench.Log, 1000);
        Assert.Equal(HealthStatus.Healthy, _bench.Run().Status);

        // One that is still written is.
        _bench.Write(_bench.PathOf("app20261122.txt"), 1000);
        File.SetLastWriteTimeUtc(_bench.PathOf("app20261122.txt"), _bench.Time.GetUtcNow().UtcDateTime);
        var result = _bench.Run(Ten);
        Assert.Equal((HealthStatus.Degraded, "log.rotation.overdue"), (result.Status, result.Data["reason"]));
        Assert.Contains("app20261122.txt was not rotated for", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Wildcards_for_which_only_something_else_stands_have_no_log()
    {
        _bench.Options = new LogFileOptions { Path = _bench.PathOf("*.log") };
        File.CreateSymbolicLink(_bench.PathOf("current.log"), _bench.PathOf("gone"));

        Assert.Equal("log.missing", _bench.Run().Data["reason"]);
    }

    [Fact]
    public async Task A_deleted_log_that_is_only_read_is_told_and_no_fault()
    {
        _bench.Deleted = new DeletedFiles(_bench.Time);
        _bench.Write(_bench.Log, 100);
        _bench.Write(_bench.PathOf("app.log.1"), Megabyte);
        using var reader = new FileStream(_bench.PathOf("app.log.1"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        File.Delete(_bench.PathOf("app.log.1"));
        _bench.Options = new LogFileOptions { Path = _bench.Log };

        var result = await RunOnThisSystem(times: 3);

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal(1, result.Data["deletedCount"]);
    }

    [Fact]
    public async Task A_deleted_log_is_found_behind_links_and_wildcards()
    {
        _bench.Deleted = new DeletedFiles(_bench.Time);
        Directory.CreateDirectory(_bench.PathOf("real"));
        Directory.CreateSymbolicLink(_bench.PathOf("link"), _bench.PathOf("real"));
        _bench.Write(_bench.PathOf("real/app.log"), 100);
        using var writer = new FileStream(_bench.PathOf("real/app.log.1"), FileMode.CreateNew, FileAccess.Write, FileShare.Delete, 0);
        writer.Write(new byte[Megabyte]);
        File.Delete(_bench.PathOf("real/app.log.1"));

        foreach (var path in new[] { "real/*.log", "link/app.log", "link/*.log" })
        {
            _bench.Options = new LogFileOptions { Path = _bench.PathOf(path) };
            var result = await RunOnThisSystem(times: 3);
            Assert.Equal((path, HealthStatus.Degraded, "log.deletedOpen"), (path, result.Status, result.Data.GetValueOrDefault("reason")));
        }
    }

    [Fact]
    public void Other_limits_leave_what_is_known_of_growth()
    {
        _bench.Options = new LogFileOptions { Path = _bench.Log };
        _bench.Write(_bench.Log, Megabyte);
        _bench.Run();
        _bench.Write(_bench.Log, 2 * Megabyte);
        _bench.Run(Ten);

        _bench.Options = new LogFileOptions { Path = _bench.Log, UnhealthyAboveBytes = 80 * Megabyte };
        _bench.Run(Ten);

        Assert.Equal(_bench.Log, _bench.Growing.FindFastest((8, 1), _bench.Time)?.Path);
    }

    [Fact]
    public void A_name_of_a_file_cannot_write_into_a_terminal()
    {
        _bench.Options = new LogFileOptions { Path = _bench.PathOf("*"), RotatedAtBytes = 10 };
        _bench.Write(_bench.PathOf("x\n\e[31m.log"), 60 * Megabyte);

        var result = _bench.Run();

        Assert.DoesNotContain(result.Description!, char.IsControl);
        Assert.All(result.Data.Values.OfType<string>(), text => Assert.DoesNotContain(text, char.IsControl));
        Assert.Contains("x??[31m.log", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_system_that_cannot_be_measured_is_a_failure()
    {
        _bench.Write(_bench.Log, 1000);
        _bench.FileSystemError = LibC.IoError;

        Assert.Equal((HealthStatus.Unhealthy, "log.measure.failed"), (_bench.Run().Status, _bench.Run().Data["reason"]));
    }

    private async Task<HealthCheckResult> RunOnThisSystem(int times = 1)
    {
        using var check = new LogFileCheck(
            FileSystemSource.OfThisSystem,
            _bench.Time,
            null,
            _bench.Deleted,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<LogTrimmer>.Instance,
            () => _bench.Options);
        var context = new HealthCheckContext { Registration = new HealthCheckRegistration("log", check, HealthStatus.Unhealthy, null) };
        HealthCheckResult result = default;
        for (var i = 0; i < times; i++)
        {
            result = await check.CheckHealthAsync(context);
            _bench.Time.Advance(TimeSpan.FromSeconds(61));
        }

        return result;
    }

    private static long Allocated(string path)
    {
        Assert.Equal(0, FileStatus.Read(path, followLink: false, out var status));
        return status.AllocatedBytes;
    }
}
