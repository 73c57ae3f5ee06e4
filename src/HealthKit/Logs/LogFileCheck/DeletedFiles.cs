namespace HealthKit;

/// <summary>
/// The files that were deleted and are still held open, looked for at most once a minute for all checks together: it means reading the
/// descriptors of every process. Safe for several threads; only one looks at a time, the others take what is known.
/// </summary>
internal sealed class DeletedFiles(TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    /// <summary>More than this is not spent on other processes.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private volatile DeletedScan? _last;

    /// <summary>What the last look found; null before the first has ended, and where it cannot be told.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public DeletedScan? Current(CancellationToken cancellationToken)
    {
        if (OperatingSystem.IsLinux() && _gate.TryEnter())
        {
            try
            {
                if (_last is not { } last || time.GetElapsedTime(last.At) >= Every)
                {
                    var found = Look(cancellationToken);
                    _last = new DeletedScan((_last?.Number ?? 0) + 1, time.GetTimestamp(), found.Files, found.UnreadableProcesses);
                }
            }
            finally
            {
                _gate.Exit();
            }
        }

        return _last;
    }

    /// <summary>On a machine with very many open files it is this process alone, which must always be looked at.</summary>
    private static DeletedOpenFiles Look(CancellationToken cancellationToken)
    {
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(Longest);
        try
        {
            return OpenFiles.Deleted(ownProcessOnly: false, budget.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return OpenFiles.Deleted(ownProcessOnly: true, cancellationToken);
        }
    }
}

/// <summary>One look.</summary>
/// <param name="Number">Counts the looks.</param>
/// <param name="At">When it was, as <see cref="TimeProvider.GetTimestamp"/>.</param>
/// <param name="Files">What was found, once a process.</param>
/// <param name="UnreadableProcesses">Processes into which this one may not look.</param>
internal sealed record DeletedScan(long Number, long At, IReadOnlyList<DeletedOpenFile> Files, int UnreadableProcesses);
