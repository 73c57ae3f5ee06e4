namespace HealthKit;

/// <summary>A journal's file in the state directory: <c>name.journal</c>, and <c>name.journal.new</c> while it is being made.</summary>
internal sealed class DirectoryJournalStore(StateDirectory directory, string name) : JournalStore
{
    private const int UnclassifiedIOError = unchecked((int)0x80131620); // COR_E_IO

    private string _path = "";
    private object? _lease;

    private string NewPath => _path + ".new";

    public override StateProblem? Prepare()
    {
        if (!directory.TryRecover() || directory.Lease is not { } lease)
        {
            return directory.Obstacle ?? new StateProblem(StateProblem.IOError, "There is no state directory.");
        }

        (_lease, var parent) = lease;
        _path = Path.Combine(parent, name + ".journal");
        return null;
    }

    public override JournalFile? TryOpen()
    {
        File.Delete(NewPath); // a process was killed while it made one
        if (!File.Exists(_path))
        {
            return null;
        }

        return new DiskFile(directory, _lease, _path, _path, new FileStream(_path, Options(FileMode.Open)));
    }

    public override JournalFile Create(long length)
    {
        File.Delete(NewPath); // a link goes itself, not what it leads to
        var options = Options(FileMode.CreateNew); // O_EXCL does not follow a link put there since (open(2))
        options.PreallocationSize = length; // fallocate(2) with FALLOC_FL_KEEP_SIZE on Linux; silent where it is not supported
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        DiskFile file;
        try
        {
            file = new DiskFile(directory, _lease, NewPath, _path, new FileStream(NewPath, options));
        }
        catch (IOException e) when (e.HResult == UnclassifiedIOError)
        {
            // .NET has removed the file again, and says only in words that its space could not be reserved.
            throw new IOException(e.Message, StateProblem.NoSpaceLeft);
        }

        try
        {
            file.Reserve(length);
            return file;
        }
        catch
        {
            Discard(file);
            throw;
        }
    }

    public override void Publish(JournalFile file)
    {
        File.Move(NewPath, _path, overwrite: true);
        ((DiskFile)file).SetPlace(_path);
    }

    public override void FlushName()
    {
        if (!OperatingSystem.IsWindows())
        {
            UnixFiles.FlushDirectory(Path.GetDirectoryName(_path)!);
        }
    }

    public override void Discard(JournalFile file)
    {
        file.Dispose();
        File.Delete(NewPath);
    }

    private static FileStreamOptions Options(FileMode mode) => new()
    {
        Mode = mode,
        Access = FileAccess.ReadWrite,
        Share = FileShare.Read | FileShare.Delete, // Delete: Windows renames an open file only so
        BufferSize = 0,
    };

    private sealed class DiskFile(StateDirectory directory, object? lease, string path, string finalPath, FileStream stream) : JournalFile
    {
        private string _path = path;
        private FilePlace _place = new(path, stream.SafeFileHandle);

        public override long Length => RandomAccess.GetLength(stream.SafeFileHandle);

        public override bool IsReserved =>
            !OperatingSystem.IsLinux() || UnixFiles.Stat(_path, followLink: false) is not { } status || status.AllocatedBytes >= Length;

        public override StateProblem? FindLoss()
        {
            if (!directory.Holds(lease))
            {
                return directory.Obstacle ?? new StateProblem(StateProblem.Removed, $"The state directory of {finalPath} was removed and had to be made or found anew.");
            }

            return _place.IsLost ? new StateProblem(StateProblem.Removed, $"{finalPath} was removed or replaced while it was open.") : null;
        }

        public void SetPlace(string path)
        {
            _path = path;
            _place = new FilePlace(path, stream.SafeFileHandle);
        }

        public override int Read(Span<byte> buffer, long position)
        {
            try
            {
                var total = 0;
                while (total < buffer.Length && RandomAccess.Read(stream.SafeFileHandle, buffer[total..], position + total) is > 0 and var count)
                {
                    total += count;
                }

                return total;
            }
            catch (IOException e) when (stream.Name != _path)
            {
                throw Renamed(e);
            }
        }

        public override void Write(ReadOnlySpan<byte> bytes, long position)
        {
            try
            {
                RandomAccess.Write(stream.SafeFileHandle, bytes, position);
            }
            catch (IOException e) when (stream.Name != _path)
            {
                throw Renamed(e);
            }
        }

        public override void Flush()
        {
            if (OperatingSystem.IsLinux())
            {
                UnixFiles.Flush(stream.SafeFileHandle, _path);
            }
            else
            {
                RandomAccess.FlushToDisk(stream.SafeFileHandle);
            }
        }

        public override void Dispose() => stream.Dispose();

        /// <summary>.NET goes on calling a file what it was opened as, here by a name that no longer is there.</summary>
        private IOException Renamed(IOException e) => new(e.Message.Replace(stream.Name, _path, StringComparison.Ordinal), e.HResult);

        /// <summary>
        /// Sets the length; where fallocate did not reserve the blocks, writes zeros, which does on all but copying file systems. With delayed
        /// allocation only the next flush tells of a full disk: a file is flushed before it is published.
        /// </summary>
        public void Reserve(long length)
        {
            RandomAccess.SetLength(stream.SafeFileHandle, length);
            if (IsReserved)
            {
                return;
            }

            var zeros = new byte[Math.Min(length, 64 * 1024)];
            for (long position = 0; position < length; position += zeros.Length)
            {
                Write(zeros.AsSpan(0, (int)Math.Min(zeros.Length, length - position)), position);
            }
        }
    }
}
