using System.Text;

namespace HealthKit;

/// <summary>
/// Walks a directory and adds up what is in it. It only reads: symbolic links inside are never followed, nothing is opened but
/// directories.
/// </summary>
internal static class DirectoryWalk
{
    /// <summary>Walks it. Blocks for as long as its file system does; a walk that takes too long ends early and says so.</summary>
    /// <param name="path">The directory; it may be a link to one.</param>
    /// <param name="rules">What counts, and for how long.</param>
    /// <param name="time">The clock of the walk's time.</param>
    /// <param name="cancellationToken">Ends the walk with nothing.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static DirectoryFigures Run(string path, WalkRules rules, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!DirectoryCalls.AreKnown)
        {
            return PortableDirectoryWalk.Run(path, rules, time, cancellationToken);
        }

        using var walk = new LinuxDirectoryWalk(rules, time, cancellationToken);
        return walk.Run(FileStatus.ToUtf8(path));
    }

    /// <summary>A file's name as texts may show it: what is no UTF-8 and what no printer prints is replaced, the middle of a long one left out.</summary>
    public static string Show(ReadOnlySpan<byte> name)
    {
        const int Half = 100;
        var text = ForeignText.Clean(
            Encoding.UTF8.GetString(name.Length <= 8 * Half ? name : [.. name[..(4 * Half)], .. name[^(4 * Half)..]]), replacement: '\uFFFD');
        return text.Length <= 2 * Half ? text : $"{text.AsSpan(0, Half)}…{text.AsSpan(text.Length - Half)}";
    }
}

/// <summary>What a walk counts, and for how long.</summary>
/// <param name="Recursive">Whether it goes into the directories below.</param>
/// <param name="CrossFileSystems">Whether it goes where something else is mounted.</param>
/// <param name="Pattern">Which files count; null means all.</param>
/// <param name="MaxTime">When it ends at the latest.</param>
internal sealed record WalkRules(bool Recursive, bool CrossFileSystems, NamePattern? Pattern, TimeSpan MaxTime);

/// <summary>What a walk found. All numbers are lower bounds unless it is <see cref="IsComplete"/>.</summary>
internal sealed class DirectoryFigures
{
    /// <summary>0, or the number of errno(3) that kept the directory itself from being read: then nothing else is known.</summary>
    public int Error { get; init; }

    /// <summary>Which directory it was.</summary>
    public UnixFileId Id { get; init; }

    /// <summary>Names that are no directories: a file with two names counts twice. With a pattern those that match it.</summary>
    public long Files { get; init; }

    /// <summary>Directories below, the first one not counted.</summary>
    public long Directories { get; init; }

    /// <summary>
    /// What they occupy, as du(1) counts it: a file with several names once; directories, too, the first one among them. With a pattern the
    /// files alone.
    /// </summary>
    public long AllocatedBytes { get; init; }

    /// <summary>The lengths of the files, holes included, a file with several names once.</summary>
    public long LengthBytes { get; init; }

    /// <summary>The file whose content was written longest ago; null when there is none.</summary>
    public FoundFile? Oldest { get; init; }

    /// <summary>The file whose content was written last.</summary>
    public FoundFile? Newest { get; init; }

    /// <summary>What directly lies in it and occupies most, the largest first; a directory with all that is below.</summary>
    public IReadOnlyList<FoundChild> Largest { get; init; } = [];

    /// <summary>The directory in it that has most files.</summary>
    public FoundChild? MostFiles { get; init; }

    /// <summary>Directories that could not be read, and files whose size could not.</summary>
    public long Unreadable { get; init; }

    /// <summary>The first of them and why.</summary>
    public string? FirstUnreadable { get; init; }

    /// <summary>Directories not entered because something else is mounted there.</summary>
    public long OtherFileSystems { get; init; }

    /// <summary>It ran out of time, or of the memory that it may use.</summary>
    public bool StoppedEarly { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Whether everything was seen.</summary>
    public bool IsComplete => !StoppedEarly && Unreadable == 0;
}

/// <summary>A file that a walk remembers.</summary>
/// <param name="Name">Its path below the directory, fit to be shown.</param>
/// <param name="ModifiedAt">When its content was last written.</param>
internal sealed record FoundFile(string Name, DateTimeOffset ModifiedAt);

/// <summary>A file or directory that directly lies in the directory walked.</summary>
/// <param name="Name">Its name, fit to be shown.</param>
/// <param name="Bytes">What it and all below occupy.</param>
/// <param name="Files">How many files that is; 1 for a file.</param>
internal sealed record FoundChild(string Name, long Bytes, long Files);
