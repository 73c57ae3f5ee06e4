using Microsoft.Win32.SafeHandles;

namespace HealthKit;

/// <summary>How reading a file of the kernel went.</summary>
internal enum PseudoFileRead
{
    /// <summary>There is content.</summary>
    Ok,

    /// <summary>There is no such file, or what it told of is gone.</summary>
    Missing,

    /// <summary>It is there and cannot be read: <see cref="PseudoFile.Error"/> says why.</summary>
    Failed,
}

/// <summary>
/// A small file that the kernel makes anew whenever it is read from its start (proc(5), cgroups(7)). It stays open between reads, so a
/// read is one system call and allocates nothing. Not safe for several threads at once.
/// </summary>
internal sealed class PseudoFile(string path) : IDisposable
{
    private const int NoDevice = 19; // ENODEV: the cgroup was removed (kernfs)
    private const int NoProcess = 3; // ESRCH

    private SafeFileHandle? _handle;

    public string Path => path;

    /// <summary>Why the last read failed.</summary>
    public string? Error { get; private set; }

    /// <summary>Reads it from its start, as far as the buffer goes.</summary>
    public PseudoFileRead Read(Span<byte> buffer, out int length)
    {
        length = 0;
        try
        {
            // Sharing everything spares the advisory lock that .NET takes otherwise.
            _handle ??= File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            length = RandomAccess.Read(_handle, buffer, 0);
            return PseudoFileRead.Ok;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Dispose();
            if (e is FileNotFoundException or DirectoryNotFoundException || e.HResult is NoDevice or NoProcess)
            {
                return PseudoFileRead.Missing;
            }

            Error = e.Message;
            return PseudoFileRead.Failed;
        }
    }

    /// <summary>Closes it. The next read opens it again.</summary>
    public void Dispose()
    {
        _handle?.Dispose();
        _handle = null;
    }
}
