namespace HealthKit;

/// <summary>
/// A journal's disk that may hang: everything is done on a thread of the state directory's, and where that does not come back in time, it
/// is an <see cref="IOException"/> like any other, upon which a journal goes on in memory.
/// </summary>
/// <param name="inner">The disk.</param>
/// <param name="disk">Where it is read and written.</param>
/// <param name="flushes">
/// Where its device is waited for: that may take long while reading and writing do not. What is written anew and not on the device in time is
/// in the file all the same: it outlives the process, and the next flush waits for the device again.
/// </param>
internal sealed class PatientJournalStore(JournalStore inner, DiskThread disk, DiskThread flushes) : JournalStore
{
    public override StateProblem? Prepare() => disk.Run(inner.Prepare, DiskThread.LongPatience);

    public override JournalFile? TryOpen() => Patient(disk.Run(inner.TryOpen, DiskThread.LongPatience));

    public override JournalFile Create(long length) => Patient(disk.Run(() => inner.Create(length), DiskThread.LongPatience))!;

    public override void Publish(JournalFile file)
    {
        disk.Run(() => inner.Publish(((PatientFile)file).Inner), DiskThread.LongPatience);
        FlushIfInTime(disk, patience => flushes.Run(inner.FlushName, patience));
    }

    public override void Discard(JournalFile file) => disk.Close(new Discarded(inner, ((PatientFile)file).Inner));

    /// <summary>A job of the disk's thread is itself waited for: it does not wait for as long.</summary>
    private static void FlushIfInTime(DiskThread disk, Action<TimeSpan> flush)
    {
        try
        {
            flush(disk.IsCurrent ? DiskThread.Patience : DiskThread.LongPatience);
        }
        catch (IOException e) when (StateProblem.IsHung(e))
        {
            // A device that is slow, or hangs, is no reason to keep in memory what the kernel takes.
        }
    }

    private PatientFile? Patient(JournalFile? file) => file is null ? null : new PatientFile(file, disk, flushes);

    private sealed class Discarded(JournalStore store, JournalFile file) : IDisposable
    {
        public void Dispose() => store.Discard(file);
    }

    private sealed class PatientFile(JournalFile inner, DiskThread disk, DiskThread flushes) : JournalFile
    {
        private volatile Exception? _flushFailure;

        public JournalFile Inner => inner;

        public override long Length => disk.Run(() => inner.Length, DiskThread.Patience);

        public override bool IsReserved => disk.Run(() => inner.IsReserved, DiskThread.Patience);

        public override StateProblem? FindLoss()
        {
            try
            {
                return disk.Run(inner.FindLoss, DiskThread.Patience);
            }
            catch (Exception e) when (StateProblem.IsExpected(e))
            {
                return StateProblem.From(e);
            }
        }

        public override int Read(Span<byte> buffer, long position)
        {
            // Not into the caller's own: a read that comes back late must find nothing there that is used again.
            var bytes = new byte[buffer.Length];
            var count = disk.Run(() => inner.Read(bytes, position), DiskThread.Patience);
            bytes.AsSpan(0, count).CopyTo(buffer);
            return count;
        }

        public override void Write(ReadOnlySpan<byte> bytes, long position)
        {
            var copy = bytes.ToArray();
            disk.Run(() => inner.Write(copy, position), DiskThread.Patience);
        }

        public override void WriteAndFlush(ReadOnlySpan<byte> bytes, long position)
        {
            var copy = bytes.ToArray();
            disk.Run(() => inner.Write(copy, position), DiskThread.LongPatience);
            FlushIfInTime(disk, Flush);
        }

        public override void Flush() => Flush(DiskThread.Patience);

        public override void Dispose() => disk.Close(inner);

        /// <summary>Whatever fsync(2) failed with, it came back: also where a network file system says ETIMEDOUT, that is no disk that hangs.</summary>
        private static IOException AnswerOf(Exception failure) => failure is IOException e && !StateProblem.IsHung(e)
            ? new IOException(e.Message, e.HResult)
            : new IOException(failure.Message, failure);

        private void Flush(TimeSpan patience)
        {
            // fsync(2) tells an error once: one that came when nobody waited any more is told by the next.
            if (_flushFailure is { } failure)
            {
                throw AnswerOf(failure);
            }

            flushes.Run(
                () =>
                {
                    try
                    {
                        inner.Flush();
                    }
                    catch (Exception e) when (StateProblem.IsExpected(e))
                    {
                        _flushFailure = e;
                        throw AnswerOf(e);
                    }
                },
                patience);
        }
    }
}
