using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>Whether a Redis server can be used, and how it is doing.</summary>
internal sealed class RedisCheck : DependencyCheck<RedisOptions>
{
    public static readonly CheckType<RedisOptions> Type = CheckType.Create<RedisOptions>(
        new CheckDescriptor(
            "Redis",
            "Whether a Redis server takes writes, and what will stop it from doing so: memory, clients, persistence, replication. It answers PING while every write fails.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "It answers PING, took a write that leaves nothing, and INFO is within the limits.",
                [HealthStatus.Degraded] =
                    "It works and will not for long (memory, clients), saves or replicates badly, turned connections away, or this account may not ask what the check must know.",
                [HealthStatus.Unhealthy] = "A stage failed, it refuses writes or everything, it has the wrong role, or a limit is passed by far.",
            },
            "The text names the stage, and the command that was refused with the server's own words. redis-cli -u <address> INFO shows what the check read; the server's log tells why.",
            "Look at INFO and at the server's log.")
        {
            RemedyByReason = StageRemedies.UpTo(Stage.Use, new Dictionary<string, string>
            {
                ["auth.rejected"] = "Correct user and password in ConnectionString, or those of the account on the server (ACL GETUSER, requirepass).",
                ["auth.timeout"] = "It took the connection and hangs: see its load (redis-cli --latency) and whether the process is stopped.",
                ["auth.slow"] = "See its load: SLOWLOG GET shows commands that hold up all others.",
                ["redis.noAuth"] = "Give user and password in ConnectionString: the server lets nobody do anything without.",
                ["redis.noPermission"] = "Give the account the rules that the text names (ACL SETUSER, then ACL SAVE or CONFIG REWRITE), or ask less (Probe: Ping).",
                ["redis.info.noPermission"] = "Give the account the rule that the text names (ACL SETUSER, then ACL SAVE or CONFIG REWRITE), or do without (ReadInfo: false).",
                ["redis.database"] = "Correct the database's number: the server has as many as its setting databases says, and a cluster has only 0.",
                ["redis.write.oom"] = "Raise maxmemory (CONFIG SET maxmemory), delete what is not needed (redis-cli --bigkeys), or choose an eviction policy if the data may be lost. Reads still work.",
                ["redis.write.misconf"] = "The last save failed, and then Redis refuses writes: see its log, the free disk space and the permissions of its directory (CONFIG GET dir).",
                ["redis.write.readOnly"] = "This is a replica: name the master, or find out why the roles changed. Where a replica is meant, set ExpectRole to Replica.",
                ["redis.write.noReplicas"] = "Fewer replicas follow than min-replicas-to-write asks for: look at the replicas and the network to them.",
                ["redis.loading"] = "It loads its data after a start: wait. If that happens again and again, see its log for why it restarts.",
                ["redis.masterDown"] = "A replica without its master and with replica-serve-stale-data no: look at the master and the network to it.",
                ["redis.clusterDown"] = "Slots of the cluster are not served: redis-cli --cluster check <address>.",
                ["redis.moved"] = "Nothing need be wrong: the next run tries other keys. If it stays, give KeyPrefix a hash tag of a slot of this node, or choose Probe: Ping.",
                ["redis.crossSlot"] = "Keys that are used together must share a hash tag in a cluster.",
                ["redis.busy"] = "A script or function holds up all others: SCRIPT KILL or FUNCTION KILL, and find who runs it.",
                ["redis.execAborted"] = "A transaction was refused without another error: see the server's log.",
                ["redis.maxClients"] = "All connections are taken: CLIENT LIST shows who holds them; find what leaks them, or raise maxclients.",
                ["redis.protectedMode"] = "The server takes no one but its own machine: set a password or an ACL and bind there.",
                ["redis.unknownCommand"] = "The command was renamed, or a proxy stands before the server and does not know it: choose Probe: Ping, ReadInfo: false, or name the server itself.",
                ["redis.error"] = "See the server's words in the text, and its log.",
                ["redis.closed"] = "See the server's log: it crashed, was stopped, or closes what speaks no TLS where it expects TLS.",
                ["redis.notRedis"] = "Correct host and port: somebody else answers there.",
                ["redis.protocol"] = "Something between changes what is sent, or it is no Redis: look who answers there.",
                ["redis.tooLarge"] = "A reply is larger than a healthy one can be: look who answers there.",
                ["redis.noSocket"] = "Correct the path of the socket (CONFIG GET unixsocket), or start the server.",
                ["redis.client"] = "The app's own client did not get it through: its message is in the text. A check with a connection of its own beside this one tells whether the server or the client is at fault.",
                ["redis.sentinel"] = "Name the server itself, not the Sentinel.",
                ["redis.role"] = "Find out why the roles changed (a failover?), and lead clients to the right server.",
                ["redis.replication.linkDown"] = "Look at the master, the network to it and the replica's log; a password of the master that changed (masterauth) does it too.",
                ["redis.replication.lag"] = "Look at the master's load and the network between.",
                ["redis.replicas.missing"] = "Look at the replicas that are not there: they are stopped, or cannot reach the master.",
                ["redis.replicas.lag"] = "Look at the slow replica's load and the network to it.",
                ["redis.memory.high"] = "Raise maxmemory, delete what is not needed (redis-cli --bigkeys), or let keys expire: at the limit writes fail.",
                ["redis.clients.high"] = "CLIENT LIST shows who holds the connections; find what leaks them, or raise maxclients and the limit of descriptors.",
                ["redis.clients.rejected"] = "Somebody was turned away: CLIENT LIST, and raise maxclients.",
                ["redis.evicted"] = "Data that may not be lost must not stand where keys are evicted: raise maxmemory, or set maxmemory-policy noeviction.",
                ["redis.save.failed"] = "See the server's log: mostly a full disk, missing permission to its directory, or too little memory to fork.",
                ["redis.save.old"] = "See the setting save and the server's log: what is not saved is lost at a crash.",
                ["redis.aof.failed"] = "See the server's log and the free disk space.",
            }),
            DefaultTags = ["ready"],
        },
        static options => options.Validate(),
        static (services, options) => new RedisCheck(
            services.GetService<Network>() ?? new Network(services.GetRequiredService<TimeProvider>()),
            options,
            services.GetService<Redactor>() ?? new Redactor(),
            services.GetService<IServiceScopeFactory>()));

    private readonly Redactor _redactor;
    private readonly IServiceScopeFactory? _scopes;
    private readonly Lock _gate = new();
    private volatile RedisPlan? _plan;

    public RedisCheck(Network network, Func<RedisOptions> options, Redactor redactor, IServiceScopeFactory? scopes = null)
        : base(network, options)
    {
        _redactor = redactor;
        _scopes = scopes;
    }

    protected override string TargetOf(RedisOptions options) => PlanOf(options).Client?.Endpoint.Target ?? "redis by the app's own client";

    protected override string? HostOf(RedisOptions options) => PlanOf(options).Client?.Endpoint.Host;

    protected override async Task<DependencyFinding> ProbeAsync(StageRun run, RedisOptions options)
    {
        var plan = PlanOf(options);
        RedisAnswers answers;
        try
        {
            answers = plan.Client is null
                ? await RedisOwnClient.AskAsync(run, options, plan.Key, _scopes!).ConfigureAwait(false)
                : await RedisConversation.AskAsync(run, options, plan).ConfigureAwait(false);
        }
        catch (StageException e) when (e.Reason == RedisError.NoPermission)
        {
            // It let us in, and then not to the database.
            return DependencyFinding.Degraded(
                e.Reason, $"whether it can be used is not known, because this account may not ask: ACL SETUSER {plan.User} +select; {e.Message}");
        }

        var trend = answers.Info is { IsSentinel: false } info ? plan.History.Add(info) : null;
        return RedisVerdict.Of(options, answers, trend, plan.User, Network.Time.GetUtcNow());
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        lock (_gate)
        {
            _plan?.Client?.Dispose();
        }
    }

    private RedisPlan PlanOf(RedisOptions options)
    {
        var plan = _plan;
        if (plan is not null && ReferenceEquals(plan.Options, options))
        {
            return plan;
        }

        lock (_gate)
        {
            if (_plan is null || !ReferenceEquals(_plan.Options, options))
            {
                _plan?.Client?.Dispose();
                _plan = new RedisPlan(options, _redactor, Network.Time, _plan);
            }

            return _plan;
        }
    }
}
