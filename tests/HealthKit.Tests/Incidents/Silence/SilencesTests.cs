using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Incidents;

public sealed class SilencesTests : IDisposable
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly SilencesFixture _fixture = new();

    private Silences Silences => _fixture.Silences;

    private DateTimeOffset Now => _fixture.Now;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Nothing_is_silent_and_nothing_opened_before_it_is_asked()
    {
        _ = Silences;
        Assert.False(File.Exists(Path.Combine(_fixture.StatePath, "silence.journal")));
        Assert.Null(Silences.Find("db", Now));
        Assert.Empty(Silences.Mutes(Now));
        Assert.Empty(Silences.Windows(Now));
        Assert.Null(Silences.NextChange(Now));
        Assert.True(File.Exists(Path.Combine(_fixture.StatePath, "silence.journal")));
    }

    [Fact]
    public void A_mute_by_code_covers_its_check_until_it_expires()
    {
        Silences.Mute("API", Hour, "moving");
        var until = Now + Hour;
        Assert.Equal(new Silencing(IncidentSilence.Muted, "moving", until), Silences.Find("api", Now));
        Assert.Null(Silences.Find("db", Now));
        Assert.Equal([new Mute("Api", "moving", until)], Silences.Mutes(Now));
        Assert.Equal(until, Silences.NextChange(Now));
        Assert.NotNull(Silences.Find("Api", until - TimeSpan.FromTicks(1)));
        _fixture.Time.Advance(Hour);
        Assert.Null(Silences.Find("Api", Now));
        Assert.Empty(Silences.Mutes(Now));
        Assert.Null(Silences.NextChange(Now));
        Assert.False(Silences.Unmute("Api"));
    }

    [Fact]
    public void A_mute_can_be_replaced_by_a_shorter_one_and_ended()
    {
        Silences.Mute("db", 3 * Hour, "long");
        Silences.Mute("DB", Hour, "short");
        Assert.Equal(new Mute("db", "short", Now + Hour), Assert.Single(Silences.Mutes(Now)));
        _fixture.Restart();
        Assert.Equal("short", Silences.Find("db", Now)?.Reason);
        _fixture.Time.Advance(Hour);
        _fixture.Restart();
        Assert.Null(Silences.Find("db", Now));
        Silences.Mute("db", Hour, "again");
        Assert.True(Silences.Unmute("Db"));
        Assert.False(Silences.Unmute("db"));
        Assert.Null(Silences.Find("db", Now));
    }

    [Fact]
    public void A_mute_by_policy_covers_its_check_until_it_expires_and_code_does_not_end_it()
    {
        var until = new DateTimeOffset(2026, 1, 2, 5, 0, 0, TimeSpan.FromHours(1)); // 56 minutes from now
        _fixture.Rules = SilencesFixture.RulesOf(new Dictionary<string, CheckPolicy> { ["db"] = new() { MutedUntil = until, MuteReason = "moving" } });
        Assert.Equal(new Silencing(IncidentSilence.Muted, "moving", until), Silences.Find("DB", Now));
        Assert.Equal(until, Silences.NextChange(Now));
        Assert.False(Silences.Unmute("db"));
        Silences.Mute("db", 2 * Hour, "longer");
        Assert.Equal("longer", Silences.Find("db", Now)?.Reason);
        Assert.Equal(["moving", "longer"], Silences.Mutes(Now).Select(mute => mute.Reason));
        Assert.True(Silences.Unmute("db"));
        Assert.Equal("moving", Silences.Find("db", Now)?.Reason);
        _fixture.Time.Advance(Hour);
        Assert.Null(Silences.Find("db", Now));
    }

    [Fact]
    public void A_reload_that_takes_a_mute_or_a_window_away_counts_at_once()
    {
        _fixture.Rules = SilencesFixture.RulesOf(windows: [Window("deploy", Now, Now + Hour)]);
        Assert.NotNull(Silences.Find("db", Now));
        _fixture.Rules = SilencesFixture.RulesOf();
        Assert.Null(Silences.Find("db", Now));
    }

    [Fact]
    public void Maintenance_by_code_covers_all_or_some_checks_until_it_ends()
    {
        Silences.BeginMaintenance("deploy", Hour, "new version", ["DB", "db"]);
        Assert.Equal(new Silencing(IncidentSilence.Maintenance, "new version", Now + Hour, "deploy"), Silences.Find("db", Now));
        Assert.Null(Silences.Find("disk", Now));
        Assert.Equal(["db"], Assert.Single(Silences.Windows(Now)).Checks);

        // The same name replaces the window.
        Silences.BeginMaintenance("Deploy", 2 * Hour);
        var silencing = Silences.Find("disk", Now);
        Assert.Equal((IncidentSilence.Maintenance, null, Now + 2 * Hour), (silencing?.Kind, silencing?.Reason, silencing?.Until));
        Assert.Single(Silences.Windows(Now));
        Assert.Equal(Now + 2 * Hour, Silences.NextChange(Now));
        Assert.True(Silences.EndMaintenance("DEPLOY"));
        Assert.False(Silences.EndMaintenance("deploy"));
        Assert.Null(Silences.Find("disk", Now));
    }

    [Fact]
    public void A_window_of_the_configuration_is_planned_then_in_force_then_over()
    {
        var begin = new DateTimeOffset(2026, 1, 2, 6, 4, 5, TimeSpan.FromHours(2)); // in an hour
        _fixture.Rules = SilencesFixture.RulesOf(windows: [Window("deploy", begin, begin + Hour)]);
        Assert.Null(Silences.Find("db", Now));
        Assert.Single(Silences.Windows(Now));
        Assert.Equal(begin, Silences.NextChange(Now));
        _fixture.Time.Advance(Hour);
        Assert.Equal(begin + Hour, Silences.Find("db", Now)?.Until);
        Assert.Equal(begin + Hour, Silences.NextChange(Now));
        _fixture.Time.Advance(Hour);
        Assert.Null(Silences.Find("db", Now));
        Assert.Empty(Silences.Windows(Now));
        Assert.Null(Silences.NextChange(Now));
    }

    [Fact]
    public void Of_several_a_mute_answers_and_the_window_that_ends_last()
    {
        _fixture.Rules = SilencesFixture.RulesOf(windows: [Window("short", Now, Now + Hour), Window("long", Now, Now + 3 * Hour)]);
        Silences.BeginMaintenance("middle", 2 * Hour);
        Assert.Equal("long", Silences.Find("db", Now)?.Window);
        Silences.Mute("db", TimeSpan.FromMinutes(1), "noisy");
        Assert.Equal(IncidentSilence.Muted, Silences.Find("db", Now)?.Kind);
        Assert.Equal(Now + TimeSpan.FromMinutes(1), Silences.NextChange(Now));
        Assert.Equal(["long", "middle", "short"], Silences.Windows(Now).Select(window => window.Name));
    }

    [Fact]
    public void What_code_began_and_ended_survives_a_restart()
    {
        Silences.Mute("db", Hour, "moving");
        Silences.Mute("disk", Hour, "full");
        Silences.BeginMaintenance("deploy", Hour, "new version", ["Api"]);
        Silences.BeginMaintenance("other", Hour);
        Silences.Unmute("disk");
        Silences.EndMaintenance("other");
        var (mutes, window) = (Silences.Mutes(Now), Assert.Single(Silences.Windows(Now)));
        _fixture.Restart();
        Assert.Equal(mutes, Silences.Mutes(Now));
        var again = Assert.Single(Silences.Windows(Now));
        Assert.Equal((window.Name, window.Begin, window.End, window.Reason), (again.Name, again.Begin, again.End, again.Reason));
        Assert.Equal(window.Checks, again.Checks);
    }

    [Fact]
    public void What_an_earlier_run_left_counts_once_the_disk_is_back()
    {
        Silences.Mute("db", Hour, "moving");
        _fixture.Stop();
        var away = _fixture.StatePath + "-away";
        Directory.Move(_fixture.StatePath, away);
        File.WriteAllText(_fixture.StatePath, "");
        Assert.Null(Silences.Find("db", Now));
        Silences.Mute("disk", Hour, "meanwhile");

        File.Delete(_fixture.StatePath);
        Directory.Move(away, _fixture.StatePath);
        _fixture.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(["moving", "meanwhile"], Silences.Mutes(Now).Select(mute => mute.Reason));
        _fixture.Restart();
        Assert.Equal(["moving", "meanwhile"], Silences.Mutes(Now).Select(mute => mute.Reason));
    }

    [Fact]
    public void Thousands_of_mutes_need_no_more_space_than_one_and_none_comes_back()
    {
        Silences.Mute("Api", 3 * Hour, "stays");
        for (var i = 0; i < 3000; i++)
        {
            Silences.Mute("db", 2 * Hour, "once more " + i);
            Silences.BeginMaintenance("deploy", 2 * Hour, new string('x', 200));
            if (i % 2 == 1)
            {
                Silences.Unmute("db");
                Silences.EndMaintenance("deploy");
            }
        }

        _fixture.Restart();
        Assert.Equal("stays", Assert.Single(Silences.Mutes(Now)).Reason);
        Assert.Empty(Silences.Windows(Now));
        Assert.Equal(128 * 1024, new FileInfo(Path.Combine(_fixture.StatePath, "silence.journal")).Length);
    }

    [Fact]
    public void Any_history_is_the_same_before_and_after_a_restart() =>
        Prop.ForAll<byte[]>(operations =>
        {
            using var fixture = new SilencesFixture();
            var mutes = new Dictionary<string, DateTimeOffset>();
            var windows = new Dictionary<string, DateTimeOffset>();
            foreach (var operation in operations)
            {
                var name = SilencesFixture.Names[operation % 3];
                var duration = TimeSpan.FromMinutes(1 + operation / 8);
                var now = fixture.Now;
                switch (operation / 3 % 6)
                {
                    case 0:
                        fixture.Silences.Mute(name, duration, "why");
                        mutes[name] = now + duration;
                        break;
                    case 1:
                        Assert.Equal(mutes.Remove(name, out var until) && until > now, fixture.Silences.Unmute(name));
                        break;
                    case 2:
                        fixture.Silences.BeginMaintenance(name, duration);
                        windows[name] = now + duration;
                        break;
                    case 3:
                        Assert.Equal(windows.Remove(name, out var end) && end > now, fixture.Silences.EndMaintenance(name));
                        break;
                    case 4:
                        fixture.Time.Advance(duration);
                        break;
                    default:
                        fixture.Restart();
                        break;
                }

                now = fixture.Now;
                Assert.Equal(
                    mutes.Where(mute => mute.Value > now).OrderBy(mute => mute.Key, StringComparer.OrdinalIgnoreCase).Select(mute => (mute.Key, mute.Value)),
                    fixture.Silences.Mutes(now).Select(mute => (mute.Check, mute.Until)));
                Assert.Equal(
                    windows.Where(window => window.Value > now).OrderBy(window => window.Key, StringComparer.Ordinal).Select(window => (window.Key, window.Value)),
                    fixture.Silences.Windows(now).OrderBy(window => window.Name, StringComparer.Ordinal).Select(window => (window.Name, window.End)));
                Assert.Equal(
                    mutes.Values.Concat(windows.Values).Where(at => at > now).Select(at => (DateTimeOffset?)at).Min(),
                    fixture.Silences.NextChange(now));
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_mute_that_was_given_when_the_clock_was_years_ahead_does_not_last_until_then()
    {
        _fixture.Time.Advance(TimeSpan.FromDays(3650));
        Silences.Mute("db", Hour, "moving");
        _fixture.Time.Advance(TimeSpan.FromDays(-3650));
        Assert.Null(Silences.Find("db", Now));

        // A small step back ends nothing.
        Silences.Mute("db", TimeSpan.FromDays(31), "moving");
        _fixture.Time.Advance(TimeSpan.FromSeconds(-5));
        Assert.NotNull(Silences.Find("db", Now));
    }

    [Fact]
    public void Wrong_arguments_are_refused_with_what_is_allowed()
    {
        Assert.Contains("No check is named 'nobody'; registered: Api, db, disk.", Message<ArgumentException>(() => Silences.Mute("nobody", Hour, "x")), StringComparison.Ordinal);
        Assert.Contains("'nobody'", Message<ArgumentException>(() => Silences.BeginMaintenance("x", Hour, checks: ["db", "nobody"])), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Silences.Mute("db", Hour, " "));
        Assert.Throws<ArgumentException>(() => Silences.BeginMaintenance("", Hour));
        Assert.Contains("allowed: 1 to 100", Message<ArgumentException>(() => Silences.BeginMaintenance(new string('x', 101), Hour)), StringComparison.Ordinal);
        foreach (var duration in new[] { TimeSpan.Zero, -Hour, TimeSpan.FromDays(31) + TimeSpan.FromTicks(1), TimeSpan.MaxValue })
        {
            Assert.Contains("at most 31.00:00:00", Message<ArgumentOutOfRangeException>(() => Silences.Mute("db", duration, "x")), StringComparison.Ordinal);
            Assert.Throws<ArgumentOutOfRangeException>(() => Silences.BeginMaintenance("x", duration));
        }

        Silences.Mute("db", TimeSpan.FromDays(31), "x");
        for (var i = 0; i < 100; i++)
        {
            Silences.BeginMaintenance(i.ToString(CultureInfo.InvariantCulture), Hour);
        }

        Assert.Contains("more than 100", Message<ArgumentException>(() => Silences.BeginMaintenance("x", Hour)), StringComparison.Ordinal);
        Silences.BeginMaintenance("7", Hour);
        _fixture.Restart();
        Assert.Equal(100, Silences.Windows(Now).Count);
    }

    [Fact]
    public void Reasons_are_redacted_and_bounded_and_stand_so_in_the_journal()
    {
        Silences.Mute("db", Hour, "see https://me:hunter2@wiki/ " + new string('x', 1000));
        Silences.BeginMaintenance("deploy", Hour, "password=hunter2");
        Assert.Equal(500, Silences.Mutes(Now)[0].Reason.Length);
        _fixture.Stop();
        Assert.DoesNotContain("hunter2", File.ReadAllText(Path.Combine(_fixture.StatePath, "silence.journal")), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", Silences.Mutes(Now)[0].Reason + Silences.Windows(Now)[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_bytes_as_a_record_are_passed_over() =>
        Prop.ForAll<byte[]>(bytes => Assert.Null(SilenceRecord.Parse(bytes))).QuickCheckThrowOnFailure();

    private static string Message<TException>(Action action)
        where TException : Exception => Assert.Throws<TException>(action).Message;

    private static MaintenanceWindow Window(string name, DateTimeOffset begin, DateTimeOffset end) => new() { Name = name, Begin = begin, End = end };
}
