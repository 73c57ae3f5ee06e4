namespace HealthKit;

/// <summary>A message that waits for delivery.</summary>
/// <param name="sequence">The number of its record; 0 when it is in memory only.</param>
/// <param name="message">The message.</param>
internal sealed class OutboxEntry(long sequence, IncidentMessage message)
{
    public long Sequence => sequence;

    public IncidentMessage Message => message;

    /// <summary>Whether it is being sent at the moment: then it is not the one to be dropped.</summary>
    public bool IsUnderWay { get; set; }
}

/// <summary>What adding a message came to.</summary>
/// <param name="Added">Whether it waits for delivery now.</param>
/// <param name="Dropped">How many older ones had to go.</param>
internal readonly record struct OutboxAddition(bool Added, int Dropped);

/// <summary>
/// The messages of one sink, in order. A message is in the journal before it is here, and stays until it is delivered or given up; what is
/// done with is in the journal too, so that it is not sent again after a restart. When there is no more room, the oldest goes.
/// </summary>
/// <param name="open">Opens the journal with the filter that says what is still needed.</param>
/// <param name="flusher">Brings it to the disk.</param>
internal sealed class SinkOutbox(Func<JournalFilter, Journal> open, JournalFlusher flusher)
{
    /// <summary>How many messages may wait.</summary>
    public const int MaxMessages = 1_000;

    /// <summary>How many ids of messages that are done with are kept.</summary>
    public const int MaxDone = 2_000;

    private readonly Lock _gate = new();
    private readonly LinkedList<OutboxEntry> _waiting = new();
    private readonly HashSet<string> _waitingIds = new(StringComparer.Ordinal);
    private readonly HashSet<string> _doneIds = new(StringComparer.Ordinal);
    private readonly Queue<(string Id, long Sequence)> _done = new();

    private readonly NeededRecords _needed = new();
    private List<(IncidentMessage Message, byte[]? Record, bool OnlyIfMissing)>? _beforeOpen = [];
    private Journal? _journal;
    private bool _opening;
    private volatile bool _closed;

    // What is read without the lock, which is held while the disk is written to.
    private volatile bool _isOpen;
    private volatile int _count;
    private volatile bool _hasNext;
    private volatile IncidentMessage? _oldest;

    /// <summary>Whether it is known what an earlier run left.</summary>
    public bool IsOpen => _isOpen;

    /// <summary>How many messages wait. No property here waits for the disk.</summary>
    public int Count => _count;

    /// <summary>Whether a message can be sent. Before the outbox is open, none can.</summary>
    public bool HasNext => !_closed && _hasNext;

    /// <summary>When the oldest message that waits was made; null when none waits.</summary>
    public DateTimeOffset? Oldest => _oldest?.At;

    /// <summary>The ids of what waits, in order.</summary>
    internal IReadOnlyList<string> WaitingIds
    {
        get
        {
            lock (_gate)
            {
                return [.. _waiting.Select(entry => entry.Message.Id)];
            }
        }
    }

    /// <summary>Opens the journal; what an earlier run left in it waits before what has come since.</summary>
    /// <returns>How many messages had to go.</returns>
    public int Open()
    {
        lock (_gate)
        {
            if (_opening || _closed)
            {
                return 0;
            }

            _opening = true;
        }

        // Whoever adds meanwhile does not wait for the disk.
        var journal = open(_needed.IsNeeded);
        lock (_gate)
        {
            if (!_closed)
            {
                _journal = journal;
                var dropped = ReadFileIfThere();
                var early = _beforeOpen ?? [];
                _beforeOpen = null;
                _isOpen = true;
                foreach (var (message, record, onlyIfMissing) in early)
                {
                    dropped += AddNow(message, record, onlyIfMissing).Dropped;
                }

                Publish();
                return dropped;
            }
        }

        journal.Dispose();
        return 0;
    }

    /// <summary>Writes a message down and puts it behind the others.</summary>
    /// <param name="message">The message.</param>
    /// <param name="record">It as a record; null when it cannot be written.</param>
    /// <param name="onlyIfMissing">Whether it is left alone when its id is known.</param>
    public OutboxAddition Add(IncidentMessage message, byte[]? record, bool onlyIfMissing)
    {
        lock (_gate)
        {
            if (_closed)
            {
                return default;
            }

            if (_beforeOpen is not null)
            {
                var dropped = 0;
                for (; _beforeOpen.Count >= MaxMessages; dropped++)
                {
                    _beforeOpen.RemoveAt(0);
                }

                _beforeOpen.Add((message, record, onlyIfMissing));
                Publish();
                return new OutboxAddition(true, dropped);
            }

            var lost = ReadFileIfThere();
            var addition = AddNow(message, record, onlyIfMissing);
            Publish();
            return addition with { Dropped = addition.Dropped + lost };
        }
    }

    /// <summary>The message to send next, which is under way from now on; null when none waits.</summary>
    public OutboxEntry? Begin()
    {
        lock (_gate)
        {
            if (_closed || _waiting.First is not { Value: var entry })
            {
                return null;
            }

            entry.IsUnderWay = true;
            return entry;
        }
    }

    /// <summary>The message was not delivered: it waits on.</summary>
    public void PutBack(OutboxEntry entry)
    {
        lock (_gate)
        {
            entry.IsUnderWay = false;
        }
    }

    /// <summary>The message is done with.</summary>
    public void Complete(OutboxEntry entry, OutboxRecordKind kind)
    {
        lock (_gate)
        {
            Remove(entry);
            Publish();
            WriteDone(entry, kind);
        }
    }

    /// <summary>
    /// An outbox that began without a disk does not know what an earlier run left there: looks whether it can be read by now.
    /// </summary>
    /// <returns>How many messages had to go.</returns>
    public int Refresh()
    {
        if (_needed.HasReadEarlier || !_gate.TryEnter()) // who holds it looks too
        {
            return 0;
        }

        try
        {
            var dropped = ReadFileIfThere();
            Publish();
            return dropped;
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>Takes no more messages and closes the journal, which waits for the disk.</summary>
    /// <returns>Whether the next run finds all that waits.</returns>
    public bool Close()
    {
        Journal? journal;
        bool isEmpty;
        bool isWritten;
        lock (_gate)
        {
            _closed = true;
            isEmpty = _waiting.Count == 0 && _beforeOpen is null or [];
            isWritten = _beforeOpen is null or [] && _waiting.All(entry => entry.Sequence != 0);
            journal = _journal;
            _journal = null;
        }

        if (journal is null)
        {
            return isEmpty;
        }

        flusher.Forget(journal);
        return (journal.Close() && isWritten) || isEmpty;
    }

    private int ReadFileIfThere()
    {
        if (_journal is not { } journal || _needed.ReadEarlier(journal) is not { } records)
        {
            return 0;
        }

        var found = new SortedDictionary<long, OutboxEntry>();
        var done = records.Select(record => OutboxRecord.DoneSequence(record.Payload.Span)).ToHashSet();
        foreach (var record in records)
        {
            if (done.Contains(record.Sequence))
            {
                continue; // most are: their messages need not be read
            }

            switch (OutboxRecord.Read(record.Payload.Span))
            {
                case { Message: { } message } when !_waitingIds.Contains(message.Id) && !_doneIds.Contains(message.Id):
                    found.Add(record.Sequence, new OutboxEntry(record.Sequence, message));
                    break;
                case { Message: null } end:
                    if (_waiting.FirstOrDefault(entry => entry.Message.Id == end.Id && !entry.IsUnderWay) is { } again)
                    {
                        Remove(again);
                    }

                    Remember(end.Id, record.Sequence);
                    break;
            }
        }

        // What was sent last goes on to be; the rest was there before what has come since.
        var first = _waiting.First is { Value.IsUnderWay: true } ? _waiting.First : null;
        foreach (var entry in found.Values.Reverse())
        {
            _needed.Add(entry.Sequence);
            _waitingIds.Add(entry.Message.Id);
            if (first is null)
            {
                _waiting.AddFirst(entry);
            }
            else
            {
                _waiting.AddAfter(first, entry);
            }
        }

        _needed.EndReading(records);
        return MakeRoom(MaxMessages);
    }

    private void Publish()
    {
        _count = _waiting.Count + (_beforeOpen?.Count ?? 0);
        _hasNext = _waiting.Count > 0;
        _oldest = _waiting.First?.Value.Message ?? _beforeOpen?.FirstOrDefault().Message;
    }

    private OutboxAddition AddNow(IncidentMessage message, byte[]? record, bool onlyIfMissing)
    {
        if (onlyIfMissing && (_waitingIds.Contains(message.Id) || _doneIds.Contains(message.Id)))
        {
            return default;
        }

        var dropped = MakeRoom(MaxMessages - 1);
        var sequence = Append(message, record, ref dropped);
        _waiting.AddLast(new OutboxEntry(sequence, message));
        _waitingIds.Add(message.Id);
        return new OutboxAddition(true, dropped);
    }

    /// <summary>The number of its record; 0 when it is in memory only: better told late than not at all.</summary>
    private long Append(IncidentMessage message, byte[]? record, ref int dropped)
    {
        var journal = _journal!;
        if (record?.Length > journal.MaxRecordBytes)
        {
            record = OutboxRecord.Shrunk(message, journal.MaxRecordBytes);
        }

        if (record is null)
        {
            return 0;
        }

        long sequence;
        while (!journal.TryAppend(record, out sequence))
        {
            // Not written down as given up: there is no room for that either, and its own record goes with the next attempt.
            if (DropOldest() is null)
            {
                return 0;
            }

            dropped++;
        }

        _needed.AddOwn(sequence);
        flusher.MarkDirty(journal);
        return sequence;
    }

    private int MakeRoom(int limit)
    {
        var dropped = 0;
        while (_waiting.Count > limit && DropOldest() is { } entry)
        {
            WriteDone(entry, OutboxRecordKind.GivenUp);
            dropped++;
        }

        return dropped;
    }

    private OutboxEntry? DropOldest()
    {
        for (var node = _waiting.First; node is not null; node = node.Next)
        {
            if (!node.Value.IsUnderWay)
            {
                Remove(node.Value);
                return node.Value;
            }
        }

        return null;
    }

    private void Remove(OutboxEntry entry)
    {
        _waiting.Remove(entry);
        _waitingIds.Remove(entry.Message.Id);
        _needed.Remove(entry.Sequence);
    }

    private void WriteDone(OutboxEntry entry, OutboxRecordKind kind)
    {
        if (_journal is not { } journal)
        {
            return;
        }

        var record = OutboxRecord.Of(kind, entry.Sequence, entry.Message.Id);
        if (!journal.TryAppend(record, out var sequence))
        {
            // Full of what still waits. Without its own record the message cannot come back, and that leaves room for this one.
            journal.Compact(_needed.IsNeeded);
            journal.TryAppend(record, out sequence);
        }

        _needed.AddOwn(sequence);
        Remember(entry.Message.Id, sequence);
        flusher.MarkDirty(journal);
    }

    private void Remember(string id, long sequence)
    {
        if (!_doneIds.Add(id))
        {
            _needed.Remove(sequence);
            return;
        }

        _done.Enqueue((id, sequence));
        if (sequence > 0)
        {
            _needed.Add(sequence);
        }

        if (_done.Count > MaxDone)
        {
            var (oldest, record) = _done.Dequeue();
            _doneIds.Remove(oldest);
            _needed.Remove(record);
        }
    }
}
