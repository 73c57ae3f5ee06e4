using System.Globalization;
using System.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>Says what a server's answers mean: what is wrong, the worst first, and the numbers behind it.</summary>
internal sealed class RedisVerdict
{
    private readonly RedisOptions _options;
    private readonly RedisAnswers _answers;
    private readonly RedisInfo? _info;
    private readonly RedisTrend? _trend;
    private readonly string _user;
    private readonly DateTimeOffset _now;
    private readonly Dictionary<string, object> _data = new(20);
    private readonly List<string> _facts = [];
    private readonly GaugeVerdict _verdict = new();

    private RedisVerdict(RedisOptions options, RedisAnswers answers, RedisTrend? trend, string user, DateTimeOffset now)
    {
        _options = options;
        _answers = answers;
        _info = answers.Info;
        _trend = trend;
        _user = user;
        _now = now;
    }

    /// <summary>Judges.</summary>
    /// <param name="options">The limits.</param>
    /// <param name="answers">What the server answered.</param>
    /// <param name="trend">What changed since the last look; null without INFO.</param>
    /// <param name="user">The account's name.</param>
    /// <param name="now">The time.</param>
    public static DependencyFinding Of(RedisOptions options, RedisAnswers answers, RedisTrend? trend, string user, DateTimeOffset now) =>
        new RedisVerdict(options, answers, trend, user, now).Judge();

    private DependencyFinding Judge()
    {
        _data["pingSeconds"] = Math.Round(_answers.PingTime.TotalSeconds, 6);
        if (_info is { IsSentinel: true })
        {
            return DependencyFinding.Unhealthy(
                "redis.sentinel", "this is a Sentinel, which keeps no data: name the port of the server itself (a Sentinel's is mostly 26379), in a check for each server", _data);
        }

        JudgeRole();
        JudgeErrors();
        if (_info is { } info)
        {
            JudgeReplication(info);
            JudgeMemory(info);
            JudgeClients(info);
            JudgePersistence(info);
            Tell(info);
        }

        var text = new StringBuilder(_verdict.Problem ?? (_answers.Wrote ? "takes writes" : "answers PING"));
        if (_verdict.Problem is not null && _answers.Wrote)
        {
            text.Append("; takes writes");
        }

        foreach (var fact in _facts)
        {
            text.Append(", ").Append(fact);
        }

        TellChanges(text);
        var status = _verdict.Level switch
        {
            GaugeLevel.Ok => HealthStatus.Healthy,
            GaugeLevel.Degraded => HealthStatus.Degraded,
            _ => HealthStatus.Unhealthy,
        };
        return new DependencyFinding(status, _verdict.Reason, text.ToString(), _data);
    }

    private void JudgeRole()
    {
        if (_info?.Role is null || _options.ExpectRole == RedisRole.Any || _info.IsReplica == (_options.ExpectRole == RedisRole.Replica))
        {
            return;
        }

        var is_ = _info.IsReplica ? $"a replica of {Master(_info)}" : "a master";
        _verdict.Add(GaugeLevel.Unhealthy, "redis.role", $"it is {is_}, and a {(_options.ExpectRole == RedisRole.Replica ? "replica" : "master")} is expected");
    }

    private void JudgeErrors()
    {
        if (_answers.Worst is not var (command, error))
        {
            if (_answers.IsElsewhere)
            {
                Elsewhere();
            }

            return;
        }

        if (error.Reason == RedisError.NoPermission)
        {
            Forbidden();
        }
        else if (error.Reason is RedisError.UnknownCommand)
        {
            _verdict.Add(
                GaugeLevel.Degraded,
                RedisError.UnknownCommand,
                $"{command} is not known there, so what it would tell is unknown: {error.Text}");
        }
        else
        {
            var contrast = command == "PING" ? "" : "PING is answered, and ";
            _verdict.Add(GaugeLevel.Unhealthy, error.Reason, $"{contrast}{command} was answered by: {error.Text}");
            if (error.Reason == "redis.loading" && _info is { IsLoading: true } info)
            {
                _facts.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"loaded {GaugeAmount.Percent(info.LoadedPercent ?? 0)}{(info.LoadingLeftSeconds is { } left ? $", {Seconds(left)} left" : "")}"));
            }
        }
    }

    /// <summary>A write to a node of a cluster whose slots the probe's keys did not hit.</summary>
    private void Elsewhere()
    {
        if (_info is { IsReplica: true })
        {
            _verdict.Add(GaugeLevel.Unhealthy, "redis.write.readOnly", "it is a replica of a cluster and sends writes to its master; if that is as it should be, say so (ExpectRole: Replica)");
        }
        else
        {
            _verdict.Add(
                GaugeLevel.Degraded, RedisError.Moved, "it is a node of a cluster, and every key that was tried belongs to another one: whether it takes writes is not known (the next run tries other keys)");
        }
    }

    /// <summary>Nothing is wrong with the server: what this account may not do is unknown, and the rules that it lacks are named all at once.</summary>
    private void Forbidden()
    {
        List<string> rules = [];
        foreach (var (command, error) in _answers.Errors)
        {
            if (error.Reason == RedisError.NoPermission)
            {
                // The texts differ between versions: "access one of the keys", "access the 'k' key". Redis looks at keys only where the command is allowed.
                var isKey = error.Text.Contains(" key", StringComparison.Ordinal);
                Add(isKey ? null : "+" + Lower(command));
                Add(isKey || command is "SET" or "DEL" ? $"~{_options.KeyPrefix}*" : null);
            }
        }

        var (reason, unknown) = _answers.Errors.Any(static one => one.Error.Reason == RedisError.NoPermission && one.Command != "INFO")
            ? (RedisError.NoPermission, $"whether it {(_options.Writes ? "takes writes" : "answers")} is not known")
            : ("redis.info.noPermission", "its memory, replication and persistence are not known");
        _verdict.Add(GaugeLevel.Degraded, reason, $"{unknown}, because this account may not ask: ACL SETUSER {_user} {string.Join(' ', rules)}");

        void Add(string? rule)
        {
            if (rule is not null && !rules.Contains(rule))
            {
                rules.Add(rule);
            }
        }
    }

    private void JudgeReplication(RedisInfo info)
    {
        var limits = RedisOptions.Lag.Resolve(_options.DegradedAboveReplicationLag?.TotalSeconds, _options.UnhealthyAboveReplicationLag?.TotalSeconds);
        if (info.IsReplica)
        {
            _facts.Add($"replica of {Master(info)}");
            if (info.MasterLink == "down")
            {
                var down = info.MasterLinkDownSeconds;
                var level = down is { } since ? RedisOptions.Lag.Judge(since, limits) : GaugeLevel.Degraded;
                var how = down is { } seconds ? $"for {Seconds(seconds)}" : "since it started";
                _verdict.Add(
                    level == GaugeLevel.Ok ? GaugeLevel.Degraded : level,
                    "redis.replication.linkDown",
                    $"the link to its master has been down {how}{(info.IsSyncing ? ", a synchronization is under way" : "")}: what it has is getting old");
                Put("masterLinkDownSeconds", down);
            }
            else if (info.MasterLastHeardSeconds is { } heard)
            {
                Put("masterLastHeardSeconds", heard);
                if (RedisOptions.Lag.Judge(heard, limits) is var level and > GaugeLevel.Ok)
                {
                    _verdict.Add(level, "redis.replication.lag", string.Create(
                        CultureInfo.InvariantCulture,
                        $"it has not heard from its master for {Seconds(heard)} ({RedisOptions.Lag.ExplainLimit(level, limits)})"));
                }
            }

            return;
        }

        _facts.Add(info.ReplicasOnline switch
        {
            0 => info.RoleName,
            1 => $"{info.RoleName} of 1 replica",
            var some => string.Create(CultureInfo.InvariantCulture, $"{info.RoleName} of {some} replicas"),
        });
        _data["replicasOnlineCount"] = info.ReplicasOnline;
        Put("worstReplicaLagSeconds", info.WorstReplicaLagSeconds);
        if (info.ReplicasOnline < _options.MinimumReplicasCount)
        {
            _verdict.Add(GaugeLevel.Degraded, "redis.replicas.missing", string.Create(
                CultureInfo.InvariantCulture, $"{info.ReplicasOnline} of at least {_options.MinimumReplicasCount} replicas are online"));
        }

        if (info.WorstReplicaLagSeconds is { } lag && RedisOptions.Lag.Judge(lag, limits) > GaugeLevel.Ok)
        {
            _verdict.Add(GaugeLevel.Degraded, "redis.replicas.lag", $"a replica last said {Seconds(lag)} ago how far it is");
        }
    }

    private void JudgeMemory(RedisInfo info)
    {
        if (info.UsedMemory is not { } used)
        {
            return;
        }

        _data["usedMemoryBytes"] = used;
        var policy = info.Policy ?? "policy unknown";
        if (info.MaxMemory is not > 0)
        {
            _facts.Add(string.Create(CultureInfo.InvariantCulture, $"memory {GaugeAmount.Bytes(used)}{(info.MaxMemory == 0 ? " without a maxmemory" : "")}"));
            return;
        }

        var most = info.MaxMemory.Value;

        // Buffers of replicas and of the append-only file are not held against the limit (evict.c, freeMemoryGetNotCountedMemory).
        var counted = Math.Max(0, used - (info.NotCountedMemory ?? 0));
        var percent = Math.Min(100, 100.0 * counted / most);
        _data["maxMemoryBytes"] = most;
        _data["memoryUsedPercent"] = Math.Round(percent, 2);
        _data["maxMemoryPolicy"] = policy;
        var fact = string.Create(CultureInfo.InvariantCulture, $"memory {GaugeAmount.Percent(percent)} of {GaugeAmount.Bytes(most)} ({policy})");

        var isSet = _options.DegradedAboveMemoryPercent is not null || _options.UnhealthyAboveMemoryPercent is not null;

        // A replica leaves evicting to its master (replica-ignore-maxmemory).
        var nothingToEvict = !info.IsReplica
            && (policy == "noeviction" || (policy.StartsWith("volatile-", StringComparison.Ordinal) && info.ExpiringKeys == 0));
        if (isSet || nothingToEvict)
        {
            var limits = RedisOptions.Memory.Resolve(_options.DegradedAboveMemoryPercent, _options.UnhealthyAboveMemoryPercent);
            if (RedisOptions.Memory.Judge(percent, limits) is var level and > GaugeLevel.Ok)
            {
                var why = policy == "noeviction" ? "at the limit writes fail" : nothingToEvict ? "no key expires, so at the limit writes fail" : "";
                _verdict.Add(level, "redis.memory.high", $"{fact}, {RedisOptions.Memory.ExplainLimit(level, limits)}{(why.Length > 0 ? ": " + why : "")}");
                return;
            }
        }

        _facts.Add(fact);
    }

    private void JudgeClients(RedisInfo info)
    {
        Put("clientsCount", info.Clients);
        Put("maxClientsCount", info.MaxClients);
        Put("blockedClientsCount", info.BlockedClients);
        if (info.Clients is { } clients && info.MaxClients is > 0 and { } most)
        {
            var percent = Math.Min(100, 100.0 * clients / most);
            _data["clientsUsedPercent"] = Math.Round(percent, 2);
            var limits = RedisOptions.Clients.Resolve(_options.DegradedAboveClientsPercent, _options.UnhealthyAboveClientsPercent);
            if (RedisOptions.Clients.Judge(percent, limits) is var level and > GaugeLevel.Ok)
            {
                _verdict.Add(level, "redis.clients.high", string.Create(
                    CultureInfo.InvariantCulture, $"{clients} clients of at most {most} ({RedisOptions.Clients.ExplainLimit(level, limits)})"));
            }
        }

        if (_trend?.Rejected is { } rejected)
        {
            _data["rejectedConnectionsCount"] = rejected;
            if (rejected > 0)
            {
                _verdict.Add(GaugeLevel.Degraded, "redis.clients.rejected", string.Create(
                    CultureInfo.InvariantCulture, $"{rejected} {(rejected == 1 ? "connection was" : "connections were")} turned away since the last run, because maxclients was reached"));
            }
        }

        if (_trend?.EvictedPerSecond is { } evicted)
        {
            _data["evictedPerSecond"] = evicted;
            if (_options.DegradedAboveEvictedPerSecond is { } limit && evicted > limit)
            {
                _verdict.Add(GaugeLevel.Degraded, "redis.evicted", string.Create(
                    CultureInfo.InvariantCulture, $"{evicted:0.###} keys a second were evicted since the last run, degraded above {limit:0.###}: they are lost"));
            }
            else if (evicted > 0)
            {
                _facts.Add(string.Create(CultureInfo.InvariantCulture, $"{evicted:0.###} keys a second evicted"));
            }
        }
    }

    private void JudgePersistence(RedisInfo info)
    {
        if (info.SaveStatus is not (null or "ok"))
        {
            _verdict.Add(GaugeLevel.Degraded, "redis.save.failed", $"the last save of a snapshot failed (rdb_last_bgsave_status {info.SaveStatus})");
        }

        if (info is { AofEnabled: true, AofWriteStatus: not (null or "ok") })
        {
            _verdict.Add(GaugeLevel.Degraded, "redis.aof.failed", $"the last write of the append-only file failed (aof_last_write_status {info.AofWriteStatus})");
        }
        else if (info is { AofEnabled: true, AofRewriteStatus: not (null or "ok") })
        {
            _verdict.Add(GaugeLevel.Degraded, "redis.aof.failed", $"the last rewrite of the append-only file failed (aof_last_bgrewrite_status {info.AofRewriteStatus})");
        }

        if (info.LastSaveUnixSeconds is not { } saved || info.ChangesSinceSave is not { } changes)
        {
            return;
        }

        var now = info.ServerTimeMicroseconds is { } server ? server / 1e6 : _now.ToUnixTimeMilliseconds() / 1e3;
        var age = TimeSpan.FromSeconds(Math.Clamp(now - saved, 0, 1e9));
        _data["unsavedChangesCount"] = changes;
        _data["lastSaveAgeSeconds"] = Math.Round(age.TotalSeconds);
        if (_options.DegradedAboveSaveAge is { } limit && !info.AofEnabled && changes > 0 && age > limit)
        {
            _verdict.Add(GaugeLevel.Degraded, "redis.save.old", string.Create(
                CultureInfo.InvariantCulture, $"{changes} changes are not saved, the last save was {GaugeAmount.Time(age)} ago, degraded above {GaugeAmount.Time(limit)}"));
        }
    }

    private void Tell(RedisInfo info)
    {
        if (info.Version is { } version)
        {
            _data["version"] = version;
            _facts.Add($"Redis {version}");
        }

        if (info.Role is not null)
        {
            _data["role"] = info.RoleName;
        }

        if (info.ClusterEnabled)
        {
            _facts.Add("node of a cluster");
        }

        Put("uptimeSeconds", info.UptimeSeconds);
    }

    private void TellChanges(StringBuilder text)
    {
        if (_trend is not { Changes: { Count: > 0 } changes })
        {
            return;
        }

        _data["changes"] = changes.Select(static one => string.Create(CultureInfo.InvariantCulture, $"{one.Change.At:yyyy-MM-ddTHH:mm:ssZ} {one.Change.Text}")).ToList();
        var (last, ago) = changes[^1];
        text.Append(CultureInfo.InvariantCulture, $"; {last.Text} ({Latency.Text(ago)} ago)");
        if (changes.Count > 1)
        {
            text.Append(CultureInfo.InvariantCulture, $", and {changes.Count - 1} more within the last hour");
        }
    }

    private void Put(string key, long? value)
    {
        if (value is { } number)
        {
            _data[key] = number;
        }
    }

    /// <summary>So many seconds, if not more than a life has: they are foreign numbers.</summary>
    private static GaugeAmount Seconds(long seconds) => new(Math.Min(seconds, 1e9), GaugeUnit.Seconds);

    private static string Master(RedisInfo info) => info is { MasterHost: { } host, MasterPort: { } port }
        ? string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}")
        : "an unknown master";

    private static string Lower(string command) => string.Create(command.Length, command, static (to, from) => from.AsSpan().ToLowerInvariant(to));
}
