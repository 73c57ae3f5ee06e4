using System.Buffers;
using System.Text;

namespace HealthKit;

/// <summary>Reads <c>/proc/self/mountinfo</c> (proc_pid_mountinfo(5)).</summary>
internal static class MountInfo
{
    private const int MaximumBytes = 4 * 1024 * 1024;
    private const int MaximumText = 256;

    /// <summary>The mount on which a path lies; null when that cannot be told.</summary>
    /// <param name="path">The absolute path as UTF-8, free of symbolic links.</param>
    /// <param name="id">The file system that the path was found to lie on.</param>
    public static MountEntry? Find(ReadOnlySpan<byte> path, FileSystemId id)
    {
        if (Rent("/proc/self/mountinfo", out var length) is not { } buffer)
        {
            // No /proc in this container: space is measured all the same, its device stays unnamed.
            return null;
        }

        // Where not all of it was seen, only a mount of that very device can be trusted.
        var found = Find(buffer.AsSpan(0, length), path, id.Major, id.Minor, deviceMustMatch: length >= MaximumBytes);
        ArrayPool<byte>.Shared.Return(buffer);
        return found;
    }

    /// <summary>The mounts of cgroup hierarchies that may limit memory; null when the file cannot be read.</summary>
    /// <param name="file">The file, whose name differs in tests.</param>
    public static List<CgroupMount>? FindCgroups(string file = "/proc/self/mountinfo")
    {
        if (Rent(file, out var length) is not { } buffer)
        {
            return null;
        }

        var found = FindCgroups(buffer.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(buffer);
        return found;
    }

    /// <summary>The mounts of the v2 hierarchy, and of those of v1 that have the memory controller.</summary>
    /// <param name="mountInfo">The file's content. Lines that are not as they should be are passed over.</param>
    public static List<CgroupMount> FindCgroups(ReadOnlySpan<byte> mountInfo)
    {
        List<CgroupMount> found = [];
        while (!mountInfo.IsEmpty)
        {
            var end = mountInfo.IndexOf((byte)'\n');
            var text = end < 0 ? mountInfo : mountInfo[..end];
            mountInfo = end < 0 ? default : mountInfo[(end + 1)..];
            if (Line.TryParse(text, out var line)
                && line.Root is [(byte)'/', ..]
                && line.FileSystem.SequenceEqual("cgroup2"u8) is var unified
                && (unified || (line.FileSystem.SequenceEqual("cgroup"u8) && HasOption(line.SuperOptions, "memory"u8))))
            {
                found.Add(new CgroupMount(unified, Unescape(line.MountPoint, LibC.PathMax), Unescape(line.Root, LibC.PathMax)));
            }
        }

        return found;
    }

    /// <summary>Whether something is mounted at exactly this place; false when the file cannot be read.</summary>
    /// <param name="mountPoint">The place, of characters that the file does not escape.</param>
    /// <param name="file">The file, whose name differs in tests.</param>
    public static bool HasMountAt(ReadOnlySpan<byte> mountPoint, string file = "/proc/self/mountinfo")
    {
        if (Rent(file, out var length) is not { } buffer)
        {
            return false;
        }

        var found = HasMountAt(buffer.AsSpan(0, length), mountPoint);
        ArrayPool<byte>.Shared.Return(buffer);
        return found;
    }

    private static bool HasMountAt(ReadOnlySpan<byte> mountInfo, ReadOnlySpan<byte> mountPoint)
    {
        foreach (var range in mountInfo.Split((byte)'\n'))
        {
            if (Line.TryParse(mountInfo[range], out var line) && line.MountPoint.SequenceEqual(mountPoint))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads the file into an array of the pool, as far as <see cref="MaximumBytes"/>; null when it cannot be read.</summary>
    private static byte[]? Rent(string path, out int length)
    {
        length = 0;
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            using var file = File.OpenHandle(path);
            while (true)
            {
                var read = RandomAccess.Read(file, buffer.AsSpan(length), length);
                length += read;
                if (read == 0 || length >= MaximumBytes)
                {
                    return buffer;
                }

                if (length == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(length * 2);
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return null;
        }
    }

    /// <summary>
    /// The mount on which a path lies: the longest mount point that is the path or above it, the later of two at the same place (it hides
    /// the earlier), one of the path's own device before any other (a mount hidden under another is listed too; btrfs shows its
    /// subvolumes under device numbers of their own, so that none may match).
    /// </summary>
    /// <param name="mountInfo">The file's content. Lines that are not as they should be are passed over.</param>
    /// <param name="path">The absolute path as UTF-8, free of symbolic links.</param>
    /// <param name="major">The path's device number, upper part.</param>
    /// <param name="minor">The path's device number, lower part.</param>
    /// <param name="deviceMustMatch">A mount of another device is none.</param>
    public static MountEntry? Find(ReadOnlySpan<byte> mountInfo, ReadOnlySpan<byte> path, uint major, uint minor, bool deviceMustMatch = false)
    {
        Line best = default;
        var bestLength = -1;
        var bestMatches = deviceMustMatch;
        while (!mountInfo.IsEmpty)
        {
            var end = mountInfo.IndexOf((byte)'\n');
            var text = end < 0 ? mountInfo : mountInfo[..end];
            mountInfo = end < 0 ? default : mountInfo[(end + 1)..];
            if (!Line.TryParse(text, out var line) || !IsAbove(line.MountPoint, path, out var length))
            {
                continue;
            }

            var matches = line.Major == major && line.Minor == minor;
            if (matches == bestMatches ? length >= bestLength : matches)
            {
                best = line;
                bestLength = length;
                bestMatches = matches;
            }
        }

        return bestLength < 0
            ? null
            : new MountEntry(
                Unescape(best.MountPoint, LibC.PathMax),
                Unescape(best.Source, MaximumText),
                Unescape(best.FileSystem, MaximumText),
                HasOption(best.MountOptions, "ro"u8),
                HasOption(best.SuperOptions, "ro"u8));
    }

    /// <summary>Whether an escaped mount point is the path or a directory above it; <c>/var/logger</c> is not under <c>/var/log</c>.</summary>
    private static bool IsAbove(ReadOnlySpan<byte> mountPoint, ReadOnlySpan<byte> path, out int length)
    {
        length = 0;
        byte last = 0;
        while (!mountPoint.IsEmpty)
        {
            last = Next(ref mountPoint);
            if (length >= path.Length || path[length] != last)
            {
                return false;
            }

            length++;
        }

        // "/" ends in the separator itself.
        return length > 0 && (length == path.Length || last == (byte)'/' || path[length] == (byte)'/');
    }

    /// <summary>Takes one byte of an escaped text: the kernel writes space, tab, newline, backslash and # as a backslash and three octal digits.</summary>
    private static byte Next(ref ReadOnlySpan<byte> text)
    {
        if (text is [(byte)'\\', >= (byte)'0' and <= (byte)'3', >= (byte)'0' and <= (byte)'7', >= (byte)'0' and <= (byte)'7', ..])
        {
            var value = ((text[1] - '0') << 6) | ((text[2] - '0') << 3) | (text[3] - '0');
            text = text[4..];
            return (byte)value;
        }

        var plain = text[0];
        text = text[1..];
        return plain;
    }

    private static string Unescape(ReadOnlySpan<byte> text, int maximum)
    {
        Span<byte> plain = stackalloc byte[Math.Min(text.Length, maximum)];
        var length = 0;
        while (!text.IsEmpty && length < plain.Length)
        {
            plain[length++] = Next(ref text);
        }

        return Encoding.UTF8.GetString(plain[..length]);
    }

    private static bool HasOption(ReadOnlySpan<byte> options, ReadOnlySpan<byte> option)
    {
        foreach (var range in options.Split((byte)','))
        {
            if (options[range].SequenceEqual(option))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A line's fields: <c>36 35 98:0 /root /mount/point rw,noatime master:1 - ext3 /dev/root rw,errors=continue</c>.</summary>
    private ref struct Line
    {
        public uint Major;
        public uint Minor;
        public ReadOnlySpan<byte> Root;
        public ReadOnlySpan<byte> MountPoint;
        public ReadOnlySpan<byte> MountOptions;
        public ReadOnlySpan<byte> FileSystem;
        public ReadOnlySpan<byte> Source;
        public ReadOnlySpan<byte> SuperOptions;

        public static bool TryParse(ReadOnlySpan<byte> text, out Line line)
        {
            line = default;
            if (!TakeNumber(ref text, (byte)' ', out _) || !TakeNumber(ref text, (byte)' ', out _)
                || !TakeNumber(ref text, (byte)':', out line.Major) || !TakeNumber(ref text, (byte)' ', out line.Minor))
            {
                return false;
            }

            line.Root = Take(ref text);
            line.MountPoint = Take(ref text);
            line.MountOptions = Take(ref text);

            // Any number of optional fields, then a lone hyphen.
            while (!text.IsEmpty && !Take(ref text).SequenceEqual("-"u8))
            {
            }

            line.FileSystem = Take(ref text);
            line.Source = Take(ref text);
            line.SuperOptions = Take(ref text);
            return line.MountPoint is [(byte)'/', ..] && !line.FileSystem.IsEmpty && !line.SuperOptions.IsEmpty;
        }

        private static bool TakeNumber(scoped ref ReadOnlySpan<byte> text, byte separator, out uint number)
        {
            number = 0;
            var end = text.IndexOf(separator);
            if (end <= 0 || !uint.TryParse(text[..end], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out number))
            {
                return false;
            }

            text = text[(end + 1)..];
            return true;
        }

        private static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> text)
        {
            var end = text.IndexOf((byte)' ');
            var field = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
            return field;
        }
    }
}
