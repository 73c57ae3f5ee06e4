using System.Collections.Concurrent;

namespace HealthKit;

/// <summary>
/// Which records of a journal still count. A journal that began without a disk finds what earlier runs left when the disk comes back: until that
/// was read, all of it counts. The journal asks under its own lock, on any thread: nothing here takes a lock.
/// </summary>
internal sealed class NeededRecords
{
    private readonly ConcurrentDictionary<long, byte> _needed = new();
    private long _firstOwn = long.MaxValue;
    private long _lastSeen;
    private volatile bool _hasReadEarlier;

    /// <summary>Whether it is known what earlier runs left.</summary>
    public bool HasReadEarlier => _hasReadEarlier;

    /// <summary>The journal's filter.</summary>
    public bool IsNeeded(long sequence, ReadOnlySpan<byte> payload) =>
        _needed.ContainsKey(sequence)
        || sequence > Volatile.Read(ref _lastSeen) // just being added
        || (!_hasReadEarlier && sequence < Volatile.Read(ref _firstOwn));

    /// <summary>What earlier runs left, oldest first; null while that cannot be read. Until <see cref="EndReading"/> all of it counts.</summary>
    public IReadOnlyList<JournalRecord>? ReadEarlier(Journal journal)
    {
        if (_hasReadEarlier || !journal.IsPersistent)
        {
            return null;
        }

        var records = journal.ReadAll();
        return journal.IsPersistent ? [.. records.TakeWhile(record => record.Sequence < _firstOwn)] : null;
    }

    /// <summary>Of what earlier runs left, only what was added counts from now on.</summary>
    /// <param name="earlier">All there was.</param>
    public void EndReading(IReadOnlyList<JournalRecord> earlier)
    {
        See(earlier.Count > 0 ? earlier[^1].Sequence : 0);
        _hasReadEarlier = true;
    }

    /// <summary>A record of an earlier run counts.</summary>
    public void Add(long sequence) => _needed[sequence] = 0;

    /// <summary>A record of this run counts; 0, which is none, does not.</summary>
    public void AddOwn(long sequence)
    {
        if (sequence == 0)
        {
            return;
        }

        _needed[sequence] = 0; // before it counts as seen
        See(sequence);
        if (_firstOwn == long.MaxValue)
        {
            Volatile.Write(ref _firstOwn, sequence);
        }
    }

    /// <summary>It counts no more.</summary>
    public void Remove(long sequence) => _needed.TryRemove(sequence, out _);

    private void See(long sequence) => Volatile.Write(ref _lastSeen, Math.Max(_lastSeen, sequence));
}
