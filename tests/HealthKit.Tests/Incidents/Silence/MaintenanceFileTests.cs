using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Incidents;

public sealed class MaintenanceFileTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly SilencesFixture _fixture = new();

    public MaintenanceFileTests() => _fixture.Rules = SilencesFixture.RulesOf(file: _fixture.FilePath);

    private Silences Silences => _fixture.Silences;

    private DateTimeOffset Now => _fixture.Now;

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\uFEFF \r\n\t")]
    public void An_empty_file_covers_all_from_its_write_for_an_hour(string content)
    {
        Assert.Null(Silences.Find("db", Now));
        Assert.Null(Silences.NextChange(Now));
        var written = Now;
        _fixture.WriteFile(content);
        Assert.Equal(new Silencing(IncidentSilence.Maintenance, null, written + TimeSpan.FromHours(1), "file"), Silences.Find("db", Now));
        var window = Assert.Single(Silences.Windows(Now));
        Assert.Equal(("file", written, written + TimeSpan.FromHours(1)), (window.Name, window.Begin, window.End));
        Assert.Equal(Now + TimeSpan.FromSeconds(5), Silences.NextChange(Now));
        _fixture.Time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(3));
        Assert.Equal(window.End, Silences.NextChange(Now));
        _fixture.Time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(Silences.Find("db", Now));
        Assert.Empty(Silences.Windows(Now));
        Assert.Null(Silences.NextChange(Now));
        Assert.Null(_fixture.FileProblem);

        // Written anew, it counts anew.
        _fixture.WriteFile(content);
        Assert.NotNull(Silences.Find("db", Now));
    }

    [Fact]
    public void It_appears_and_vanishes()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.Null(Silences.Find("db", Now));
            _fixture.WriteFile("");
            Assert.NotNull(Silences.Find("db", Now));
            File.Delete(_fixture.FilePath);
            _fixture.Time.Advance(Second);
        }

        Assert.Null(Silences.Find("db", Now));
    }

    [Fact]
    public void It_is_looked_at_once_a_second_at_most()
    {
        Assert.Null(Silences.Find("db", Now));
        File.WriteAllText(_fixture.FilePath, "");
        File.SetLastWriteTimeUtc(_fixture.FilePath, Now.UtcDateTime);
        _fixture.Time.Advance(TimeSpan.FromSeconds(0.9));
        Assert.Null(Silences.Find("db", Now));
        _fixture.Time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.NotNull(Silences.Find("db", Now));
    }

    [Fact]
    public void Its_content_says_until_when_why_and_for_whom()
    {
        _fixture.WriteFile("""{ "End": "2026-01-02T08:00:00+01:00", "reason": "deploy", "checks": ["DB", "api"] }""");
        var end = new DateTimeOffset(2026, 1, 2, 7, 0, 0, TimeSpan.Zero);
        Assert.Equal(new Silencing(IncidentSilence.Maintenance, "deploy", end, "file"), Silences.Find("db", Now));
        Assert.Null(Silences.Find("disk", Now));
        Assert.Equal(["db", "Api"], Assert.Single(Silences.Windows(Now)).Checks);

        _fixture.WriteFile("""{ "end": "2026-01-02T06:00:00Z", "reason": null, "checks": "disk" }""");
        Assert.Null(Silences.Find("db", Now));
        Assert.Null(Silences.Find("disk", Now)!.Reason);

        _fixture.WriteFile("""{ "end": "2026-02-02T03:00:00Z", "checks": [] }""");
        Assert.NotNull(Silences.Find("Api", Now));
    }

    [Theory]
    [InlineData("now", "not JSON")]
    [InlineData("{", "not JSON")]
    [InlineData("""{ "end": "2026-01-02T04:00:00Z", }""", "not JSON")]
    [InlineData("""{ "end": "2026-01-02T04:00:00Z" } {}""", "not JSON")]
    [InlineData("""[[[[[[[[]]]]]]]]""", "not JSON")]
    [InlineData("""{ "end": "\ud800" }""", "not JSON")]
    [InlineData("""{ "end": "2026-01-02T04:00:00Z", "\ud800": 1 }""", "not JSON")]
    [InlineData("[]", "its content is []; allowed: nothing, or an object")]
    [InlineData("\"2026-01-02T04:00:00Z\"", "its content is \"2026-01-02T04:00:00Z\"; allowed: nothing, or an object")]
    [InlineData("null", "its content is null")]
    [InlineData("{}", "end is missing; allowed: a time with its offset")]
    [InlineData("""{ "reason": "deploy" }""", "end is missing")]
    [InlineData("""{ "end": null }""", "end = null; allowed: a time with its offset")]
    [InlineData("""{ "end": 1767326645 }""", "end = 1767326645; allowed: a time with its offset")]
    [InlineData("""{ "end": "2026-01-02T04:00:00" }""", "end = \"2026-01-02T04:00:00\"; allowed: a time with its offset")]
    [InlineData("""{ "end": "2026-01-02T03:04:05Z" }""", "allowed: a time after the file's last write (2026-01-02T03:04:05Z), at most 31 days after it")]
    [InlineData("""{ "end": "2026-02-02T03:05:00Z" }""", "at most 31 days after it")]
    [InlineData("""{ "end": "9999-12-31T23:59:59Z" }""", "at most 31 days after it")]
    [InlineData("""{ "end": "2026-01-02T04:00:00Z", "End": "2026-01-02T05:00:00Z" }""", "'End' is there twice")]
    [InlineData("""{ "end": "2026-01-02T04:00:00Z", "check": "db" }""", "'check' is not a known key; allowed: end, reason, checks")]
    [InlineData("""{ "end": "2026-01-02T04:00:00Z", "reason": ["x"] }""", "reason = [\"x\"]; allowed: a text")]
    [InlineData("""{ "end": "2026-01-02T04:00:00Z", "checks": ["db", "nobody"] }""", "checks = \"nobody\"; allowed: registered checks: Api, db, disk")]
    [InlineData("""{ "end": "2026-01-02T04:00:00Z", "checks": { "db": true } }""", "checks = { \"db\": true }; allowed: registered checks")]
    [InlineData("""{ "end": "2026-01-02T04:00:00Z", "checks": [1] }""", "checks = 1; allowed: registered checks")]
    public void Wrong_content_silences_nobody_and_is_told_until_it_is_right(string content, string expected)
    {
        _fixture.WriteFile(content);
        Assert.Null(Silences.Find("db", Now));
        Assert.Empty(Silences.Windows(Now));
        Assert.Null(Silences.NextChange(Now));
        Assert.StartsWith($"Maintenance file {_fixture.FilePath} silences nobody: ", _fixture.FileProblem, StringComparison.Ordinal);
        Assert.Contains(expected, _fixture.FileProblem, StringComparison.Ordinal);
        _fixture.Time.Advance(Second);
        Assert.Null(Silences.Find("db", Now));
        Assert.NotNull(_fixture.FileProblem);

        _fixture.WriteFile("");
        Assert.NotNull(Silences.Find("db", Now));
        Assert.Null(_fixture.FileProblem);

        _fixture.WriteFile(content);
        Silences.LookAtFile();
        Assert.NotNull(_fixture.FileProblem);
        File.Delete(_fixture.FilePath);
        _fixture.Time.Advance(Second);
        Silences.LookAtFile();
        Assert.Null(_fixture.FileProblem);
    }

    [Fact]
    public void Two_mistakes_are_told_together()
    {
        _fixture.WriteFile("""{ "end": "soon", "checks": "nobody" }""");
        Silences.LookAtFile();
        Assert.Contains("end = \"soon\"", _fixture.FileProblem, StringComparison.Ordinal);
        Assert.Contains("checks = \"nobody\"", _fixture.FileProblem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_too_large_a_directory_or_a_loop_of_links_silences_nobody()
    {
        _fixture.WriteFile(new string(' ', (16 * 1024) + 1));
        Assert.Null(Silences.Find("db", Now));
        Assert.Contains("it has 16385 bytes; allowed: at most 16384", _fixture.FileProblem, StringComparison.Ordinal);

        _fixture.WriteFile(new string(' ', 16 * 1024));
        Assert.NotNull(Silences.Find("db", Now));

        File.Delete(_fixture.FilePath);
        Directory.CreateDirectory(_fixture.FilePath);
        _fixture.Time.Advance(Second);
        Assert.Null(Silences.Find("db", Now));
        Assert.Contains("it is a directory", _fixture.FileProblem, StringComparison.Ordinal);

        Directory.Delete(_fixture.FilePath);
        File.CreateSymbolicLink(_fixture.FilePath, _fixture.FilePath);
        _fixture.Time.Advance(Second);
        Assert.Null(Silences.Find("db", Now));
        Assert.NotNull(_fixture.FileProblem);

        File.Delete(_fixture.FilePath);
        _fixture.Time.Advance(Second);
        Assert.Null(Silences.Find("db", Now));
        Assert.Null(_fixture.FileProblem);

        _fixture.Rules = SilencesFixture.RulesOf(file: Path.Combine(_fixture.Root, new string('x', 300)));
        Assert.Null(Silences.Find("db", Now));
        Assert.Contains("cannot be told", _fixture.FileProblem, StringComparison.Ordinal);

        // The file is not set any more.
        _fixture.Rules = SilencesFixture.RulesOf();
        Assert.Null(Silences.Find("db", Now));
        Assert.Null(_fixture.FileProblem);
    }

    [Fact]
    public void A_link_is_followed_and_a_pipe_or_a_device_is_never_opened()
    {
        var target = Path.Combine(_fixture.Root, "target");
        File.WriteAllText(target, """{ "end": "2026-01-02T04:00:00Z" }""");
        File.SetLastWriteTimeUtc(target, Now.UtcDateTime);
        File.CreateSymbolicLink(_fixture.FilePath, target);
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 4, 0, 0, TimeSpan.Zero), Silences.Find("db", Now)?.Until);

        // Opening a pipe waits for its writer: this would hang. The device has no size either.
        File.Delete(_fixture.FilePath);
        MakePipe(_fixture.FilePath);
        File.SetLastWriteTimeUtc(_fixture.FilePath, Now.UtcDateTime);
        _fixture.Time.Advance(Second);
        Assert.NotNull(Silences.Find("db", Now));
        _fixture.Rules = SilencesFixture.RulesOf(file: "/dev/zero");
        Silences.LookAtFile();
        Assert.Null(_fixture.FileProblem);
    }

    [Fact]
    public void A_file_written_in_the_future_is_planned()
    {
        File.WriteAllText(_fixture.FilePath, "");
        File.SetLastWriteTimeUtc(_fixture.FilePath, Now.UtcDateTime.AddHours(2));
        Assert.Null(Silences.Find("db", Now));
        Assert.Single(Silences.Windows(Now));
        Assert.Equal(Now.AddHours(2), Silences.NextChange(Now));
        _fixture.Time.Advance(TimeSpan.FromHours(2));
        Assert.NotNull(Silences.Find("db", Now));
    }

    [Fact]
    public void A_file_whose_time_no_calendar_holds_silences_nobody()
    {
        // tmpfs keeps any time; other file systems cut it off.
        var path = Path.Combine("/dev/shm", "hk-" + Guid.NewGuid().ToString("N"));
        File.WriteAllText(path, "");
        try
        {
            File.SetLastWriteTimeUtc(path, new DateTime(9999, 12, 31, 23, 59, 0, DateTimeKind.Utc));
            _fixture.Rules = SilencesFixture.RulesOf(file: path);
            Assert.Null(Silences.Find("db", Now));
            Assert.Contains("cannot be read", _fixture.FileProblem, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void What_the_file_says_is_redacted_and_bounded()
    {
        _fixture.WriteFile($$"""{ "end": "2026-01-02T04:00:00Z", "reason": "password=hunter2 {{new string('x', 2000)}}" }""");
        var reason = Silences.Find("db", Now)!.Reason!;
        Assert.DoesNotContain("hunter2", reason, StringComparison.Ordinal);
        Assert.Equal(500, reason.Length);

        _fixture.WriteFile($$"""{ "end": "password=hunter2 {{new string('x', 2000)}}" }""");
        Silences.LookAtFile();
        Assert.DoesNotContain("hunter2", _fixture.FileProblem, StringComparison.Ordinal);
        Assert.InRange(_fixture.FileProblem!.Length, 1, 600);
    }

    [Fact]
    public void Any_bytes_and_any_damage_give_a_window_of_31_days_at_most_or_a_mistake()
    {
        var good = Encoding.UTF8.GetBytes("""{ "end": "2026-01-02T04:00:00Z", "reason": "déploiement \u00e9", "checks": ["db", "disk"] }""");
        var written = Now;
        Prop.ForAll<byte[]>(bytes => AssertSane(bytes)).QuickCheckThrowOnFailure();
        Prop.ForAll<int, byte[], byte>((at, damage, cut) =>
        {
            var start = (int)((uint)at * 7919 % good.Length);
            AssertSane([.. good[..start], .. damage, .. good[Math.Min(good.Length, start + cut % 9)..]]);
        }).QuickCheckThrowOnFailure();

        void AssertSane(byte[] bytes)
        {
            List<string> errors = [];
            var window = MaintenanceFileContent.Parse(bytes, written, new RegisteredNames(SilencesFixture.Names), text => text, errors);
            Assert.Equal(window is null, errors.Count > 0);
            if (window is not null)
            {
                Assert.InRange(window.End - window.Begin, TimeSpan.FromTicks(1), TimeSpan.FromDays(31));
            }
        }
    }

    private static void MakePipe(string path)
    {
        using var process = System.Diagnostics.Process.Start("mkfifo", path);
        Assert.True(process.WaitForExit(10_000));
        Assert.Equal(0, process.ExitCode);
    }
}
