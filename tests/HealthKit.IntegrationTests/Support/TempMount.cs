using System.Globalization;

namespace HealthKit.IntegrationTests;

/// <summary>
/// A real file system of its own, mounted under the temp directory for one test: a tmpfs or an ext4 in a loop image.
/// Needs root. Disposal unmounts lazily (so open files do not keep it) and removes what it made.
/// </summary>
internal sealed class TempMount : IDisposable
{
    private const int NoSpace = 28; // ENOSPC, the HResult .NET gives an IOException on Unix

    private readonly string _root;
    private int _fillers;

    private TempMount(string root)
    {
        _root = root;
        Path = System.IO.Path.Combine(root, "mount");
        Directory.CreateDirectory(Path);
    }

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    /// <summary>A tmpfs of at most <paramref name="sizeBytes"/> and, if given, <paramref name="inodes"/> inodes (the root directory is one).</summary>
    public static TempMount Tmpfs(long sizeBytes, long? inodes = null) => Create(mount =>
    {
        var options = string.Create(CultureInfo.InvariantCulture, $"size={sizeBytes},mode=755");
        if (inodes is { } count)
        {
            options += string.Create(CultureInfo.InvariantCulture, $",nr_inodes={count}");
        }

        Tool.Run("mount", "-t", "tmpfs", "-o", options, "healthkit-test", mount.Path);
    });

    /// <summary>An ext4 in a loop image.</summary>
    /// <param name="sizeBytes">Size of the image; at least about 4 MB.</param>
    /// <param name="inodes">Number of inodes; mkfs's choice when null (ten are taken by ext4 itself, one by lost+found).</param>
    /// <param name="reservedPercent">Share of blocks only the superuser may use, in percent (mkfs.ext4 -m).</param>
    /// <param name="features">Features to set or clear (mkfs.ext4 -O): <c>^extent,^64bit</c> makes one without fallocate.</param>
    /// <param name="clusterBytes">Space is given out in clusters of this size (mkfs.ext4 -O bigalloc -C) when set.</param>
    public static TempMount Ext4(
        long sizeBytes, long? inodes = null, double reservedPercent = 0, string? features = null, int? clusterBytes = null) => Create(mount =>
    {
        var image = System.IO.Path.Combine(mount._root, "image");
        using (var file = File.Create(image))
        {
            file.SetLength(sizeBytes);
        }

        List<string> options =
        [
            "-q", "-F",
            "-e", "remount-ro",
            "-m", reservedPercent.ToString(CultureInfo.InvariantCulture),
            // All tables written at once: no kernel thread changes the free counts while a test looks at them.
            "-E", "lazy_itable_init=0,lazy_journal_init=0",
        ];
        if (inodes is { } count)
        {
            options.AddRange(["-N", count.ToString(CultureInfo.InvariantCulture)]);
        }

        if (features is not null)
        {
            options.AddRange(["-O", features]);
        }

        if (clusterBytes is { } cluster)
        {
            options.AddRange(["-O", "bigalloc", "-C", cluster.ToString(CultureInfo.InvariantCulture)]);
        }

        Tool.Run("mkfs.ext4", [.. options, image]);
        Tool.Run("mount", "-o", "loop", image, mount.Path);
    });

    /// <summary>
    /// An ext4 that has room while the disk below it has none: in a sparse image on another mount. Once that one is full, writing succeeds
    /// and bringing it to the disk fails.
    /// </summary>
    /// <param name="sizeBytes">Size it believes to have.</param>
    /// <param name="on">Where the image is; to be disposed after this one.</param>
    public static TempMount Ext4(long sizeBytes, TempMount on) => Create(mount =>
    {
        var image = System.IO.Path.Combine(on.Path, "image");
        using (var file = File.Create(image))
        {
            file.SetLength(sizeBytes);
        }

        Tool.Run("mkfs.ext4", "-q", "-F", "-m", "0", "-E", "lazy_itable_init=0,lazy_journal_init=0", "-O", "^has_journal", image);
        Tool.Run("mount", "-o", "loop", image, mount.Path); // detaches the loop device when it is unmounted
    });

    /// <summary>A ramfs: it has no limit of its size, and no fallocate(2).</summary>
    public static TempMount Ramfs() => Create(mount => Tool.Run("mount", "-t", "ramfs", "healthkit-test", mount.Path));

    /// <summary>An overlay whose directories <c>lower</c>, <c>upper</c> and <c>work</c> are made in another mount, unless they are there.</summary>
    public static TempMount Overlay(TempMount on) => Create(mount =>
    {
        string[] places = [.. new[] { "lower", "upper", "work" }.Select(name => Directory.CreateDirectory(System.IO.Path.Combine(on.Path, name)).FullName)];
        Tool.Run("mount", "-t", "overlay", "-o", $"lowerdir={places[0]},upperdir={places[1]},workdir={places[2]}", "healthkit-test", mount.Path);
    });

    /// <summary>Turns the file system read-only. Fails while a file on it is open for writing (mount(2): EBUSY), as the kernel does.</summary>
    public void RemountReadOnly() => Tool.Run("mount", "-o", "remount,ro", Path);

    /// <summary>Turns it writable again.</summary>
    public void RemountReadWrite() => Tool.Run("mount", "-o", "remount,rw", Path);

    /// <summary>
    /// Gives an ext4 an error as a broken disk does, upon which the kernel turns it read-only at once, open files or not. It stays so
    /// until it is unmounted.
    /// </summary>
    public void Break()
    {
        var device = File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')).Single(fields => fields[4] == Path)[^2];
        // The write itself fails: the file system is read-only by then.
        _ = Tool.TryRun("sh", "-c", $"echo broken > /sys/fs/ext4/{System.IO.Path.GetFileName(device)}/trigger_fs_error");
        // Newer kernels (since 6.15) do not show it in the mount's options: ask by writing.
        if (Tool.TryRun("touch", System.IO.Path.Combine(Path, "probe")).ExitCode == 0)
        {
            throw new InvalidOperationException($"{Path} did not turn read-only.");
        }
    }

    /// <summary>
    /// Freezes it (fsfreeze(8)): whoever writes to it hangs, and cannot even be killed, until what comes back is disposed of. A test that
    /// does so runs alone.
    /// </summary>
    public IDisposable Freeze()
    {
        Tool.Run("fsfreeze", "--freeze", Path);
        return new Frozen(Path);
    }

    /// <summary>Lets every user through to it.</summary>
    public void OpenToAll()
    {
        Tool.Run("chmod", "711", _root, Path);
    }

    /// <summary>Fills it, but for about this much.</summary>
    public void FillBytesBut(int room)
    {
        var path = System.IO.Path.Combine(Path, "room");
        File.WriteAllBytes(path, new byte[room]);
        FillBytes();
        File.Delete(path);
    }

    /// <summary>What an unprivileged process can still write, in bytes.</summary>
    public long FreeBytes => new DriveInfo(Path).AvailableFreeSpace;

    /// <summary>Writes a file until the file system refuses another byte, and returns that file's path.</summary>
    public string FillBytes()
    {
        var path = System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"filler{++_fillers}"));
        using var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        long written = 0;
        // Smaller and smaller pieces, so that the last block is taken too.
        for (var size = 1 << 20; size > 0; size /= 16)
        {
            var chunk = new byte[size];
            while (true)
            {
                try
                {
                    RandomAccess.Write(handle, chunk, written);
                    RandomAccess.FlushToDisk(handle); // delayed allocation would report the full disk later
                    written += size;
                }
                catch (IOException e) when (e.HResult == NoSpace)
                {
                    written = RandomAccess.GetLength(handle);
                    break;
                }
            }
        }

        return path;
    }

    /// <summary>Creates empty files until the file system has no inode left (or refuses for another lack of space); returns how many.</summary>
    public int FillInodes()
    {
        var directory = Directory.CreateDirectory(System.IO.Path.Combine(Path, "inodes")).FullName;
        for (var count = 0; ; count++)
        {
            try
            {
                File.OpenHandle(System.IO.Path.Combine(directory, count.ToString(CultureInfo.InvariantCulture)), FileMode.CreateNew, FileAccess.Write).Dispose();
            }
            catch (IOException e) when (e.HResult == NoSpace)
            {
                return count;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Not mounted when its creation failed half way: nothing to say then.
        _ = Tool.TryRun("umount", "--lazy", Path);
        if (IsMountPoint(Path))
        {
            throw new InvalidOperationException($"{Path} is still mounted; unmount it by hand.");
        }

        Directory.Delete(_root, recursive: true);
    }

    private static TempMount Create(Action<TempMount> mountIt)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new InvalidOperationException("This test mounts a file system and must run as root.");
        }

        var mount = new TempMount(Directory.CreateTempSubdirectory("healthkit-mount-").FullName);
        try
        {
            mountIt(mount);
            return mount;
        }
        catch
        {
            mount.Dispose();
            throw;
        }
    }

    private sealed class Frozen(string path) : IDisposable
    {
        private bool _thawed;

        public void Dispose()
        {
            if (!_thawed)
            {
                _thawed = true;
                Tool.Run("fsfreeze", "--unfreeze", path);
            }
        }
    }

    private static bool IsMountPoint(string path) =>
        File.ReadLines("/proc/self/mountinfo").Any(line => line.Split(' ')[4] == path);
}
