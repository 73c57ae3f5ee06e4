using System.Globalization;
using System.IO.MemoryMappedFiles;

namespace HealthKit.IntegrationTests.Logs.Trim;

/// <summary>Cuts on real file systems, with writers and readers in other processes.</summary>
public sealed class TrimTests : IDisposable
{
    private const int Size = 400_000, Keep = 100_000;
    private readonly TempMount _disk = TempMount.Ext4(16 << 20);
    private readonly string _log;

    public TrimTests() => _log = Path.Combine(_disk.Path, "app.log");

    public void Dispose() => _disk.Dispose();

    [Fact]
    public void A_log_that_nobody_has_open_is_shortened_by_whole_blocks_and_begins_with_an_empty_line()
    {
        var all = Fill();

        var result = Trim();

        Done(LogTrimMethod.CollapseRange, result);
        Assert.Equal(result.LengthBefore - result.LengthAfter, result.FreedBytes);
        Assert.Equal(new FileInfo(_log).Length, result.LengthAfter);
        var first = NumberedLog.FirstLine(_log);
        Assert.True(string.IsNullOrWhiteSpace(first), first);
        Assert.Equal(result.CutBytes, result.LengthBefore - result.LengthAfter + first.Length + 1);
        var kept = NumberedLog.Numbers(_log);
        Assert.Equal(all[^kept.Length..], kept);
        Assert.InRange(new FileInfo(_log).Length - first.Length, Keep - 200, Keep + 4096);
    }

    [Fact]
    public void Where_a_line_begins_with_the_block_nothing_is_blanked()
    {
        File.WriteAllText(_log, string.Concat(Enumerable.Range(0, 4096).Select(number => $"{number:D15}\n")));

        var result = Trim(16_000);

        Done(LogTrimMethod.CollapseRange, result);
        Assert.Equal(result.LengthBefore - result.LengthAfter, result.CutBytes);
        Assert.Equal(result.LengthAfter / 16, File.ReadLines(_log).Count(line => line.Length == 15 && line.Trim().Length == 15));
    }

    [Theory]
    [InlineData(LogTrimMethod.CollapseRange)]
    [InlineData(LogTrimMethod.PunchHole)]
    public void Whatever_stands_in_a_log_what_is_left_is_its_end_from_the_start_of_a_line(LogTrimMethod method)
    {
        using var proc = new ProcView();
        for (var seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var longest = random.Next(1, seed % 4 == 0 ? 20_000 : 300);
            var text = string.Concat(Enumerable.Range(0, random.Next(1, longest > 300 ? 200 : 2000)).Select(_ => new string((char)random.Next('a', 'z'), random.Next(longest)) + "\n"))
                + new string('!', random.Next(2) * random.Next(3000));
            File.WriteAllText(_log, text);
            var keep = random.Next(text.Length + 1);
            using var reader = method == LogTrimMethod.PunchHole ? File.OpenRead(_log) : null;

            var result = new LogTrimmer([_log], null, proc.Root).Trim(_log, new LogTrimRequest { KeepBytes = keep });

            Assert.True(result.Method == method || result.Reason is "trim.nothingToDo" or "trim.longLine", $"{seed}: {result}");
            var left = File.ReadAllText(_log);
            var changed = result.Method != LogTrimMethod.None;
            var end = changed && method == LogTrimMethod.PunchHole ? left.TrimStart('\0')
                : changed && left.TrimStart(' ') is ['\n', ..] ? left.TrimStart(' ')[1..]
                : left;
            Assert.True(text.EndsWith(end, StringComparison.Ordinal), $"{seed}: {result}");
            Assert.True(end.Length == text.Length || text[^(end.Length + 1)] == '\n', $"{seed}: {result}");
            Assert.True(!changed || result.CutBytes == text.Length - end.Length, $"{seed}: {text.Length - end.Length} {result}");

            // Never less than was to be kept but for the line at the cut, never more but for a block or the last line.
            Assert.True(end.Length >= Math.Min(keep, text.Length) - longest - 3000, $"{seed}: {end.Length} of {keep}");
            Assert.True(!changed || end.Length <= Math.Max(keep, 20_000) + 4096, $"{seed}: {end.Length} of {keep}");
        }
    }

    [Fact]
    public void A_dry_run_changes_nothing()
    {
        Fill();
        var before = File.ReadAllBytes(_log);
        FileStatus.Read(_log, false, out var was);

        using var proc = new ProcView();
        var result = new LogTrimmer([_log], null, proc.Root).Trim(_log, new LogTrimRequest { KeepBytes = Keep, DryRun = true });

        Assert.Equal((LogTrimMethod.CollapseRange, null, true), (result.Method, result.Reason, result.WasDryRun));
        Assert.InRange(result.CutBytes, Size - Keep, Size - Keep + 500);
        Assert.InRange(result.FreedBytes, Size - Keep - 4096, Size - Keep + 500);
        Assert.Equal(result.AllocatedBefore, result.AllocatedAfter);
        FileStatus.Read(_log, false, out var now);
        Assert.Equal(was, now);
        Assert.Equal(before, File.ReadAllBytes(_log));
    }

    [Fact]
    public void What_may_not_be_cut_is_refused_by_its_reason_and_stays_as_it_is()
    {
        Fill();
        Refused("trim.appendOnly", _log, "chattr", "+a", _log);
        Tool.Run("chattr", "-a", _log);
        Refused("trim.immutable", _log, "chattr", "+i", _log);
        Tool.Run("chattr", "-i", _log);

        var directory = Path.Combine(_disk.Path, "directory");
        Refused("trim.notRegular", directory, "mkdir", directory);
        var pipe = Path.Combine(_disk.Path, "pipe");
        Refused("trim.notRegular", pipe, "mkfifo", pipe);
        Refused("trim.symbolicLink", Path.Combine(_disk.Path, "link"), "ln", "-s", "app.log", Path.Combine(_disk.Path, "link"));
        Refused("trim.symbolicLink", Path.Combine(_disk.Path, "up/app.log"), "ln", "-s", ".", Path.Combine(_disk.Path, "up"));
        Refused("trim.hardLinks", _log, "ln", _log, Path.Combine(_disk.Path, "second"));
        File.Delete(Path.Combine(_disk.Path, "second"));

        _disk.RemountReadOnly();
        Refused("trim.readOnly", _log, "true");
        _disk.RemountReadWrite();
        Done(LogTrimMethod.CollapseRange, Trim());

        void Refused(string reason, string path, params string[] command)
        {
            Tool.Run(command[0], command[1..]);
            var result = new LogTrimmer([path]).Trim(path, new LogTrimRequest { KeepBytes = Keep });
            Assert.Equal((reason, LogTrimMethod.None, 0L), (result.Reason, result.Method, result.FreedBytes));
            Assert.Equal(Size, new FileInfo(_log).Length, 300d);
        }
    }

    [Fact]
    public async Task A_shell_that_appends_goes_on_behind_the_cut()
    {
        Fill();
        using var shell = ChildProcess.Start("sh", "-c", "exec >>\"$1\"; i=0; while echo \"shell $i\"; do i=$((i+1)); done", "sh", _log);
        await GrowsAsync();

        Done(LogTrimMethod.CollapseRange, Trim());

        await GrowsAsync();
        shell.Kill();
        Assert.DoesNotContain('\0', File.ReadAllText(_log));
    }

    [Fact]
    public async Task A_shell_that_writes_at_its_own_place_goes_on_there()
    {
        using var shell = ChildProcess.Start("sh", "-c", "exec >\"$1\"; i=0; while echo \"shell $i\"; do i=$((i+1)); done", "sh", _log);
        await GrowsAsync(Size);

        var result = Trim();

        Done(LogTrimMethod.PunchHole, result);
        Assert.Contains($"sh (pid {shell.Id}) writes at its own position", result.Holders, StringComparison.Ordinal);
        Assert.True(result.LengthAfter >= result.LengthBefore);
        await GrowsAsync();
        shell.Kill();

        // Zeros to the line, then every line.
        var text = File.ReadAllText(_log);
        var lines = text.TrimStart('\0').Split('\n');
        Assert.Equal(result.CutBytes, text.Length - text.TrimStart('\0').Length);
        var first = int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture);
        Assert.Equal(Enumerable.Range(first, lines.Length - 1).Select(number => $"shell {number}"), lines[..^1]);
        Assert.Equal(lines[^2] + "\n", Tool.Run("sh", "-c", "tail -c 100000 \"$1\" | tail -n 1", "sh", _log));
    }

    [Fact]
    public async Task A_stream_of_dotnet_writes_at_its_own_place_even_when_it_appends()
    {
        File.WriteAllText(_log, "");
        using var writer = ChildProcess.StartHelper("log-stream", _log);
        Assert.Equal("ready", writer.ReadLine());
        await GrowsAsync(Size);

        var result = Trim();

        Done(LogTrimMethod.PunchHole, result);
        writer.WriteLine("stop");
        var last = int.Parse(writer.ReadLine(), CultureInfo.InvariantCulture);
        var numbers = NumberedLog.Numbers(_log);
        Assert.Equal(Enumerable.Range(numbers[0], numbers.Length), numbers);
        Assert.Equal(last, numbers[^1]);
    }

    [Fact]
    public async Task A_reader_does_not_lose_its_place()
    {
        Fill();
        using var tail = ChildProcess.Start("tail", "-n", "1", "-f", _log);
        _ = tail.ReadLine();

        var result = Trim();

        Done(LogTrimMethod.PunchHole, result);
        Assert.Contains($"tail (pid {tail.Id}) reads", result.Holders, StringComparison.Ordinal);
        await File.AppendAllTextAsync(_log, "the next line\n");
        Assert.Equal("the next line", tail.ReadLine());
    }

    [Fact]
    public void A_mapped_log_is_not_moved()
    {
        Fill();
        using (var map = MemoryMappedFile.CreateFromFile(_log, FileMode.Open))
        using (map.CreateViewAccessor())
        {
            Done(LogTrimMethod.PunchHole, Trim());
        }
    }

    [Fact]
    public void What_cannot_be_looked_into_counts_as_a_writer_at_its_own_place()
    {
        Fill();
        _disk.OpenToAll();
        Tool.Run("chmod", "666", _log);
        using var writer = ChildProcess.Start("sh", "-c", "exec >>\"$1\"; echo ready >&2; read line", "sh", _log);
        using var trim = ChildProcess.Start(ChildProcess.HelperCommand(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"], "log-trim", _log, Keep.ToString(CultureInfo.InvariantCulture)));

        var said = trim.ReadLine().Split('|');

        Assert.Equal(["PunchHole", ""], said[..2]);
        Assert.Contains("could not be looked into", said[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("copytruncate")]
    [InlineData("create")]
    public async Task Logrotate_and_cuts_do_not_hurt_each_other(string how)
    {
        var configuration = Path.Combine(_disk.Path, "logrotate.conf");
        var report = Path.Combine(_disk.Path, "report");
        var second = _log + ".1";
        await File.WriteAllTextAsync(configuration, $"{_log} {{\n rotate 2\n {how}\n su root root\n}}\n");
        await File.WriteAllTextAsync(_log, "");
        using var writer = ChildProcess.StartHelper("log-writer", _log, report, "append");
        Assert.Equal("ready", writer.ReadLine());
        await GrowsAsync(Size);

        Tool.Run("logrotate", "-f", "-s", Path.Combine(_disk.Path, "state"), configuration);

        // With create, the writer goes on in the file that has another name now.
        var grows = how == "create" ? second : _log;
        await GrowsAsync(Size, grows);
        if (how == "create")
        {
            Assert.Equal("trim.nothingToDo", Trim().Reason);
        }

        var result = Trim(path: grows);

        Done(LogTrimMethod.CollapseRange, result);
        await GrowsAsync(path: grows);
        var lines = NumberedLog.Stop(writer, report);
        NumberedLog.AssertWhole(NumberedLog.Numbers(grows), lines);
        Assert.Equal(lines.Length, NumberedLog.Numbers(grows)[^1]);
    }

    [Fact]
    public async Task A_hole_that_copytruncate_left_goes_when_only_appenders_are_left()
    {
        var report = Path.Combine(_disk.Path, "report");
        await File.WriteAllTextAsync(_log, "");
        using (var writer = ChildProcess.StartHelper("log-writer", _log, report, "offset"))
        {
            Assert.Equal("ready", writer.ReadLine());
            await GrowsAsync(Size);
            Tool.Run("truncate", "-s", "0", _log);
            await GrowsAsync(2 * Size);
            NumberedLog.Stop(writer, report);
        }

        FileStatus.Read(_log, false, out var was);
        Assert.True(was.AllocatedBytes < was.Length - Size / 2, was.ToString());
        var numbers = NumberedLog.Numbers(_log);

        // All of it is kept: only the hole goes.
        var result = Trim((int)was.Length - 1000);

        Done(LogTrimMethod.CollapseRange, result, freed: false);
        Assert.Equal(0, result.CutBytes);
        Assert.InRange(result.LengthAfter, was.AllocatedBytes - 65536, was.AllocatedBytes);
        Assert.Equal(numbers, NumberedLog.Numbers(_log));
        Assert.DoesNotContain('\0', File.ReadAllText(_log));
    }

    [Fact]
    public void A_log_that_became_a_hole_before_is_cut_again_and_shortened()
    {
        var all = Fill();
        using (File.OpenRead(_log))
        {
            Done(LogTrimMethod.PunchHole, Trim(Keep));
            Assert.Equal("trim.nothingToDo", Trim(Keep).Reason);
            Done(LogTrimMethod.PunchHole, Trim(Keep / 2));
        }

        var result = Trim(Keep / 4);

        Done(LogTrimMethod.CollapseRange, result);
        Assert.InRange(result.CutBytes, Keep / 4 - 5000, Keep / 4 + 300);
        Assert.InRange(new FileInfo(_log).Length, Keep / 4 - 200, Keep / 4 + 4096);
        Assert.DoesNotContain('\0', File.ReadAllText(_log));
        var kept = NumberedLog.Numbers(_log);
        Assert.Equal(all[^kept.Length..], kept);
    }

    [Fact]
    public void Zeros_before_the_first_line_are_blanked_when_the_hole_goes()
    {
        var all = Fill();
        using (File.OpenRead(_log))
        {
            Done(LogTrimMethod.PunchHole, Trim());
        }

        Done(LogTrimMethod.CollapseRange, Trim(), freed: false);

        Assert.DoesNotContain('\0', File.ReadAllText(_log));
        var kept = NumberedLog.Numbers(_log);
        Assert.Equal(all[^kept.Length..], kept);
        Assert.InRange(new FileInfo(_log).Length, Keep - 200, Keep + 4096);
    }

    [Fact]
    public void A_last_line_longer_than_what_is_to_be_kept_stays_whole()
    {
        Fill();
        File.AppendAllText(_log, new string('x', 3 * Keep));

        var result = Trim();

        Done(LogTrimMethod.CollapseRange, result);
        Assert.Equal(new string('x', 3 * Keep), File.ReadLines(_log).Last());
        Assert.InRange(result.LengthAfter, 3 * Keep, 3 * Keep + 4096);
    }

    [Fact]
    public void An_old_ext4_without_extents_gets_a_hole()
    {
        using var disk = TempMount.Ext4(16 << 20, features: "^extent,^64bit");
        var log = Path.Combine(disk.Path, "app.log");
        NumberedLog.Fill(log, Size);

        Done(LogTrimMethod.PunchHole, Trim(path: log));
    }

    [Fact]
    public void A_file_of_an_overlays_lower_layer_needs_space_to_be_opened()
    {
        var lower = Directory.CreateDirectory(Path.Combine(_disk.Path, "lower")).FullName;
        NumberedLog.Fill(Path.Combine(lower, "app.log"), Size);
        var before = File.ReadAllBytes(Path.Combine(lower, "app.log"));
        using var mount = TempMount.Overlay(_disk);
        _disk.FillBytes();

        var result = Trim(path: Path.Combine(mount.Path, "app.log"));

        Assert.Equal(("trim.noSpace", LogTrimMethod.None), (result.Reason, result.Method));
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(mount.Path, "app.log")));
    }

    [Fact]
    public async Task The_tail_is_copied_only_where_it_is_allowed()
    {
        using var disk = TempMount.Ramfs();
        var log = Path.Combine(disk.Path, "app.log");
        NumberedLog.Fill(log, Size);
        var all = NumberedLog.Numbers(log);
        var trimmer = new LogTrimmer([log]);

        var refused = trimmer.Trim(log, new LogTrimRequest { KeepBytes = Keep });
        Assert.Equal(("trim.unsupported", LogTrimMethod.None), (refused.Reason, refused.Method));
        Assert.Equal(all, NumberedLog.Numbers(log));

        var result = trimmer.Trim(log, new LogTrimRequest { KeepBytes = Keep, AllowCopyTail = true });
        Done(LogTrimMethod.CopyTail, result);
        Assert.Equal(0, result.LostBytes);
        Assert.InRange(result.LengthAfter, Keep - 200, Keep);
        var kept = NumberedLog.Numbers(log);
        Assert.Equal(all[^kept.Length..], kept);

        using var writer = ChildProcess.Start("sh", "-c", "exec >>\"$1\"; while echo one more line; do :; done", "sh", log);
        await GrowsAsync(Size, log);
        result = trimmer.Trim(log, new LogTrimRequest { KeepBytes = Keep, AllowCopyTail = true });
        Done(LogTrimMethod.CopyTail, result);
        Assert.True(result.MayHaveLostMore, result.ToString());
    }

    [Fact]
    public void Who_opens_it_in_the_last_moment_is_told_of()
    {
        Fill();
        FileStream? late = null;
        using var proc = new ProcView();
        var result = new LogTrimmer([_log], null, proc.Root, _ => late = new FileStream(_log, FileMode.Append, FileAccess.Write, FileShare.ReadWrite))
            .Trim(_log, new LogTrimRequest { KeepBytes = Keep });

        using (late)
        {
            Assert.Equal((LogTrimMethod.CollapseRange, "trim.openedMeanwhile"), (result.Method, result.Reason));
            Assert.Contains($"(pid {Environment.ProcessId}) writes at its own position", result.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Two_cuts_at_once_are_one()
    {
        Fill();
        LogTrimResult? other = null;
        using var proc = new ProcView();
        var result = new LogTrimmer([_log], null, proc.Root, _ => other = Trim(Keep / 2)).Trim(_log, new LogTrimRequest { KeepBytes = Keep });

        Done(LogTrimMethod.CollapseRange, result);
        Assert.Equal(("trim.busy", LogTrimMethod.None), (other!.Reason, other.Method));
    }

    [Fact]
    public void A_log_that_is_cut_by_somebody_else_in_the_last_moment_is_not_blanked()
    {
        Fill();
        using var proc = new ProcView();
        var result = new LogTrimmer([_log], null, proc.Root, _ =>
        {
            Tool.Run("truncate", "-s", "0", _log);
            File.WriteAllText(_log, new string('y', Size));
        }).Trim(_log, new LogTrimRequest { KeepBytes = Keep });

        Assert.Equal((LogTrimMethod.CollapseRange, "trim.changed"), (result.Method, result.Reason));
        Assert.DoesNotContain(' ', File.ReadAllText(_log));
    }

    private static void Done(LogTrimMethod method, LogTrimResult result, bool freed = true)
    {
        Assert.True(result.Method == method && result.Reason is null, result.ToString());
        Assert.True(!freed || result.FreedBytes > 0, result.ToString());
        Assert.Equal(0, result.LostBytes);
        Assert.False(result.WasDryRun);
    }

    private int[] Fill()
    {
        NumberedLog.Fill(_log, Size);
        return NumberedLog.Numbers(_log);
    }

    private LogTrimResult Trim(long keep = Keep, string? path = null)
    {
        using var proc = new ProcView();
        return new LogTrimmer([path ?? _log], null, proc.Root).Trim(path ?? _log, new LogTrimRequest { KeepBytes = keep });
    }

    private async Task GrowsAsync(long? to = null, string? path = null)
    {
        var more = to ?? Length() + 1000;
        await Eventually.TrueAsync(() => Length() > more, "the log grew");

        long Length() => new FileInfo(path ?? _log) is { Exists: true } file ? file.Length : 0;
    }
}
