namespace HealthKit;

/// <summary>Where a queue can be looked at. <c>AddQueueCheck</c> asks it at each run and judges what it says.</summary>
/// <remarks>
/// HealthKit has sources for Redis, Sidekiq, RabbitMQ, tables of SQL databases, channels and functions of the app; implement it for anything else.
/// A look must change nothing: it takes nothing from the queue and puts nothing in.
/// </remarks>
public interface IQueueSource
{
    /// <summary>The queue as people call it, without secrets: <c>redis://cache.example:6379/0 list jobs</c>.</summary>
    string Target { get; }

    /// <summary>Looks at the queue.</summary>
    /// <param name="cancellationToken">Ends with the run's deadline.</param>
    /// <returns>What was seen.</returns>
    /// <exception cref="Exception">Anything thrown makes the run's result unknown: the registration's failure status, and never a depth of zero.</exception>
    Task<QueueState> ReadAsync(CancellationToken cancellationToken);
}
