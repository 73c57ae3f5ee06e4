namespace HealthKit;

/// <summary>
/// Where a queue check looks and what it allows. Where it looks is for configuration: <see cref="Source"/> names a kind of source, and the options after
/// it are that kind's; a check that was added in code has its source already. No limit is set unless its default says so.
/// </summary>
public sealed class QueueOptions : DependencyOptions
{
    /// <summary>
    /// The kind of source: <c>RedisList</c>, <c>RedisStream</c>, <c>RedisSortedSet</c>, <c>Sidekiq</c>, <c>Sql</c>, <c>RabbitMq</c> (of the package
    /// HealthKit.RabbitMq), or <c>Service</c>, which is an <see cref="IQueueSource"/> of the app's own.
    /// </summary>
    public string? Source { get; set; }

    /// <summary>
    /// The server as the app's own client is told it: <c>redis://user:password@host:6379/0</c>, <c>amqp://…</c>; with <see cref="Provider"/>, the connection
    /// string of its driver. In configuration also the name of an entry under <c>ConnectionStrings</c>. Of it nothing but host, port and database is shown.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>The queue's name: the key of a Redis list, stream or sorted set, a queue of RabbitMQ.</summary>
    public string? Queue { get; set; }

    /// <summary>The names of several queues, of which Sidekiq has all unless some are named.</summary>
    public IList<string>? Queues { get; set; }

    /// <summary>The consumer group of a Redis stream.</summary>
    public string? Group { get; set; }

    /// <summary>
    /// A consumer of a Redis stream that holds entries and has done nothing for so long is lost. Keep it above the time that an entry takes. Allowed: 1 s
    /// to 1 day. Default: none, which means 5 minutes.
    /// </summary>
    public TimeSpan? ConsumerLostAfter { get; set; }

    /// <summary>What stands before the names of Sidekiq's keys, without the colon (redis-namespace).</summary>
    public string? Namespace { get; set; }

    /// <summary>
    /// Where in the JSON of a Redis list's entry the moment stands at which it was put there, as a JSON pointer (RFC 6901): a number of seconds or
    /// milliseconds since 1970, or a text of ISO 8601. Without it the oldest age of a list is not known.
    /// </summary>
    public string? EnqueuedAtPointer { get; set; }

    /// <summary>At which end of a Redis list its oldest entry stands.</summary>
    public QueueEnd? OldestAt { get; set; }

    /// <summary>One read-only statement whose first row tells the queue's state by the names of its columns: <c>depth</c>, <c>oldest</c>, ….</summary>
    public string? Statement { get; set; }

    /// <summary>The key of the DbDataSource that the app registered.</summary>
    public string? DataSource { get; set; }

    /// <summary>The invariant name of a registered DbProviderFactory, with <see cref="ConnectionString"/>.</summary>
    public string? Provider { get; set; }

    /// <summary>The queues of RabbitMQ where messages end up that were given up: what they hold is the dead count.</summary>
    public IList<string>? DeadLetterQueues { get; set; }

    /// <summary>
    /// The management API of RabbitMQ, such as <c>http://mq.example:15672</c>, asked with the user of <see cref="ConnectionString"/>: with it the rates and what
    /// is being worked on are known.
    /// </summary>
    public Uri? Management { get; set; }

    /// <summary>The key of the <see cref="IQueueSource"/> that the app registered (<c>AddKeyedSingleton&lt;IQueueSource&gt;</c>).</summary>
    public string? Service { get; set; }

    /// <summary>Degraded when more entries wait. Allowed: 0 or more. Default: none.</summary>
    public long? DegradedAboveDepthCount { get; set; }

    /// <summary>Unhealthy when more entries wait. Allowed: 0 or more. Default: none.</summary>
    public long? UnhealthyAboveDepthCount { get; set; }

    /// <summary>Degraded when the oldest entry has waited for longer. Allowed: above 0. Default: none.</summary>
    public TimeSpan? DegradedAboveOldestAge { get; set; }

    /// <summary>Unhealthy when the oldest entry has waited for longer. Allowed: above 0. Default: none.</summary>
    public TimeSpan? UnhealthyAboveOldestAge { get; set; }

    /// <summary>
    /// Degraded when a backlog takes longer than this to be worked off at the pace of the last 5 minutes, or grows. A queue that was empty in that time has
    /// no backlog, nor has one of less than a minute's work. Allowed: above 0. Default: none.
    /// </summary>
    public TimeSpan? DegradedAboveDrainTime { get; set; }

    /// <summary>
    /// Unhealthy when a backlog takes longer than this to be worked off at the pace of the last 5 minutes, or grows. Allowed: above 0. Default: none.
    /// </summary>
    public TimeSpan? UnhealthyAboveDrainTime { get; set; }

    /// <summary>Degraded when more entries were given up. 0: any. Allowed: 0 or more. Default: none.</summary>
    public long? DegradedAboveDeadCount { get; set; }

    /// <summary>Unhealthy when more entries were given up. Allowed: 0 or more. Default: none.</summary>
    public long? UnhealthyAboveDeadCount { get; set; }

    /// <summary>Degraded for an hour after an entry was given up.</summary>
    public bool DegradedWhenDeadGrows { get; set; } = true;

    /// <summary>Degraded when more entries failed and wait to be tried again. Allowed: 0 or more. Default: none.</summary>
    public long? DegradedAboveRetryingCount { get; set; }

    /// <summary>Unhealthy when more entries failed and wait to be tried again. Allowed: 0 or more. Default: none.</summary>
    public long? UnhealthyAboveRetryingCount { get; set; }

    /// <summary>
    /// Unhealthy when there are fewer consumers, whether work waits or not. Without it, only none at all is unhealthy, and only while work waits. Allowed:
    /// 0 to 10000. Default: none.
    /// </summary>
    public int? MinimumConsumersCount { get; set; }

    /// <summary>Degraded when consumers are lost: fewer than before while work waits, none where there were some, or a silent one that holds work.</summary>
    public bool DegradedWhenConsumersLost { get; set; } = true;

    /// <summary>
    /// Degraded when no entry came for longer: work is expected there, and an empty queue is not a healthy one. For sources that count what came or was
    /// completed. Allowed: above 0. Default: none.
    /// </summary>
    public TimeSpan? DegradedWhenNoArrivalsFor { get; set; }

    /// <summary>Unhealthy when no entry came for longer. Allowed: above 0. Default: none.</summary>
    public TimeSpan? UnhealthyWhenNoArrivalsFor { get; set; }

    /// <summary>
    /// Degraded when entries wait or are in progress and none was completed for longer, though it is not known that there are no consumers. Null means 15
    /// minutes, or <see cref="UnhealthyWhenStuckFor"/> where that is less, wherever the source tells it; set, it must tell it. Allowed: above 0. Default:
    /// none, which means 00:15:00, or <see cref="UnhealthyWhenStuckFor"/> where that is less.
    /// </summary>
    public TimeSpan? DegradedWhenStuckFor { get; set; }

    /// <summary>Unhealthy when entries wait or are in progress and none was completed for longer. Allowed: above 0. Default: none.</summary>
    public TimeSpan? UnhealthyWhenStuckFor { get; set; }

    /// <summary>Makes the source of a check that was added in code.</summary>
    internal Func<IServiceProvider, IQueueSource>? SourceFactory { get; set; }
}
