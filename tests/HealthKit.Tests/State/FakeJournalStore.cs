using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.Tests;

/// <summary>A disk in memory that records what was asked of it, so a test can stop it at any byte, and that fails when told to.</summary>
internal sealed class FakeJournalStore : JournalStore
{
    private byte[]? _published;

    public FakeJournalStore(byte[]? published = null) => _published = published;

    /// <summary>Everything done to the disk, in order.</summary>
    public List<Operation> Operations { get; } = [];

    /// <summary>Thrown by the next operations for which it gives an exception.</summary>
    public Func<string, Exception?> Fault { get; set; } = _ => null;

    /// <summary>Why there is no disk at all.</summary>
    public StateProblem? NoDisk { get; set; }

    /// <summary>What stands under the journal's name.</summary>
    public byte[]? Content => _published?.ToArray();

    /// <summary>A created file that was neither published nor discarded.</summary>
    public bool HasStray { get; private set; }

    public bool Reserved { get; set; } = true;

    /// <summary>How much was read of any of its files.</summary>
    public long BytesRead { get; private set; }

    public override StateProblem? Prepare() => NoDisk;

    public override JournalFile? TryOpen()
    {
        Check("open");
        return _published is null ? null : new FakeFile(this, _published);
    }

    public override JournalFile Create(long length)
    {
        Check("create");
        HasStray = true;
        return new FakeFile(this, new byte[length]);
    }

    public override void Publish(JournalFile file)
    {
        Check("publish");
        HasStray = false;
        _published = ((FakeFile)file).Bytes;
        Operations.Add(new Operation(Operation.Kind.Publish, 0, _published.ToArray()));
    }

    public override void Discard(JournalFile file) => HasStray = false;

    /// <summary>The journal on this disk, as a run of the app opens it.</summary>
    public Journal Open(int capacity = 8192, JournalFilter? keep = null, TimeProvider? time = null) =>
        new(this, "test", capacity, keep, time ?? TimeProvider.System, NullLogger.Instance);

    private void Check(string operation)
    {
        if (Fault(operation) is { } fault)
        {
            throw fault;
        }
    }

    internal readonly record struct Operation(Operation.Kind What, long Position, byte[] Bytes)
    {
        internal enum Kind
        {
            Publish,
            Write,
            Flush,
        }
    }

    private sealed class FakeFile(FakeJournalStore store, byte[] bytes) : JournalFile
    {
        private bool _disposed;

        public byte[] Bytes => bytes;

        public override long Length => bytes.Length;

        public override bool IsReserved => store.Reserved;

        public override StateProblem? FindLoss() => null;

        public override int Read(Span<byte> buffer, long position)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            store.Check("read");
            var count = (int)Math.Clamp(bytes.Length - position, 0, buffer.Length);
            bytes.AsSpan((int)Math.Min(position, bytes.Length), count).CopyTo(buffer);
            store.BytesRead += count;
            return count;
        }

        public override void Write(ReadOnlySpan<byte> written, long position)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (store.Fault("write") is { } fault)
            {
                // As a full disk does: some of it arrives.
                written[..(written.Length / 2)].CopyTo(bytes.AsSpan((int)position));
                throw fault;
            }

            written.CopyTo(bytes.AsSpan((int)position));
            store.Operations.Add(new Operation(Operation.Kind.Write, position, written.ToArray()));
        }

        public override void Flush()
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            store.Check("flush");
            store.Operations.Add(new Operation(Operation.Kind.Flush, 0, []));
        }

        public override void Dispose() => _disposed = true;
    }
}
