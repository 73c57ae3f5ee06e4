using System.Text;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Logging;

namespace HealthKit.Tests.Logs.Trim;

public sealed class LogTrimmerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("healthkit-trim-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("app.log")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("/var/log/")]
    [InlineData("/var/log/a\0b")]
    public void A_path_that_cannot_be_a_log_is_refused_by_its_name(string path)
    {
        var error = Assert.Throws<ArgumentException>(() => new LogTrimmer(["/var/log/app.log", path]));

        Assert.Contains($"'{path}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_arguments_throw()
    {
        var trimmer = new LogTrimmer([Log("x\n")]);

        Assert.Throws<ArgumentNullException>(() => new LogTrimmer(null!));
        Assert.Throws<ArgumentException>(() => trimmer.Trim("", new LogTrimRequest { KeepBytes = 1 }));
        Assert.Throws<ArgumentNullException>(() => trimmer.Trim("/x", null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => trimmer.Trim("/x", new LogTrimRequest { KeepBytes = -1 }));
        Assert.ThrowsAny<OperationCanceledException>(() => trimmer.Trim("/x", new LogTrimRequest { KeepBytes = 1 }, new CancellationToken(true)));
    }

    [Theory]
    [InlineData("other.log")]
    [InlineData("../x/app.log")]
    public void Only_what_is_listed_is_cut(string name)
    {
        var path = Log("x\n");
        var other = Path.Combine(_directory, name);

        var result = new LogTrimmer([path]).Trim(other, new LogTrimRequest { KeepBytes = 0 });

        Assert.Equal("trim.notListed", result.Reason);
        Assert.Equal(LogTrimMethod.None, result.Method);
    }

    [Fact]
    public void A_path_is_the_same_however_it_is_written()
    {
        var path = Log("x\n");

        var result = new LogTrimmer([Path.Combine(_directory, "sub", "..", "app.log")]).Trim(path, new LogTrimRequest { KeepBytes = 10 });

        Assert.Equal(("trim.nothingToDo", path), (result.Reason, result.Path));
    }

    [Fact]
    public void Nothing_is_to_do_where_the_log_is_short_enough()
    {
        var path = Log("one\ntwo\n");

        var result = new LogTrimmer([path]).Trim(path, new LogTrimRequest { KeepBytes = 8 });

        Assert.Equal("trim.nothingToDo", result.Reason);
        Assert.Equal((8, 8, 0), (result.LengthBefore, result.LengthAfter, result.FreedBytes));
    }

    [Fact]
    public void A_file_of_one_long_line_is_left_alone()
    {
        var path = Log(new string('x', 100_000));

        Assert.Equal("trim.longLine", new LogTrimmer([path]).Trim(path, new LogTrimRequest { KeepBytes = 5000 }).Reason);
        Assert.Equal(100_000, new FileInfo(path).Length);
    }

    [Fact]
    public void A_missing_file_is_a_reason()
    {
        var path = Path.Combine(_directory, "none.log");
        var below = Path.Combine(Log("x"), "app.log");

        Assert.Equal("trim.missing", new LogTrimmer([path]).Trim(path, new LogTrimRequest { KeepBytes = 0 }).Reason);
        Assert.Equal("trim.missing", new LogTrimmer([below]).Trim(below, new LogTrimRequest { KeepBytes = 0 }).Reason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Opening_follows_no_link_with_and_without_openat2(bool stepByStep)
    {
        var path = Log("x\n");
        File.CreateSymbolicLink(Path.Combine(_directory, "link.log"), path);
        Directory.CreateSymbolicLink(Path.Combine(_directory, "sub"), _directory);
        Directory.CreateDirectory(Path.Combine(_directory, "real"));

        Assert.Equal(0, LinuxFile.Look(path, out var status, stepByStep));
        Assert.Equal(FileKind.Regular, status.Kind);
        Assert.Equal(LibC.NotFound, LinuxFile.Look(path + "x", out _, stepByStep));
        Assert.Equal(LibC.NotADirectory, LinuxFile.Look(path + "/x", out _, stepByStep));
        Assert.Equal(LibC.TooManyLinks, LinuxFile.Look(Path.Combine(_directory, "link.log"), out _, stepByStep));
        Assert.Equal(LibC.TooManyLinks, LinuxFile.Look(Path.Combine(_directory, "sub/app.log"), out _, stepByStep));
        Assert.Equal(LibC.TooManyLinks, LinuxFile.OpenToEdit(Path.Combine(_directory, "sub/app.log"), out _, stepByStep));
        Assert.Equal(LibC.IsADirectory, LinuxFile.OpenToEdit(Path.Combine(_directory, "real"), out _, stepByStep));

        Assert.Equal(0, LinuxFile.OpenToEdit(path, out var file, stepByStep));
        using (file)
        {
            Assert.Equal(0, file!.ReadStatus(out var opened));
            Assert.Equal(status.Id, opened.Id);
            Assert.Equal(0, file.Write(0, "y"u8));
        }

        Assert.Equal("y\n", File.ReadAllText(path));
    }

    [Fact]
    public void What_is_done_is_logged()
    {
        var path = Log(string.Concat(Enumerable.Range(0, 20_000).Select(number => $"line {number:D6}\n")));
        using var log = new LogLines();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log).SetMinimumLevel(LogLevel.Trace));
        var trimmer = new LogTrimmer([path], loggers.CreateLogger<LogTrimmer>());

        // Held by this process at a position: whatever the file system, it becomes a hole.
        using var writer = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
        trimmer.Trim(path, new LogTrimRequest { KeepBytes = 1000, DryRun = true });
        var result = trimmer.Trim(path, new LogTrimRequest { KeepBytes = 1000 });
        trimmer.Trim(path + "x", new LogTrimRequest { KeepBytes = 1000 });

        Assert.Equal(LogTrimMethod.PunchHole, result.Method);
        Assert.Null(result.Reason);
        Assert.Contains(Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture), result.Holders, StringComparison.Ordinal);
        Assert.Collection(
            log.Lines,
            line => Assert.StartsWith($"Information 6004 {path} would be cut by PunchHole (dry run): ", line, StringComparison.Ordinal),
            line => Assert.StartsWith($"Information 6000 {path} was cut by PunchHole, {result.FreedBytes} bytes freed: ", line, StringComparison.Ordinal),
            line => Assert.StartsWith($"Warning 6002 {path}x was not cut, trim.notListed: ", line, StringComparison.Ordinal));
        Assert.Equal("line 019917\n", File.ReadLines(path, Encoding.ASCII).First().TrimStart('\0') + "\n");
    }

    private string Log(string text)
    {
        var path = Path.Combine(_directory, "app.log");
        File.WriteAllText(path, text);
        return path;
    }
}
