namespace HealthKit;

/// <summary>A function of the app looks at the queue.</summary>
internal sealed class FunctionQueueSource(IServiceProvider services, Func<IServiceProvider, CancellationToken, Task<QueueState>> look) : IQueueSource
{
    public string Target => "queue";

    public Task<QueueState> ReadAsync(CancellationToken cancellationToken) => look(services, cancellationToken);
}
