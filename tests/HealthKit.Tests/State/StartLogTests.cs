using System.Text;
using FsCheck;
using FsCheck.Fluent;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.Tests;

public sealed class StartLogTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("healthkit-starts-").FullName;
    private readonly ManualTime _time = new();

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void The_first_start_has_no_previous_run() => Run(log => Assert.Null(log.Previous), stop: true);

    [Fact]
    public void A_run_that_stopped_was_clean_and_says_when()
    {
        var started = _time.GetUtcNow();
        Run(_ => _time.Advance(TimeSpan.FromHours(1)), stop: true);
        var stopped = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromMinutes(1));
        Run(log => Assert.Equal(new PreviousRun(started, stopped, Clean: true), log.Previous), stop: true);
    }

    [Fact]
    public void A_run_that_did_not_stop_was_not_clean_even_when_the_one_before_it_was()
    {
        Run(_ => { }, stop: true);
        _time.Advance(TimeSpan.FromHours(1));
        var started = _time.GetUtcNow();
        Run(_ => { }, stop: false);
        _time.Advance(TimeSpan.FromHours(1));
        Run(log => Assert.Equal(new PreviousRun(started, null, Clean: false), log.Previous), stop: true);
        Run(log => Assert.True(log.Previous!.Clean), stop: true);
    }

    [Fact]
    public void Hundreds_of_starts_need_no_more_space_than_one()
    {
        for (var i = 0; i < 300; i++)
        {
            Run(log => Assert.Equal(i > 0, log.Previous is not null), stop: i % 2 == 0);
        }

        Assert.Equal(32 * 1024, new FileInfo(Path.Combine(_root, "starts.journal")).Length);
    }

    [Fact]
    public void Without_a_place_it_knows_nothing_and_says_why()
    {
        using var directory = StateDirectory.Open(Path.Combine(_root, "a\0b"), "app", NullLogger.Instance);
        using var log = new StartLog(directory, "1.0", _time, NullLogger.Instance);
        log.Begin();
        Assert.Null(log.Previous);
        Assert.NotNull(log.Problem);
        log.End();
    }

    [Fact]
    public void Any_bytes_as_records_are_no_run() =>
        Prop.ForAll<byte[]>(bytes => Assert.Null(StartLog.FindPrevious([new JournalRecord(1, bytes)]))).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"event":"start"}""")]
    [InlineData("""{"event":"start","at":"yesterday","pid":1}""")]
    public void A_record_of_another_shape_is_passed_over(string json)
    {
        var started = _time.GetUtcNow();
        JournalRecord[] records =
        [
            new(1, Encoding.UTF8.GetBytes($$"""{"event":"start","at":"{{started:O}}","pid":1}""")),
            new(2, Encoding.UTF8.GetBytes(json)),
        ];
        Assert.Equal(new PreviousRun(started, null, false), StartLog.FindPrevious(records));
    }

    private void Run(Action<StartLog> during, bool stop)
    {
        using var directory = StateDirectory.Open(_root, "app", NullLogger.Instance);
        using var log = new StartLog(directory, "1.2.3", _time, NullLogger.Instance);
        log.Begin();
        during(log);
        if (stop)
        {
            log.End();
        }
    }
}
