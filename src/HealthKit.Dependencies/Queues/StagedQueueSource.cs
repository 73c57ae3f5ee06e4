namespace HealthKit;

/// <summary>A source that reaches over the network, stage by stage. The queue check walks it with its own run, so that the result says how far it got.</summary>
internal abstract class StagedQueueSource : IQueueSource
{
    /// <inheritdoc/>
    public abstract string Target { get; }

    /// <summary>The host whose reachability a look tells of; null when it is not known.</summary>
    public abstract string? Host { get; }

    /// <summary>Has its password hidden wherever it may turn up.</summary>
    public virtual void HideIn(Redactor redactor)
    {
    }

    /// <summary>Looks at the queue.</summary>
    /// <exception cref="StageException">A stage failed, or the queue is not there (with a reason of its own).</exception>
    public abstract Task<QueueState> ReadAsync(StageRun run);

    /// <inheritdoc/>
    public async Task<QueueState> ReadAsync(CancellationToken cancellationToken)
    {
        using var run = new StageRun(new Network(TimeProvider.System), Timeout, cancellationToken);
        return await ReadAsync(run).ConfigureAwait(false);
    }

    /// <summary>The deadline where no check gives one.</summary>
    private static TimeSpan Timeout => TimeSpan.FromSeconds(30);
}
