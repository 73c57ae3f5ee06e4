using System.Collections.Concurrent;

namespace HealthKit.Tests.Incidents.Sinks;

/// <summary>A sink that does what a test says and keeps what it was given.</summary>
internal sealed class ScriptedSink : IIncidentSink, IDisposable
{
    private int _under;

    public ConcurrentQueue<IncidentMessage> Attempts { get; } = new();

    /// <summary>What was delivered, in order.</summary>
    public ConcurrentQueue<IncidentMessage> Delivered { get; } = new();

    public IEnumerable<string> DeliveredIds => Delivered.Select(message => message.Id);

    public Func<IncidentMessage, CancellationToken, Task<SinkResult>> Send { get; set; } = (_, _) => Task.FromResult(SinkResult.Delivered);

    public bool WasCalledTwiceAtOnce { get; private set; }

    public bool IsDisposed { get; private set; }

    public async Task<SinkResult> SendAsync(IncidentMessage message, CancellationToken cancellationToken)
    {
        WasCalledTwiceAtOnce |= Interlocked.Increment(ref _under) > 1;
        try
        {
            Attempts.Enqueue(message);
            var result = await Send(message, cancellationToken);
            if (result?.Outcome == SinkOutcome.Delivered)
            {
                Delivered.Enqueue(message);
            }

            return result!;
        }
        finally
        {
            Interlocked.Decrement(ref _under);
        }
    }

    public void Dispose() => IsDisposed = true;
}
