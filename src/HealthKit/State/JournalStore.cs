namespace HealthKit;

/// <summary>The disk below a journal: one file under one name. Everything here may throw what the file system throws.</summary>
internal abstract class JournalStore
{
    /// <summary>Why there is no place to write to at the moment, or null when there is one.</summary>
    public abstract StateProblem? Prepare();

    /// <summary>Opens the journal's file, or gives null when there is none.</summary>
    public abstract JournalFile? TryOpen();

    /// <summary>
    /// Makes a file of zeros with all its space reserved, not yet under the journal's name. Leaves nothing behind when it fails.
    /// </summary>
    public abstract JournalFile Create(long length);

    /// <summary>Puts a created file under the journal's name, in one step that happens whole or not at all.</summary>
    public abstract void Publish(JournalFile file);

    /// <summary>Waits until that name is on the disk itself.</summary>
    public virtual void FlushName()
    {
    }

    /// <summary>Removes a created file that was not published.</summary>
    public abstract void Discard(JournalFile file);
}

/// <summary>An open file, read and written at positions. Reads past the end give fewer bytes.</summary>
internal abstract class JournalFile : IDisposable
{
    /// <summary>Its length in bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Whether all of it occupies space on disk, so that writing inside it needs no more.</summary>
    public abstract bool IsReserved { get; }

    /// <summary>Why what is written to it is no longer kept (its name is gone, or the directory's lock), or null when it is. Cheap.</summary>
    public abstract StateProblem? FindLoss();

    /// <summary>Fills the buffer from a position on and returns how many bytes there were.</summary>
    public abstract int Read(Span<byte> buffer, long position);

    /// <summary>Writes all of the bytes at a position.</summary>
    public abstract void Write(ReadOnlySpan<byte> bytes, long position);

    /// <summary>Waits until all that was written is on the disk itself.</summary>
    public abstract void Flush();

    /// <summary>Writes all of the bytes at a position, and waits until they and all before them are on the disk itself.</summary>
    public virtual void WriteAndFlush(ReadOnlySpan<byte> bytes, long position)
    {
        Write(bytes, position);
        Flush();
    }

    /// <inheritdoc/>
    public abstract void Dispose();
}
