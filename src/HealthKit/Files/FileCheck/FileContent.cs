namespace HealthKit;

/// <summary>What was found in a file, and which state of it that was.</summary>
internal sealed record FileContent
{
    /// <summary>The file as it was before and after it was read.</summary>
    public required FileStatus Status { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset ReadAt { get; init; }

    /// <summary>What is wrong with what it holds.</summary>
    public IReadOnlyList<FileFault> Faults { get; init; } = [];

    /// <summary>Lines; null when not all of it was read.</summary>
    public long? LineCount { get; init; }

    /// <summary>Records of CSV, without the header.</summary>
    public long? RecordCount { get; init; }

    /// <summary>Columns of CSV.</summary>
    public int? ColumnCount { get; init; }

    /// <summary>Whether it ends with a line end; null when not all of it was read.</summary>
    public bool? EndsWithLineEnd { get; init; }

    /// <summary>SHA-256 in hexadecimal, when it was asked for.</summary>
    public string? Hash { get; init; }

    /// <summary>Whether a look finds the file as it was read: the same file, of the same length and time.</summary>
    public bool IsOf(in FileStatus status) => IsSame(Status, status);

    public static bool IsSame(in FileStatus a, in FileStatus b) => a.Id == b.Id && a.Length == b.Length && a.ModifiedAt == b.ModifiedAt;
}
