using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.Tests.Incidents.Tracking;

public sealed class IncidentJournalTests : IDisposable
{
    private readonly DirectoryInfo _place = Directory.CreateTempSubdirectory("hk-incidents-");

    public void Dispose() => _place.Delete(recursive: true);

    [Fact]
    public void Everything_of_an_incident_comes_back()
    {
        var incident = Sample(1) with
        {
            CheckType = "DiskSpace",
            Reasons = ["a.b", "c.d"],
            Item = "/var",
            Status = HealthStatus.Degraded,
            ResolvedAt = At(9),
            Resolution = IncidentResolution.CheckRemoved,
            Gap = new IncidentGap(null, At(3)),
            Exception = new ExceptionInfo("T", "m", "d"),
            ReadingsBefore = [new("freeBytes", 12.5, "bytes", "/var")],
            Silence = IncidentSilence.Cause,
            SilenceReason = "because",
            IsFlapping = true,
            IsAnnounced = true,
            Messages = 3,
            Tags = ["x"],
            Description = "lone \ud800 surrogate \0 \"quote\"",
        };
        var notice = new IncidentNotice(IncidentMessageKind.Opened, IsSilent: true, HealthStatus.Unhealthy, At(5));
        Write(journal => journal.Write(incident, notice, HealthStatus.Degraded));

        var (read, unqueued, told) = Assert.Single(Read());
        Assert.Equal(HealthStatus.Degraded, told);
        Assert.Equivalent(incident with { Description = "lone \ufffd surrogate \0 \"quote\"" }, read, strict: true);
        Assert.Equal(notice, unqueued);
    }

    [Fact]
    public void An_incident_that_is_too_large_for_a_record_is_kept_without_some_of_its_texts()
    {
        var large = new string('漢', 4_000);
        IReadOnlyList<Reading> readings = [.. Enumerable.Range(0, 100).Select(i => new Reading("freeBytes", i, "bytes", new string('漢', 40)))];
        var incident = Sample(1) with
        {
            Messages = 3,
            IsAnnounced = true,
            Description = large,
            Exception = new ExceptionInfo("T", large, large),
            ReadingsBefore = readings,
            ReadingsAt = readings,
        };
        Write(journal => journal.Write(incident, Opened, told: null));

        var (read, unqueued, _) = Assert.Single(Read());
        Assert.Equal((incident.Id, 3, true), (read.Id, read.Messages, read.IsAnnounced));
        Assert.Equal(Opened, unqueued);
        Assert.NotEmpty(read.ReadingsAt);
    }

    [Fact]
    public void A_message_that_was_queued_is_not_told_again()
    {
        Write(journal =>
        {
            journal.Write(Sample(1) with { Messages = 1 }, Opened, told: null);
            journal.WriteQueued(Sample(1) with { Messages = 1 });
            journal.Write(Sample(2) with { Messages = 1 }, Opened, told: null);
            journal.WriteQueued(Sample(2) with { Messages = 1 });
            journal.Write(Sample(2) with { Messages = 2 }, Opened with { Kind = IncidentMessageKind.Resolved }, told: null);
            journal.Write(Sample(3), null, told: null);
        });

        Assert.Equal([null, IncidentMessageKind.Resolved, null], Read().Select(found => found.Unqueued?.Kind));
    }

    [Fact]
    public void A_thousand_open_incidents_that_change_again_and_again_are_kept_and_the_forgotten_go()
    {
        Write(journal =>
        {
            for (var round = 1; round <= 20; round++)
            {
                for (var i = 0; i < 1_000; i++)
                {
                    var incident = Sample(i) with { Messages = round, Description = new string('x', 500) };
                    journal.Write(incident, Opened, told: null);
                    journal.WriteQueued(incident);
                }
            }

            for (var i = 500; i < 1_000; i++)
            {
                journal.Forget(Sample(i).Id);
            }

            journal.Journal!.Compact((sequence, _) => true);
        });

        var read = Read();
        Assert.Equal(1_000, read.Count); // forgotten ones are kept while there is room
        Assert.All(read, found => Assert.Equal((20, null), (found.Incident.Messages, found.Unqueued)));
    }

    [Fact]
    public void A_journal_that_is_cut_anywhere_loses_its_last_record_at_most()
    {
        Write(journal =>
        {
            for (var i = 0; i < 3; i++)
            {
                journal.Write(Sample(i) with { Messages = 1 }, Opened, told: null);
                journal.WriteQueued(Sample(i) with { Messages = 1 });
            }
        });
        var file = Directory.EnumerateFiles(_place.FullName, "incidents*", SearchOption.AllDirectories).Single();
        var bytes = File.ReadAllBytes(file);
        var written = Array.FindLastIndex(bytes, b => b != 0) + 1;
        var last = int.MaxValue;
        for (var length = written; length > 0; length--)
        {
            using (var stream = File.OpenWrite(file))
            {
                stream.Write(bytes, 0, length);
                stream.Write(new byte[written - length]);
            }

            var found = Read().Count;
            Assert.InRange(found, last == int.MaxValue ? 3 : last - 1, Math.Min(last, 3));
            last = found;
        }

        Assert.Equal(0, last);
    }

    private static IncidentNotice Opened { get; } = new(IncidentMessageKind.Opened, IsSilent: false, null, At(1));

    private static DateTimeOffset At(int minute) => new(2026, 1, 1, 0, minute, 0, TimeSpan.Zero);

    private static Incident Sample(int number) => new()
    {
        Id = number.ToString("x32", System.Globalization.CultureInfo.InvariantCulture),
        Check = "check" + number,
        Status = HealthStatus.Unhealthy,
        WorstStatus = HealthStatus.Unhealthy,
        OpenedAt = At(1),
        UpdatedAt = At(2),
    };

    private StateDirectory OpenDirectory() => StateDirectory.Open(_place.FullName, "test", NullLogger.Instance);

    private void Write(Action<IncidentJournal> write)
    {
        using var directory = OpenDirectory();
        using var journal = new IncidentJournal(directory, TimeProvider.System, NullLogger.Instance);
        Assert.Empty(journal.Open());
        write(journal);
    }

    private IReadOnlyList<(Incident Incident, IncidentNotice? Unqueued, HealthStatus? Told)> Read()
    {
        using var directory = OpenDirectory();
        using var journal = new IncidentJournal(directory, TimeProvider.System, NullLogger.Instance);
        return journal.Open();
    }
}
