using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// A bounded list of records that survives the death of the process and a full disk: all its space is reserved when it is opened, a
/// record is there whole or not at all, and a kill at any moment loses at most the record being written. Where it cannot write, it goes
/// on in memory within the same bound, says so, and writes everything down when it can again. Nothing here throws because of the disk.
/// </summary>
/// <remarks>
/// Loss rule. Without a filter it is a ring: when its segment (half of its capacity) is full, the oldest records go until half of
/// the segment is free. With a filter only records go that the filter gives up; when that frees less than an eighth of the segment,
/// <see cref="TryAppend"/> answers false. What is kept is written to the other segment, flushed, and only then that segment's header:
/// at every moment one segment is whole, on the device too unless that takes longer to flush than is waited for. Appended records survive SIGKILL at once, and a power cut once <see cref="Flush"/> gave true.
/// Safe for use by several threads; one process writes, which the state directory's lock ensures.
/// </remarks>
internal sealed partial class Journal : IDisposable
{
    /// <summary>No record is larger; small journals take less, see <see cref="MaxRecordBytes"/>.</summary>
    private const int LargestRecord = 64 * 1024;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private const int FirstRead = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly JournalStore _store;
    private readonly string _name;
    private readonly int _wantedSegmentSize;
    private readonly JournalFilter? _keep;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    // On disk: the file, its active segment and where that ends.
    private JournalFile? _file;
    private int _segmentSize;
    private int _active;
    private long _generation;
    private int _end;
    private uint _crc;
    private byte[] _scratch = [];

    // In memory (_file is null): the records, and whether they are all there are or the file may hold older ones.
    private List<JournalRecord> _memory = [];
    private int _memoryBytes;
    private bool _memoryIsComplete;
    private bool _memoryIsNewer;
    private bool _fileWasLost;

    private long _nextSequence = 1;
    private volatile StateProblem? _problem;
    private long _failedAt;
    private long _lookedAt;
    private TimeSpan _retryAfter = FirstRetry;
    private bool _disposed;
    private Action<Journal>? _closed;

    internal Journal(JournalStore store, string name, int capacityBytes, JournalFilter? keep, TimeProvider time, ILogger logger)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacityBytes, 2 * JournalFormat.MinSegmentSize);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacityBytes, 2 * JournalFormat.MaxSegmentSize);
        _store = store;
        _name = name;
        // Whole blocks, so that each header has a sector for itself.
        _wantedSegmentSize = capacityBytes / 2 / JournalFormat.MinSegmentSize * JournalFormat.MinSegmentSize;
        _segmentSize = _wantedSegmentSize;
        _keep = keep;
        _time = time;
        _logger = logger;
        lock (_gate)
        {
            if (!TryAttach() && !_memoryIsComplete)
            {
                // What the file holds is unknown. Counting from the clock keeps numbers above those already given out.
                _nextSequence = Math.Max(1, (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
            }
        }
    }

    /// <summary>
    /// Why records are kept in memory only, or null while they are written to disk. Looks whether the file is still where it belongs, and
    /// tries again when that is due: a journal that is seldom written to is found out and mended by whoever watches it. A write that
    /// failed is remembered until one has succeeded. Does not wait for a disk that hangs in somebody else's call.
    /// </summary>
    public StateProblem? Problem
    {
        get
        {
            if (_gate.TryEnter()) // who holds it is finding out just that
            {
                try
                {
                    if (!_disposed)
                    {
                        LeaveIfLost();
                        RecoverIfDue();
                    }
                }
                finally
                {
                    _gate.Exit();
                }
            }

            return _problem;
        }
    }

    /// <summary>Its file's name without extension.</summary>
    public string Name => _name;

    /// <summary>Whether records are written to disk.</summary>
    public bool IsPersistent => Problem is null;

    /// <summary>The largest record it takes, in bytes: a quarter of a segment, at most 64 KiB.</summary>
    public int MaxRecordBytes
    {
        get
        {
            lock (_gate)
            {
                return Math.Min(LargestRecord, Usable / 4 - JournalFormat.RecordHeaderSize);
            }
        }
    }

    private int Usable => _segmentSize - JournalFormat.HeaderSize;

    /// <summary>Opens a journal of the state directory, with what earlier runs left in it. Never throws because of the disk.</summary>
    /// <param name="directory">Where it stands; without a place, the journal begins in memory.</param>
    /// <param name="name">Its file's name without extension: lower-case letters, digits and hyphens.</param>
    /// <param name="capacityBytes">Space it reserves on disk: 8 KiB to 128 MiB, used by halves.</param>
    /// <param name="keep">Which records are still needed when space runs out; null for a ring that drops the oldest.</param>
    /// <param name="time">The clock of retries.</param>
    /// <param name="logger">Where it says that it lost or found its disk.</param>
    /// <exception cref="ArgumentException">The name or the capacity is outside what is allowed.</exception>
    public static Journal Open(
        StateDirectory directory, string name, int capacityBytes, JournalFilter? keep, TimeProvider time, ILogger logger)
    {
        if (name.Length is 0 or > 64 || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
        {
            throw new ArgumentException($"'{name}' is no journal name: 1 to 64 lower-case letters, digits and hyphens are allowed.", nameof(name));
        }

        var journal = Begin();
        directory.AddJournal(journal);
        return journal;

        Journal Begin()
        {
            try
            {
                // All of it in one job: each one costs two changes of threads, which take their time on a busy machine.
                return directory.Disk.Run(Make, DiskThread.LongPatience);
            }
            catch (IOException e) when (StateProblem.IsHung(e))
            {
                return Make(); // finds the same out at once, and begins in memory
            }
        }

        Journal Make() => new(
            new PatientJournalStore(new DirectoryJournalStore(directory, name), directory.Disk, directory.Flushes), name, capacityBytes, keep, time, logger)
        {
            _closed = directory.RemoveJournal,
        };
    }

    /// <summary>Adds a record. False when it is larger than <see cref="MaxRecordBytes"/>, or the records still needed leave no room.</summary>
    /// <param name="record">Its bytes.</param>
    /// <param name="sequence">The number it got, above all earlier ones; 0 when it was not added.</param>
    public bool TryAppend(ReadOnlySpan<byte> record, out long sequence)
    {
        lock (_gate)
        {
            sequence = 0;
            if (_disposed || record.Length > MaxRecordBytes)
            {
                return false;
            }

            if (_time.GetElapsedTime(_lookedAt) >= LookEvery)
            {
                LeaveIfLost();
            }

            RecoverIfDue();
            if (_file is not null)
            {
                try
                {
                    return TryAppendToFile(record, out sequence);
                }
                catch (Exception e) when (StateProblem.IsExpected(e))
                {
                    GoOnInMemory(e);
                }
            }

            return TryAppendToMemory(record, out sequence);
        }
    }

    /// <summary>
    /// Waits until every record added before this call is on the disk itself (fsync), at most 2 s. False when some may not be. Meant for a
    /// caller that batches: others go on appending meanwhile.
    /// </summary>
    public bool Flush()
    {
        JournalFile? file;
        lock (_gate)
        {
            if (_disposed)
            {
                return false;
            }

            RecoverIfDue();
            file = _file;
        }

        if (file is null)
        {
            return false;
        }

        try
        {
            file.Flush();
            lock (_gate)
            {
                if (ReferenceEquals(_file, file))
                {
                    LeaveIfLost();
                }

                return ReferenceEquals(_file, file); // what was flushed into a file without a name is not kept
            }
        }
        catch (IOException e) when (StateProblem.IsHung(e))
        {
            return false; // the device is slow, or the disk hangs: the next record finds out which
        }
        catch (Exception e) when (StateProblem.IsExpected(e))
        {
            lock (_gate)
            {
                // After a failed fsync the kernel may have dropped what it could not write: everything is written anew later.
                if (ReferenceEquals(_file, file))
                {
                    GoOnInMemory(e);
                }
            }

            return false;
        }
    }

    /// <summary>All records there are, oldest first.</summary>
    public IReadOnlyList<JournalRecord> ReadAll()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return [];
            }

            if (_file is not null)
            {
                try
                {
                    return ReadActive().Records;
                }
                catch (Exception e) when (StateProblem.IsExpected(e))
                {
                    GoOnInMemory(e);
                }
            }

            return [.. _memory];
        }
    }

    /// <summary>Drops the records the filter gives up. A kill at any moment leaves the old records or the new ones.</summary>
    public void Compact(JournalFilter keep)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            if (_file is not null)
            {
                try
                {
                    WriteOther(Filter(ReadActive().Records, keep));
                    return;
                }
                catch (Exception e) when (StateProblem.IsExpected(e))
                {
                    GoOnInMemory(e);
                }
            }

            SetMemory(Filter(_memory, keep));
            _memoryIsNewer = true;
        }
    }

    /// <summary>Tries at once to write to disk again; whether it does now. Appending and flushing try by themselves, ever less often.</summary>
    public bool TryRecover()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return false;
            }

            LeaveIfLost();
            return _file is not null || Recover();
        }
    }

    /// <inheritdoc cref="Close"/>
    public void Dispose() => _ = Close();

    /// <summary>Writes down what is in memory only, if the disk takes it by now, flushes and closes the file.</summary>
    /// <returns>Whether every record is in the file: then all of them outlive the process.</returns>
    public bool Close()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                LeaveIfLost();
                _ = _file is not null || !_memoryIsNewer || Recover(); // not only when that is due: this is the last chance
            }
        }

        _ = Flush();
        bool isKept;
        lock (_gate)
        {
            isKept = !_disposed && (_file is not null || !_memoryIsNewer);
            _disposed = true;
            _file?.Dispose();
            _file = null;
            _problem ??= new StateProblem(StateProblem.IOError, $"Journal {_name} was closed.");
        }

        _closed?.Invoke(this);
        return isKept;
    }

    private bool TryAppendToFile(ReadOnlySpan<byte> record, out long sequence)
    {
        sequence = 0;
        var size = JournalFormat.RecordHeaderSize + record.Length;
        if (_end + size > _segmentSize)
        {
            if (Reclaim(ReadActive().Records, size) is not { } kept)
            {
                return false;
            }

            WriteOther(kept);
        }

        if (_scratch.Length < size)
        {
            _scratch = new byte[Math.Max(size, 2 * _scratch.Length)];
        }

        var bytes = _scratch.AsSpan(0, size);
        var crc = JournalFormat.WriteRecord(bytes, _crc, _nextSequence, record);
        _file!.Write(bytes, SegmentStart(_active) + _end);
        (_end, _crc, sequence) = (_end + size, crc, _nextSequence++);
        return true;
    }

    private bool TryAppendToMemory(ReadOnlySpan<byte> record, out long sequence)
    {
        sequence = 0;
        var size = JournalFormat.RecordHeaderSize + record.Length;
        if (_memoryBytes + size > Usable)
        {
            if (Reclaim(_memory, size) is not { } kept)
            {
                return false;
            }

            SetMemory(kept);
        }

        sequence = _nextSequence++;
        _memory.Add(new JournalRecord(sequence, record.ToArray()));
        _memoryBytes += size;
        _memoryIsNewer = true;
        return true;
    }

    /// <summary>What is left when room is made for a record of <paramref name="needed"/> bytes, or null when there is none to be had.</summary>
    private List<JournalRecord>? Reclaim(IReadOnlyList<JournalRecord> records, int needed)
    {
        if (_keep is null)
        {
            return Newest(records, Usable / 2);
        }

        // An eighth at least, so that a nearly full journal is not rewritten for every record.
        var kept = Filter(records, _keep);
        return kept.Sum(r => r.Size) + needed <= Usable - Usable / 8 ? kept : null;
    }

    private static List<JournalRecord> Filter(IEnumerable<JournalRecord> records, JournalFilter keep) =>
        [.. records.Where(r => keep(r.Sequence, r.Payload.Span))];

    private static List<JournalRecord> Newest(IReadOnlyList<JournalRecord> records, int limit)
    {
        var (first, size) = (records.Count, 0);
        while (first > 0 && size + records[first - 1].Size <= limit)
        {
            size += records[--first].Size;
        }

        return [.. records.Skip(first)];
    }

    private long SegmentStart(int segment) => (long)segment * _segmentSize;

    /// <summary>The active segment as it stands on disk.</summary>
    /// <exception cref="IOException">It is not what was written there.</exception>
    private JournalContent ReadActive()
    {
        var content = ReadWhatIsWhole();
        return content is not null && content.End == _end
            ? content
            : throw new IOException($"The file of journal {_name} was changed by someone else.");
    }

    private JournalContent? ReadWhatIsWhole()
    {
        var bytes = new byte[_end];
        var count = _file!.Read(bytes, SegmentStart(_active));
        return JournalFormat.ReadHeader(bytes.AsSpan(0, count)) is { } header && header.Generation == _generation
            ? JournalFormat.ReadRecords(bytes.AsMemory(0, count), header)
            : null;
    }

    /// <summary>Writes the records as the next generation into the other segment, which becomes the active one when its header is there.</summary>
    private void WriteOther(IReadOnlyList<JournalRecord> records)
    {
        (_end, _crc) = WriteSegment(_file!, 1 - _active, _segmentSize, _generation + 1, _nextSequence, records);
        _active = 1 - _active;
        _generation++;
    }

    private static (int End, uint Crc) WriteSegment(
        JournalFile file, int segment, int segmentSize, long generation, long nextSequence, IReadOnlyList<JournalRecord> records)
    {
        var bytes = new byte[JournalFormat.HeaderSize + records.Sum(r => r.Size)];
        var crc = JournalFormat.WriteHeader(bytes, segmentSize, generation, nextSequence);
        var end = JournalFormat.HeaderSize;
        foreach (var record in records)
        {
            crc = JournalFormat.WriteRecord(bytes.AsSpan(end), crc, record.Sequence, record.Payload.Span);
            end += record.Size;
        }

        var start = (long)segment * segmentSize;
        file.WriteAndFlush(bytes.AsSpan(JournalFormat.HeaderSize), start + JournalFormat.HeaderSize); // on disk before the header that makes them count
        file.WriteAndFlush(bytes.AsSpan(0, JournalFormat.HeaderSize), start);
        return (end, crc);
    }

    private void LeaveIfLost()
    {
        _lookedAt = _time.GetTimestamp();
        if (_file?.FindLoss() is { } loss)
        {
            GoOnInMemory(loss);
            _fileWasLost = true;
        }
    }

    private void GoOnInMemory(Exception cause) => GoOnInMemory(StateProblem.From(cause));

    private void GoOnInMemory(StateProblem cause)
    {
        JournalContent? content = null;
        try
        {
            content = cause.Reason == StateProblem.Hung ? null : ReadWhatIsWhole();
        }
        catch (Exception e) when (StateProblem.IsExpected(e))
        {
            LogUnreadable(_logger, e, _name);
        }

        SetMemory(content?.Records ?? []);
        _memoryIsComplete = content is not null;
        _memoryIsNewer = true;
        _fileWasLost = false;
        _file!.Dispose(); // an open file would keep the file system from being remounted or repaired
        _file = null;
        _segmentSize = _wantedSegmentSize;
        _retryAfter = FirstRetry;
        Fail(cause);
    }

    private void SetMemory(IReadOnlyList<JournalRecord> records)
    {
        _memory = [.. records];
        _memoryBytes = _memory.Sum(r => r.Size);
    }

    private void Fail(StateProblem problem)
    {
        problem = problem with { Text = $"Journal {_name}: {problem.Text}" };
        if (_problem?.Reason != problem.Reason)
        {
            LogInMemory(_logger, _name, problem.Reason, problem.Text); // once, however often it is tried again
        }

        (_problem, _failedAt) = (problem, _time.GetTimestamp());
    }

    private void RecoverIfDue()
    {
        if (_file is null && _time.GetElapsedTime(_failedAt) >= _retryAfter && !Recover())
        {
            _retryAfter = _retryAfter * 2 < LastRetry ? _retryAfter * 2 : LastRetry;
        }
    }

    private bool Recover()
    {
        if (!TryAttach())
        {
            return false;
        }

        LogRecovered(_logger, _name);
        return true;
    }

    /// <summary>Finds or makes the file, and writes into it what is in memory. Either all of that succeeds or memory keeps everything.</summary>
    private bool TryAttach()
    {
        JournalFile? file = null;
        try
        {
            if (_store.Prepare() is { } problem)
            {
                (_problem, _failedAt) = (problem, _time.GetTimestamp()); // the state directory has logged it
                return false;
            }

            file = _store.TryOpen();
            var found = file is null ? null : Find(file);
            if (file is not null && found is null)
            {
                LogDamaged(_logger, _name);
            }

            if (_fileWasLost && found is { } other && (other.Header.Generation != _generation || other.Content.Crc != _crc))
            {
                _memoryIsComplete = false; // not the file that was left but another run's: its records are kept too
            }

            TakeOver(found?.Content);
            var isWhole = found is { } f && file!.Length == 2L * f.Header.SegmentSize;
            if (!isWhole || found!.Value.Header.SegmentSize != _wantedSegmentSize || !file!.IsReserved)
            {
                file = Rebuild(file, isWhole, found?.Header.Generation ?? 0);
            }

            if (found is { } old && _file is null)
            {
                (_file, _segmentSize) = (file, old.Header.SegmentSize);
                (_active, _generation, _end, _crc) = (old.Segment, old.Header.Generation, old.Content.End, old.Content.Crc);
                if (_memoryIsNewer)
                {
                    WriteOther(Newest(_memory, Usable));
                }
            }

            SetMemory([]);
            _memoryIsComplete = _memoryIsNewer = _fileWasLost = false;
            _lookedAt = _time.GetTimestamp();
            _problem = null;
            _retryAfter = FirstRetry;
            return true;
        }
        catch (Exception e) when (StateProblem.IsExpected(e))
        {
            file?.Dispose();
            _file = null;
            _segmentSize = _wantedSegmentSize;
            Fail(StateProblem.From(e));
            return false;
        }
    }

    /// <summary>Brings what the file holds into memory, before what memory has.</summary>
    private void TakeOver(JournalContent? content)
    {
        if (content is not null)
        {
            if (!_memoryIsComplete)
            {
                // Equal numbers mean that the clock was set back between two runs without a disk; the run that is alive wins.
                var first = _memory.Count > 0 ? _memory[0].Sequence : long.MaxValue;
                List<JournalRecord> all = [.. content.Records.TakeWhile(r => r.Sequence < first), .. _memory];
                SetMemory(all.Sum(r => r.Size) <= Usable ? all : _keep is null ? Newest(all, Usable) : Newest(Filter(all, _keep), Usable));
            }

            _nextSequence = Math.Max(_nextSequence, content.NextSequence);
        }

        _memoryIsComplete = true;
    }

    /// <summary>
    /// Makes a new file of the wanted size with what memory holds, in place of one that is missing, cut, of another size, or sparse.
    /// When there is no room for it, an old file that is whole goes on as it is: it is returned.
    /// </summary>
    private JournalFile? Rebuild(JournalFile? old, bool oldIsWhole, long oldGeneration)
    {
        JournalFile? created = null;
        int end;
        uint crc;
        try
        {
            created = _store.Create(2L * _wantedSegmentSize);
            (end, crc) = WriteSegment(
                created, 0, _wantedSegmentSize, oldGeneration + 1, _nextSequence, Newest(_memory, _wantedSegmentSize - JournalFormat.HeaderSize));
        }
        catch (Exception e)
        {
            if (created is not null)
            {
                _store.Discard(created);
            }

            if (!oldIsWhole || !StateProblem.IsExpected(e))
            {
                throw;
            }

            LogNotResized(_logger, e, _name);
            return old;
        }

        try
        {
            old?.Dispose();
            _store.Publish(created);
            (_file, _segmentSize, _active, _generation, _end, _crc) = (created, _wantedSegmentSize, 0, oldGeneration + 1, end, crc);
            return created;
        }
        catch
        {
            _store.Discard(created);
            throw;
        }
    }

    /// <summary>Finds the newest segment of a file, whatever its size; null when no segment has a whole header.</summary>
    private (JournalHeader Header, int Segment, JournalContent Content)? Find(JournalFile file)
    {
        var first = HeaderAt(file, 0);
        var second = first is { } f
            ? HeaderAt(file, f.SegmentSize)
            : HeaderAt(file, _wantedSegmentSize) ?? HeaderAt(file, file.Length / 2);
        var segment = second is { } s && (first is null || s.Generation > first.Value.Generation) ? 1 : 0;
        if ((segment == 0 ? first : second) is not { } header)
        {
            return null;
        }

        var start = (long)segment * header.SegmentSize;
        return (header, segment, ReadRecords(file, start, (int)Math.Clamp(file.Length - start, 0, header.SegmentSize), header));
    }

    /// <summary>Reads no further than the records go: most journals are nearly empty, and the space that is reserved for them is large.</summary>
    private static JournalContent ReadRecords(JournalFile file, long start, int length, JournalHeader header)
    {
        for (var size = Math.Min(FirstRead, length); ; size = (int)Math.Min(4L * size, length))
        {
            var bytes = new byte[size];
            var count = file.Read(bytes, start);
            var content = JournalFormat.ReadRecords(bytes.AsMemory(0, count), header);
            if (count < size || size == length || !JournalFormat.MayGoOn(bytes, content.End))
            {
                return content;
            }
        }
    }

    private static JournalHeader? HeaderAt(JournalFile file, long position)
    {
        Span<byte> bytes = stackalloc byte[JournalFormat.HeaderSize];
        var count = file.Read(bytes, position);
        // The second segment begins where the first one ends.
        return JournalFormat.ReadHeader(bytes[..count]) is { } header && (position == 0 || position == header.SegmentSize) ? header : null;
    }

    [LoggerMessage(7011, LogLevel.Warning, "Journal {Name} goes on in memory and will lose its records with the process ({Reason}): {Text}")]
    private static partial void LogInMemory(ILogger logger, string name, string reason, string text);

    [LoggerMessage(7012, LogLevel.Information, "Journal {Name} writes its records to disk again.")]
    private static partial void LogRecovered(ILogger logger, string name);

    [LoggerMessage(7013, LogLevel.Warning, "The file of journal {Name} is damaged or of another version; its records are lost.")]
    private static partial void LogDamaged(ILogger logger, string name);

    [LoggerMessage(7014, LogLevel.Warning, "The file of journal {Name} can no longer be read.")]
    private static partial void LogUnreadable(ILogger logger, Exception exception, string name);

    [LoggerMessage(7015, LogLevel.Warning, "The file of journal {Name} could not be brought to its size and is used as it is.")]
    private static partial void LogNotResized(ILogger logger, Exception exception, string name);
}
