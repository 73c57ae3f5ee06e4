namespace HealthKit;

/// <summary>A journal's file in the state directory: <c>name.journal</c>, and <c>name.journal.new</c> while it is being made.</summary>
internal sealed class DirectoryJournalStore(StateDirectory directory, string name) : JournalStore
{
    private const int UnclassifiedIOError = unchecked((int)0x80131620); // COR_E_IO

    private string _path = "";

    private string NewPath => _path + ".new";

    public override StateProblem? Prepare()
    {
        if (!directory.TryRecover() || directory.Path is not { } parent)
        {
            return directory.Obstacle ?? new StateProblem(StateProblem.IOError, "There is no state directory.");
        }

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

        return new DiskFile(_path, new FileStream(_path, Options(FileMode.Open)));
    }

    public override JournalFile Create(long length)
    {
        var options = Options(FileMode.Create);
        options.PreallocationSize = length; // fallocate(2) with FALLOC_FL_KEEP_SIZE on Linux; silent where it is not supported
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        DiskFile file;
        try
        {
            file = new DiskFile(NewPath, new FileStream(NewPath, options));
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
        ((DiskFile)file).Path = _path;
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

    private sealed class DiskFile(string path, FileStream stream) : JournalFile
    {
        public string Path { get; set; } = path;

        public override long Length => RandomAccess.GetLength(stream.SafeFileHandle);

        public override bool IsReserved =>
            !OperatingSystem.IsLinux() || UnixFiles.Stat(Path, followLink: false) is not { } status || status.AllocatedBytes >= Length;

        public override int Read(Span<byte> buffer, long position)
        {
            var total = 0;
            while (total < buffer.Length && RandomAccess.Read(stream.SafeFileHandle, buffer[total..], position + total) is > 0 and var count)
            {
                total += count;
            }

            return total;
        }

        public override void Write(ReadOnlySpan<byte> bytes, long position) => RandomAccess.Write(stream.SafeFileHandle, bytes, position);

        public override void Flush() => RandomAccess.FlushToDisk(stream.SafeFileHandle);

        public override void Dispose() => stream.Dispose();

        /// <summary>Sets the length; where fallocate did not reserve the blocks, writes zeros, which does on all but copying file systems.</summary>
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

            Flush(); // delayed allocation reports the full disk only here
        }
    }
}
