using System.Runtime.Versioning;
using System.Text;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.Tests;

/// <summary>What happens when the state directory, its lock or a journal's file is taken away under the process.</summary>
[UnsupportedOSPlatform("windows")] // open files cannot be removed there
public sealed class RemovedStateTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("healthkit-removed-").FullName;
    private readonly ManualTime _time = new();

    private string Place => Path.Combine(_root, "state");

    private string LockFile => Path.Combine(Place, "lock");

    private string JournalFilePath => Path.Combine(Place, "test.journal");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_removed_directory_is_noticed_by_a_flush_and_made_anew_with_what_was_in_it()
    {
        using (var directory = OpenDirectory())
        using (var journal = OpenJournal(directory))
        {
            Append(journal, "before");
            Assert.True(journal.Flush());
            Directory.Delete(Place, recursive: true);
            Append(journal, "after");
            Assert.False(journal.Flush());
            Assert.Equal("state.removed", journal.Problem?.Reason);
            Assert.Equal("state.removed", directory.Problem);
            Assert.False(directory.IsPersistent);
            Assert.Null(directory.Path);
            Assert.False(Directory.Exists(Place));

            Assert.True(journal.TryRecover(), journal.Problem?.Text);
            Assert.Equal(1, directory.Instance);
            Assert.Null(directory.Problem);
            Assert.True(journal.Flush());
            using var second = OpenDirectory();
            Assert.Equal(2, second.Instance); // the lock made anew holds
        }

        Assert.Equal(["before", "after"], ReadAgain());
    }

    [Fact]
    public void Whoever_watches_sees_it_once_and_that_mends_it()
    {
        using var directory = OpenDirectory();
        using var journal = OpenJournal(directory);
        Append(journal, "one");
        Directory.Delete(Place, recursive: true);
        Assert.False(directory.IsPersistent);
        Assert.Equal("state.removed", directory.Problem);
        Assert.False(directory.IsPersistent); // not at once again
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.True(directory.IsPersistent);
        Assert.Equal("state.removed", journal.Problem?.Reason); // its file is not in the new directory yet
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Null(journal.Problem);
        Assert.True(File.Exists(JournalFilePath));
        Assert.Equal(["one"], Read(journal));
    }

    [Fact]
    public void Appending_alone_notices_it_within_a_second()
    {
        using var directory = OpenDirectory();
        using var journal = OpenJournal(directory);
        Directory.Delete(Place, recursive: true);
        Append(journal, "one");
        Assert.Null(directory.Problem);
        _time.Advance(TimeSpan.FromSeconds(1));
        Append(journal, "two");
        Assert.Equal("state.removed", directory.Problem);
        _time.Advance(TimeSpan.FromSeconds(1));
        Append(journal, "three");
        Assert.True(journal.IsPersistent, journal.Problem?.Text);
        Assert.Equal(["one", "two", "three"], Read(journal));
    }

    [Fact]
    public void When_another_instance_took_the_path_meanwhile_there_is_one_owner_each()
    {
        using (var directory = OpenDirectory())
        using (var journal = OpenJournal(directory))
        {
            Append(journal, "first's");
            Directory.Delete(Place, recursive: true);
            using var other = OpenDirectory();
            using var otherJournal = OpenJournal(other);
            Assert.Equal(1, other.Instance);
            Append(otherJournal, "other's");
            Assert.False(journal.Flush());
            Assert.True(journal.TryRecover(), journal.Problem?.Text);
            Assert.Equal(2, directory.Instance);
            Assert.Equal("state.secondInstance", directory.Problem);
            Assert.True(journal.Flush());
            Assert.True(otherJournal.Flush());
            Assert.Equal(["other's"], Read(otherJournal));
            Assert.Equal(["first's"], Read(journal));
        }

        Assert.Equal(["other's"], ReadAgain());
    }

    [Fact]
    public void A_removed_lock_is_given_up_although_the_journal_is_there()
    {
        using (var directory = OpenDirectory())
        using (var journal = OpenJournal(directory))
        {
            Append(journal, "one", "two");
            File.Delete(LockFile);
            Assert.False(journal.Flush());
            journal.Compact((sequence, _) => sequence > 1);
            Assert.True(journal.TryRecover(), journal.Problem?.Text);
            Assert.True(File.Exists(LockFile));
            Assert.Equal(["two"], Read(journal)); // given up is given up: the same file brings nothing back
        }

        Assert.Equal(["two"], ReadAgain());
    }

    [Fact]
    public void A_removed_or_replaced_journal_is_written_anew_under_the_same_lock()
    {
        using (var directory = OpenDirectory())
        using (var journal = OpenJournal(directory))
        {
            Append(journal, "one");
            File.Delete(JournalFilePath);
            Assert.Equal("state.removed", journal.Problem?.Reason);
            Assert.Contains(JournalFilePath, journal.Problem!.Text, StringComparison.Ordinal);
            Assert.True(directory.IsPersistent);
            Assert.True(journal.TryRecover(), journal.Problem?.Text);

            Append(journal, "two");
            File.Copy(JournalFilePath, JournalFilePath + ".copy");
            File.Move(JournalFilePath + ".copy", JournalFilePath, overwrite: true);
            Append(journal, "three");
            Assert.False(journal.IsPersistent);
            Assert.True(journal.TryRecover(), journal.Problem?.Text);
            Assert.Equal(["one", "two", "three"], Read(journal));
        }

        Assert.Equal(["one", "two", "three"], ReadAgain());
    }

    [Fact]
    public void What_another_run_left_where_it_has_to_go_is_kept()
    {
        using (var earlier = OpenDirectory())
        using (var journal = OpenJournal(earlier))
        {
            Append(journal, "earlier");
        }

        var aside = Path.Combine(_root, "aside");
        Directory.Move(Place, aside);
        using (var directory = OpenDirectory())
        using (var journal = OpenJournal(directory))
        {
            Append(journal, "a", "b");
            journal.Compact((sequence, _) => sequence > 1);
            Directory.Delete(Place, recursive: true);
            Directory.Move(aside, Place); // as a volume that is mounted late
            Assert.False(journal.Flush());
            Assert.True(journal.TryRecover(), journal.Problem?.Text);
        }

        Assert.Equal(["earlier", "b"], ReadAgain());
    }

    [Fact]
    public void A_directory_that_cannot_be_made_again_says_why_and_keeps_all_in_memory()
    {
        using var directory = OpenDirectory();
        using var journal = OpenJournal(directory);
        Append(journal, "one");
        Directory.Delete(Place, recursive: true);
        File.WriteAllText(Place, "");
        Assert.False(journal.Flush());
        Assert.False(journal.TryRecover());
        Assert.False(directory.IsPersistent);
        Assert.Equal(["one"], Read(journal));
        File.Delete(Place);
        Assert.True(journal.TryRecover(), journal.Problem?.Text);
        Assert.Equal(["one"], Read(journal));
    }

    [Fact]
    public void A_planted_link_is_not_followed_when_a_journal_is_made()
    {
        var victim = Path.Combine(_root, "victim");
        File.WriteAllText(victim, "precious");
        using var directory = OpenDirectory();
        File.CreateSymbolicLink(JournalFilePath + ".new", victim);
        using (var journal = OpenJournal(directory))
        {
            Assert.True(journal.IsPersistent, journal.Problem?.Text);
        }

        Assert.Equal("precious", File.ReadAllText(victim));
        Assert.Null(new FileInfo(JournalFilePath).LinkTarget);

        // The same without the clean-up that opening does before.
        var store = new DirectoryJournalStore(directory, "test");
        Assert.Null(store.Prepare());
        File.CreateSymbolicLink(JournalFilePath + ".new", victim);
        var created = store.Create(8192);
        Assert.Null(new FileInfo(JournalFilePath + ".new").LinkTarget);
        store.Discard(created);
        Assert.Equal("precious", File.ReadAllText(victim));
    }

    private static void Append(Journal journal, params string[] records) =>
        Assert.All(records, r => Assert.True(journal.TryAppend(Encoding.UTF8.GetBytes(r), out _)));

    private static string[] Read(Journal journal) => [.. journal.ReadAll().Select(r => Encoding.UTF8.GetString(r.Payload.Span))];

    private string[] ReadAgain()
    {
        using var directory = OpenDirectory();
        Assert.Equal(1, directory.Instance);
        using var journal = OpenJournal(directory);
        return Read(journal);
    }

    private StateDirectory OpenDirectory() =>
        StateDirectory.Open(Place, "app", _ => null, StateAccount.Current(), NullLogger.Instance, _time);

    private Journal OpenJournal(StateDirectory directory) => Journal.Open(directory, "test", 8192, null, _time, NullLogger.Instance);
}
