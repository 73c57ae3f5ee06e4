namespace HealthKit;

/// <summary>Which Redis server the check asks, what it tries there, and its limits.</summary>
public sealed class RedisOptions : DependencyOptions
{
    internal static readonly Gauge Memory = new(
        "memory", GaugeUnit.Percent, GaugeDirection.HighIsBad, nameof(DegradedAboveMemoryPercent), nameof(UnhealthyAboveMemoryPercent), new GaugeLimits(85, 98));

    internal static readonly Gauge Clients = new(
        "clients", GaugeUnit.Percent, GaugeDirection.HighIsBad, nameof(DegradedAboveClientsPercent), nameof(UnhealthyAboveClientsPercent), new GaugeLimits(85, 98));

    internal static readonly Gauge Lag = new(
        "lag", GaugeUnit.Seconds, GaugeDirection.HighIsBad, nameof(DegradedAboveReplicationLag), nameof(UnhealthyAboveReplicationLag), new GaugeLimits(30, 300));

    internal static readonly string AllowedKeyPrefix = "1 to 100 printable ASCII characters without spaces, '*', '?', '[' and '\\'";

    private const int LongestKeyPrefix = 100;

    /// <summary>
    /// The server: <c>redis://[user:password@]host[:port][/database]</c>, <c>rediss://…</c> for TLS, <c>unix:///path</c>, or a string of
    /// StackExchange.Redis. It names one server, not a Sentinel and not several. Its password is never shown.
    /// </summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// Fingerprints (SHA-256, hexadecimal, with or without colons) of which the server's certificate must have one, instead of a trusted
    /// authority and the name.
    /// </summary>
    public IList<string>? PinnedSha256 { get; set; }

    /// <summary>What is tried. Where a replica is expected nothing is written.</summary>
    public RedisProbe Probe { get; set; } = RedisProbe.Write;

    /// <summary>
    /// How the key of the write probe begins; what follows is random, anew for each process. The account needs the rule
    /// <c>~healthkit:probe:*</c>. 1 to 100 printable ASCII characters.
    /// </summary>
    public string KeyPrefix { get; set; } = "healthkit:probe:";

    /// <summary>Which role the server must have; anything else is unhealthy.</summary>
    public RedisRole ExpectRole { get; set; }

    /// <summary>Whether <c>INFO</c> is read at each run. Without it nothing is known but whether the probe went through.</summary>
    public bool ReadInfo { get; set; } = true;

    /// <summary>
    /// Degraded when the memory in use is above this share of <c>maxmemory</c>, in percent. Neither limit set: 85 where nothing can be evicted (the policy
    /// is noeviction, or volatile-* and no key expires), and no limit where keys can: there, full is how it is meant to be. Allowed: 0 to 100. Default:
    /// none; 85 where nothing can be evicted.
    /// </summary>
    public double? DegradedAboveMemoryPercent { get; set; }

    /// <summary>
    /// Unhealthy when the memory in use is above this share of <c>maxmemory</c>, in percent. Allowed: 0 to 100. Default: none; 98 where nothing can be
    /// evicted.
    /// </summary>
    public double? UnhealthyAboveMemoryPercent { get; set; }

    /// <summary>
    /// Degraded when there are more clients than this share of <c>maxclients</c>, in percent. Allowed: 0 to 100. Default: 85, when neither is set.
    /// </summary>
    public double? DegradedAboveClientsPercent { get; set; }

    /// <summary>
    /// Unhealthy when there are more clients than this share of <c>maxclients</c>, in percent. Allowed: 0 to 100. Default: 98, when neither is set.
    /// </summary>
    public double? UnhealthyAboveClientsPercent { get; set; }

    /// <summary>
    /// Degraded when more keys a second are evicted than this, from one run to the next; 0 for data that must not be lost, such as jobs. Allowed: 0 or
    /// more. Default: none.
    /// </summary>
    public double? DegradedAboveEvictedPerSecond { get; set; }

    /// <summary>
    /// Degraded when a replica has not heard from its master for so long; on a master, when one of its replicas is so far behind. Allowed: above 0.
    /// Default: <c>00:00:30</c>, when neither is set.
    /// </summary>
    public TimeSpan? DegradedAboveReplicationLag { get; set; }

    /// <summary>
    /// Unhealthy when a replica has not heard from its master for so long. A master is not unhealthy for its replicas. Allowed: above 0. Default:
    /// <c>00:05:00</c>, when neither is set.
    /// </summary>
    public TimeSpan? UnhealthyAboveReplicationLag { get; set; }

    /// <summary>Degraded when a master has fewer replicas online than this. Allowed: 0 to 1000. Default: 0.</summary>
    public int MinimumReplicasCount { get; set; }

    /// <summary>
    /// Degraded when there are changes and the last good save of an RDB snapshot is longer ago than this; not judged where the append-only file is on.
    /// Allowed: above 0. Default: none.
    /// </summary>
    public TimeSpan? DegradedAboveSaveAge { get; set; }

    /// <summary>The way through the app's own client, in place of a connection of the check's own.</summary>
    internal Func<IServiceProvider, IReadOnlyList<string>, CancellationToken, Task<string?>>? Execute { get; set; }

    internal bool Writes => Probe == RedisProbe.Write && ExpectRole != RedisRole.Replica;

    internal IEnumerable<OptionError> Validate()
    {
        if (Execute is null)
        {
            foreach (var error in RedisEndpoint.Validate(nameof(ConnectionString), ConnectionString))
            {
                yield return error;
            }
        }
        else if (ConnectionString is not null)
        {
            yield return new OptionError(nameof(ConnectionString), "***", "none, where the app's own client is used");
        }

        foreach (var pin in PinnedSha256 ?? [])
        {
            if (CertificatePins.Parse(pin) is null)
            {
                yield return HostRules.Reject(nameof(PinnedSha256), pin, CertificatePins.Allowed);
            }
        }

        if (!Enum.IsDefined(Probe))
        {
            yield return new OptionError(nameof(Probe), Probe, $"{nameof(RedisProbe.Write)} or {nameof(RedisProbe.Ping)}");
        }

        if (!Enum.IsDefined(ExpectRole))
        {
            yield return new OptionError(nameof(ExpectRole), ExpectRole, $"{nameof(RedisRole.Any)}, {nameof(RedisRole.Master)} or {nameof(RedisRole.Replica)}");
        }

        if (ExpectRole != RedisRole.Any && !ReadInfo)
        {
            yield return new OptionError(nameof(ReadInfo), ReadInfo, $"true, where {nameof(ExpectRole)} is {ExpectRole}: the role stands in INFO");
        }

        if (KeyPrefix is not { Length: > 0 and <= LongestKeyPrefix } || KeyPrefix.Any(static c => c is <= ' ' or > '~' or '*' or '?' or '[' or '\\'))
        {
            yield return new OptionError(nameof(KeyPrefix), KeyPrefix, AllowedKeyPrefix);
        }

        if (DegradedAboveEvictedPerSecond is { } evicted && !(evicted >= 0 && double.IsFinite(evicted)))
        {
            yield return new OptionError(nameof(DegradedAboveEvictedPerSecond), evicted, "a number of 0 or more (1/second)");
        }

        if (MinimumReplicasCount is < 0 or > 1_000)
        {
            yield return new OptionError(nameof(MinimumReplicasCount), MinimumReplicasCount, "a whole number from 0 to 1000 (count)");
        }

        if (DegradedAboveSaveAge is { } age && age <= TimeSpan.Zero)
        {
            yield return new OptionError(nameof(DegradedAboveSaveAge), age, "a time span above 00:00:00");
        }

        foreach (var error in Memory.Validate(DegradedAboveMemoryPercent, UnhealthyAboveMemoryPercent)
            .Concat(Clients.Validate(DegradedAboveClientsPercent, UnhealthyAboveClientsPercent))
            .Concat(Lag.Validate(DegradedAboveReplicationLag, UnhealthyAboveReplicationLag))
            .Concat(ValidateCommon()))
        {
            yield return error;
        }
    }
}
