using System.Text.Json;

namespace HealthKit;

/// <summary>What is in a log, of any size: read once from end to end, in constant memory.</summary>
/// <remarks>
/// <para>
/// Counts, times, levels and the rate are exact: every line is looked at. Only <see cref="Repeated"/> comes from a sample, and
/// <see cref="SampledLines"/> says of how many lines. Which shapes of lines are known stands in <c>docs/log-summary.md</c>.
/// </para>
/// <para>
/// Lines are foreign text. Those that are shown are bounded, redacted, and made printable: escape sequences of terminals are left out, other control
/// characters and bytes that are not UTF-8 are written as <c>\x1B</c>, <c>\u202E</c>.
/// </para>
/// </remarks>
public sealed record LogSummary
{
    internal LogSummary()
    {
    }

    /// <summary>The file, as it was named.</summary>
    public required string Path { get; init; }

    /// <summary>The file's length in bytes when reading began; what is written later is not read.</summary>
    public required long LengthBytes { get; init; }

    /// <summary>What the file really occupied then: less than its length where it has holes.</summary>
    public required long AllocatedBytes { get; init; }

    /// <summary>How many bytes were read: the length, less holes, less what vanished while it was read.</summary>
    public required long ReadBytes { get; init; }

    /// <summary>When the file was last written.</summary>
    public required DateTimeOffset ModifiedAt { get; init; }

    /// <summary>Line breaks (LF), and one more when the last line has none.</summary>
    public required long Lines { get; init; }

    /// <summary>The length of the longest line in bytes, without its line break.</summary>
    public required long LongestLineBytes { get; init; }

    /// <summary>The time of the first line that has one, to the second; null when none has.</summary>
    public required DateTimeOffset? FirstTime { get; init; }

    /// <summary>The time of the last line that has one, to the second; null when none has.</summary>
    public required DateTimeOffset? LastTime { get; init; }

    /// <summary>How many lines bear which level.</summary>
    public required LogLevelCounts Levels { get; init; }

    /// <summary>The log over time: at most 60 buckets, in order; empty when no line has a time.</summary>
    public required IReadOnlyList<LogRateBucket> Rate { get; init; }

    /// <summary>How many lines <see cref="Repeated"/> was made from, evenly spread over the log. As many as <see cref="Lines"/>: all of them.</summary>
    public required long SampledLines { get; init; }

    /// <summary>The most repeated lines of the sample, numbers masked; the most frequent first. Lines that occur once are left out.</summary>
    public required IReadOnlyList<RepeatedLogLine> Repeated { get; init; }

    /// <summary>The first lines.</summary>
    public required IReadOnlyList<string> Head { get; init; }

    /// <summary>The last lines.</summary>
    public required IReadOnlyList<string> Tail { get; init; }

    /// <summary>What a reader should know: assumptions, holes, a file that changed while it was read, a file that is no text.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>
    /// Reads a log. It runs on a thread of its own, or on the pool where none can be started, and takes one core for as long as it lasts.
    /// </summary>
    /// <param name="path">A regular file; symbolic links are followed.</param>
    /// <param name="options">How much is shown, and what is assumed; null for the defaults.</param>
    /// <param name="cancellationToken">Looked at between two blocks: a file system that hangs is not interrupted.</param>
    /// <returns>The summary.</returns>
    /// <exception cref="ArgumentException">The path is empty or holds a null character.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DirectoryNotFoundException">A directory of the path does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">This process may not read it.</exception>
    /// <exception cref="IOException">It is no regular file (a directory, a pipe, a device), or could not be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Task<LogSummary> ReadAsync(string path, LogSummaryOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("A path holds no null character.", nameof(path));
        }

        options ??= new LogSummaryOptions();
        options.Validate();
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<LogSummary>(cancellationToken);
        }

        var done = new TaskCompletionSource<LogSummary>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (OwnThread.TryStart("HealthKit log summary", Read) is null)
        {
            _ = Task.Run(Read, CancellationToken.None);
        }

        return done.Task;

        void Read()
        {
            try
            {
                done.SetResult(new LogSummaryReader(path, options).Read(cancellationToken));
            }
            catch (OperationCanceledException)
            {
                done.SetCanceled(cancellationToken);
            }
            catch (Exception e)
            {
                done.SetException(e); // thrown where it is awaited
            }
        }
    }

    /// <summary>Writes it as a page of plain text.</summary>
    /// <param name="writer">Takes the text.</param>
    /// <exception cref="ArgumentNullException"><paramref name="writer"/> is null.</exception>
    public void WriteText(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        LogSummaryText.Write(writer, this);
    }

    /// <summary>Writes it as one JSON object.</summary>
    /// <param name="writer">The writer, at a place where a value may stand.</param>
    /// <exception cref="ArgumentNullException"><paramref name="writer"/> is null.</exception>
    public void WriteJson(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        JsonSerializer.Serialize(writer, this, LogSummaryJsonContext.Default.LogSummary);
    }

    /// <summary>The page that <see cref="WriteText"/> writes.</summary>
    public override string ToString()
    {
        using var writer = new StringWriter(System.Globalization.CultureInfo.InvariantCulture);
        WriteText(writer);
        return writer.ToString();
    }
}
