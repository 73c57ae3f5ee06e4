namespace HealthKit.IntegrationTests.Logs.Trim;

/// <summary>A log has filled its disk and its writer goes on: it is cut again and again, and no line that was not to go is lost.</summary>
public sealed class FullDiskTrimTests : IDisposable
{
    private const int Keep = 256 << 10;

    // Lines of which only a part was written, and the one that stands behind them on the same line.
    private const int LongestGap = 1000;

    private readonly string _directory = Directory.CreateTempSubdirectory("healthkit-trim-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("append", LogTrimMethod.CollapseRange)]
    [InlineData("offset", LogTrimMethod.PunchHole)]
    public async Task With_no_byte_free_a_hundred_cuts_lose_no_line(string position, LogTrimMethod method)
    {
        using var mount = TempMount.Ext4(16 << 20);
        mount.FillBytesBut(1 << 20);
        await CutAsync(mount, position, method, times: 100);
    }

    [Fact]
    public async Task On_tmpfs_too()
    {
        using var mount = TempMount.Tmpfs(4 << 20);
        mount.FillBytesBut(1 << 20);
        await CutAsync(mount, "append", LogTrimMethod.PunchHole, times: 10);
    }

    [Fact]
    public async Task Where_space_comes_in_clusters_too()
    {
        using var mount = TempMount.Ext4(64 << 20, clusterBytes: 65536);
        mount.FillBytesBut(2 << 20);
        await CutAsync(mount, "append", LogTrimMethod.CollapseRange, times: 10);
    }

    [Fact]
    public async Task In_an_overlay_too()
    {
        using var disk = TempMount.Ext4(16 << 20);
        using var mount = TempMount.Overlay(disk);
        disk.FillBytesBut(1 << 20);
        await CutAsync(mount, "append", LogTrimMethod.CollapseRange, times: 10);
    }

    private async Task CutAsync(TempMount mount, string position, LogTrimMethod method, int times)
    {
        var log = Path.Combine(mount.Path, "app.log");
        var report = Path.Combine(_directory, "report");
        await File.WriteAllTextAsync(log, "");
        using var writer = ChildProcess.StartHelper("log-writer", log, report, position);
        Assert.Equal("ready", writer.ReadLine());
        using var proc = new ProcView();
        var trimmer = new LogTrimmer([log], null, proc.Root);
        List<int[]> seen = [];
        long head = 0;
        for (var i = 0; i < times; i++)
        {
            await Eventually.TrueAsync(() => mount.FreeBytes == 0, "the log filled its disk", seen: () => $"{mount.FreeBytes} bytes free, {writer.Errors}");

            var result = trimmer.Trim(log, new LogTrimRequest { KeepBytes = Keep });

            Assert.True(result.Reason is null && result.Method == method, result.ToString());
            Assert.True(result.FreedBytes > 0, result.ToString());
            Assert.Equal(0, result.LostBytes);
            if (method == LogTrimMethod.PunchHole)
            {
                head += result.CutBytes;
                Assert.InRange(result.LengthBefore - head, Keep - LongestGap, Keep);
            }
            else
            {
                Assert.InRange(result.LengthBefore - result.CutBytes, Keep - LongestGap, Keep + 65536);
                Assert.True(string.IsNullOrWhiteSpace(NumberedLog.FirstLine(log)) || NumberedLog.FirstLine(log).StartsWith('0'), NumberedLog.FirstLine(log));
            }

            seen.Add(NumberedLog.Numbers(log, head));
        }

        var lines = NumberedLog.Stop(writer, report);
        seen.Add(NumberedLog.Numbers(log, head));
        Assert.All(seen, numbers => NumberedLog.AssertWhole(numbers, lines));
    }
}
