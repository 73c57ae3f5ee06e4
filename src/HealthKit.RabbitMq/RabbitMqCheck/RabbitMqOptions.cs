namespace HealthKit;

/// <summary>Which broker the RabbitMQ check logs in to, and what it expects there.</summary>
public sealed class RabbitMqOptions : DependencyOptions
{
    /// <summary>
    /// The broker as the app's own client is told it: <c>amqp://user:password@host:5672/vhost</c>, or <c>amqps</c> for TLS
    /// (https://www.rabbitmq.com/docs/uri-spec). User and password are shown nowhere.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// Fingerprints (SHA-256, hexadecimal) of which the certificate of the broker, and of its management API, must have one, instead of a trusted authority and
    /// its name.
    /// </summary>
    public IList<string>? PinnedSha256 { get; set; }

    /// <summary>
    /// Whether a message is sent through a queue of the check's own (exclusive, named by the broker, deleted at once) and taken back. Only that notices an alarm
    /// without the management API. It needs configure and read permission on <c>amq.gen-*</c>, and write on <c>amq.default</c>.
    /// </summary>
    public bool RoundTrip { get; set; } = true;

    /// <summary>
    /// Queues that must be there: names; with <see cref="Management"/> also patterns, as <see cref="ExpectedSet"/> has them (<c>orders.* >= 3</c>).
    /// </summary>
    public IList<string>? RequiredQueues { get; set; }

    /// <summary>Exchanges that must be there, by name.</summary>
    public IList<string>? RequiredExchanges { get; set; }

    /// <summary>
    /// Bindings that must be there, as <c>exchange -> queue [routing key]</c>; without the brackets any routing key will do. They need
    /// <see cref="Management"/>.
    /// </summary>
    public IList<string>? RequiredBindings { get; set; }

    /// <summary>
    /// The address of the management API (plugin <c>rabbitmq_management</c>), such as <c>http://mq.example:15672</c>: then nodes and bindings are looked at, too.
    /// The user needs the tag <c>monitoring</c>.
    /// </summary>
    public Uri? Management { get; set; }

    /// <summary>The user of the management API; null means that of <see cref="ConnectionString"/>.</summary>
    public string? ManagementUser { get; set; }

    /// <summary>The password of <see cref="ManagementUser"/>. It is shown nowhere.</summary>
    public string? ManagementPassword { get; set; }

    /// <summary>
    /// Degraded when a node uses more of its memory limit (vm_memory_high_watermark) than this, in percent. Allowed: 0 to 100. Default: none, which means 85.
    /// </summary>
    public double? DegradedAboveMemoryPercent { get; set; }

    /// <summary>
    /// Unhealthy when a node uses more of its memory limit than this, in percent. At 100 the broker raises its alarm, and takes no more messages. Allowed:
    /// 0 to 100. Default: none, which means 100, which only the alarm passes.
    /// </summary>
    public double? UnhealthyAboveMemoryPercent { get; set; }

    /// <summary>Degraded when a node has less free disk than this, in bytes. Allowed: 0 or more. Default: none, which means twice the node's own limit.</summary>
    public long? DegradedBelowDiskFreeBytes { get; set; }

    /// <summary>
    /// Unhealthy when a node has less free disk than this, in bytes. At its own limit it raises its alarm, and takes no more messages.
    /// Allowed: 0 or more. Default: none, which means the node's own limit
    /// (<c>disk_free_limit</c>).
    /// </summary>
    public long? UnhealthyBelowDiskFreeBytes { get; set; }

    /// <summary>
    /// Degraded when a node has used up more of its file descriptors or sockets than this, in percent. Allowed: 0 to 100. Default: none, which means 80.
    /// </summary>
    public double? DegradedAboveDescriptorsPercent { get; set; }

    /// <summary>
    /// Unhealthy when a node has used up more of its file descriptors or sockets than this, in percent. Without free ones it accepts no connection.
    /// Allowed: 0 to 100. Default: none, which means 95.
    /// </summary>
    public double? UnhealthyAboveDescriptorsPercent { get; set; }

    /// <summary>
    /// The exchange of the app to which canaries are published; null means the default exchange, if there is a <see cref="CanaryRoutingKey"/>. Set
    /// one of them only when the app's consumer acknowledges canaries by <see cref="RabbitMqCanary"/>: else it is given messages that it does not know.
    /// </summary>
    public string? CanaryExchange { get; set; }

    /// <summary>The routing key of canaries; with the default exchange the name of the queue.</summary>
    public string? CanaryRoutingKey { get; set; }

    /// <summary>How often a canary is sent at most. There is never more than one on its way. Allowed: 1 s to 1 day. Default: 00:01:00.</summary>
    public TimeSpan CanaryInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Degraded when the app has not acknowledged a canary after this time. Allowed: 10 ms to 1 day. Default: 00:00:10.</summary>
    public TimeSpan CanaryLateAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Unhealthy when the app has not acknowledged a canary after this time. It is also the message's time to live (its expiration). Allowed: above <see
    /// cref="CanaryLateAfter"/>, up to 1 day. Default: 00:01:00.
    /// </summary>
    public TimeSpan CanaryLostAfter { get; set; } = TimeSpan.FromMinutes(1);
}
