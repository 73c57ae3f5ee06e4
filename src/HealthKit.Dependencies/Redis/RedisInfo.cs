using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace HealthKit;

/// <summary>
/// What <c>INFO</c> says (https://redis.io/docs/latest/commands/info/), as far as it is used here. What an older server leaves out is null. It
/// is read line by line; what it holds beside is passed over.
/// </summary>
internal sealed class RedisInfo
{
    private const int LongestText = 100;

    public string? Version { get; private set; }

    /// <summary>Random, anew at each start.</summary>
    public string? RunId { get; private set; }

    public string? Mode { get; private set; }

    public string? Role { get; private set; }

    public string? Policy { get; private set; }

    public string? MasterLink { get; private set; }

    public string? MasterHost { get; private set; }

    public long? MasterPort { get; private set; }

    public string? SaveStatus { get; private set; }

    public string? AofWriteStatus { get; private set; }

    public string? AofRewriteStatus { get; private set; }

    public long? UptimeSeconds { get; private set; }

    public long? ServerTimeMicroseconds { get; private set; }

    public long? Clients { get; private set; }

    public long? MaxClients { get; private set; }

    public long? BlockedClients { get; private set; }

    public long? UsedMemory { get; private set; }

    public long? NotCountedMemory { get; private set; }

    /// <summary>0 is no limit.</summary>
    public long? MaxMemory { get; private set; }

    public long? EvictedKeys { get; private set; }

    public long? RejectedConnections { get; private set; }

    public bool IsLoading { get; private set; }

    public double? LoadedPercent { get; private set; }

    public long? LoadingLeftSeconds { get; private set; }

    public long? ChangesSinceSave { get; private set; }

    public long? LastSaveUnixSeconds { get; private set; }

    public bool AofEnabled { get; private set; }

    public bool IsSyncing { get; private set; }

    public long? MasterLinkDownSeconds { get; private set; }

    public long? MasterLastHeardSeconds { get; private set; }

    public bool ClusterEnabled { get; private set; }

    /// <summary>Keys of all databases together that expire.</summary>
    public long ExpiringKeys { get; private set; }

    /// <summary>Replicas that follow.</summary>
    public int ReplicasOnline { get; private set; }

    /// <summary>The greatest time since one of these last said how far it is.</summary>
    public long? WorstReplicaLagSeconds { get; private set; }

    public bool IsReplica => Role == "slave";

    public bool IsSentinel => Mode == "sentinel";

    public string RoleName => IsReplica ? "replica" : Role ?? "role unknown";

    /// <summary>Reads it; null when it holds not even what every Redis says.</summary>
    public static RedisInfo? Parse(ReadOnlySpan<byte> text)
    {
        var info = new RedisInfo();
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            var line = end < 0 ? text : text[..end];
            text = end < 0 ? default : text[(end + 1)..];
            if (line is [.., (byte)'\r'])
            {
                line = line[..^1];
            }

            var colon = line.IndexOf((byte)':');
            if (colon > 0)
            {
                info.Take(line[..colon], line[(colon + 1)..]);
            }
        }

        return info.Version is null && info.Role is null && info.Mode is null ? null : info;
    }

    private void Take(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        // First letters first: nearly all lines are passed over.
        switch (key[0])
        {
            case (byte)'r':
                TakeR(key, value);
                break;
            case (byte)'m':
                TakeM(key, value);
                break;
            case (byte)'a':
                TakeA(key, value);
                break;
            case (byte)'u' when key.SequenceEqual("used_memory"u8):
                UsedMemory = Count(value);
                break;
            case (byte)'u' when key.SequenceEqual("uptime_in_seconds"u8):
                UptimeSeconds = Count(value);
                break;
            case (byte)'c' when key.SequenceEqual("connected_clients"u8):
                Clients = Count(value);
                break;
            case (byte)'c' when key.SequenceEqual("cluster_enabled"u8):
                ClusterEnabled = value is [(byte)'1'];
                break;
            case (byte)'b' when key.SequenceEqual("blocked_clients"u8):
                BlockedClients = Count(value);
                break;
            case (byte)'e' when key.SequenceEqual("evicted_keys"u8):
                EvictedKeys = Count(value);
                break;
            case (byte)'l' when key.SequenceEqual("loading"u8):
                IsLoading = value is [(byte)'1'];
                break;
            case (byte)'l' when key.SequenceEqual("loading_loaded_perc"u8):
                LoadedPercent = RespValue.ParseDouble(value) is { } percent and >= 0 and <= 100 ? percent : null;
                break;
            case (byte)'l' when key.SequenceEqual("loading_eta_seconds"u8):
                LoadingLeftSeconds = Count(value);
                break;
            case (byte)'s' when key.SequenceEqual("server_time_usec"u8):
                ServerTimeMicroseconds = Count(value);
                break;
            case (byte)'s' when key.StartsWith("slave"u8) && key.Length > 5 && key[5..].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0:
                TakeReplica(value);
                break;
            case (byte)'d' when key.StartsWith("db"u8) && key.Length > 2 && key[2..].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0:
                ExpiringKeys = Sum(ExpiringKeys, Count(Part(value, "expires="u8)) ?? 0);
                break;
        }
    }

    private void TakeR(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("redis_version"u8))
        {
            Version = Text(value);
        }
        else if (key.SequenceEqual("run_id"u8))
        {
            RunId = Text(value);
        }
        else if (key.SequenceEqual("redis_mode"u8))
        {
            Mode = Text(value);
        }
        else if (key.SequenceEqual("role"u8))
        {
            Role = Text(value);
        }
        else if (key.SequenceEqual("rejected_connections"u8))
        {
            RejectedConnections = Count(value);
        }
        else if (key.SequenceEqual("rdb_changes_since_last_save"u8))
        {
            ChangesSinceSave = Count(value);
        }
        else if (key.SequenceEqual("rdb_last_save_time"u8))
        {
            LastSaveUnixSeconds = Count(value);
        }
        else if (key.SequenceEqual("rdb_last_bgsave_status"u8))
        {
            SaveStatus = Text(value);
        }
    }

    private void TakeM(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("maxmemory"u8))
        {
            MaxMemory = Count(value);
        }
        else if (key.SequenceEqual("maxmemory_policy"u8))
        {
            Policy = Text(value);
        }
        else if (key.SequenceEqual("mem_not_counted_for_evict"u8))
        {
            NotCountedMemory = Count(value);
        }
        else if (key.SequenceEqual("maxclients"u8))
        {
            MaxClients = Count(value);
        }
        else if (key.SequenceEqual("master_host"u8))
        {
            MasterHost = Text(value);
        }
        else if (key.SequenceEqual("master_port"u8))
        {
            MasterPort = Count(value);
        }
        else if (key.SequenceEqual("master_link_status"u8))
        {
            MasterLink = Text(value);
        }
        else if (key.SequenceEqual("master_link_down_since_seconds"u8))
        {
            MasterLinkDownSeconds = Count(value);
        }
        else if (key.SequenceEqual("master_last_io_seconds_ago"u8))
        {
            MasterLastHeardSeconds = Count(value);
        }
        else if (key.SequenceEqual("master_sync_in_progress"u8))
        {
            IsSyncing = value is [(byte)'1'];
        }
    }

    private void TakeA(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.SequenceEqual("aof_enabled"u8))
        {
            AofEnabled = value is [(byte)'1'];
        }
        else if (key.SequenceEqual("aof_last_write_status"u8))
        {
            AofWriteStatus = Text(value);
        }
        else if (key.SequenceEqual("aof_last_bgrewrite_status"u8))
        {
            AofRewriteStatus = Text(value);
        }
    }

    /// <summary><c>ip=…,port=…,state=online,offset=…,lag=0</c></summary>
    private void TakeReplica(ReadOnlySpan<byte> value)
    {
        if (Part(value, "state="u8).SequenceEqual("online"u8))
        {
            ReplicasOnline++;
            if (Count(Part(value, "lag="u8)) is { } lag)
            {
                WorstReplicaLagSeconds = Math.Max(WorstReplicaLagSeconds ?? 0, lag);
            }
        }
    }

    private static ReadOnlySpan<byte> Part(ReadOnlySpan<byte> value, ReadOnlySpan<byte> name)
    {
        while (!value.IsEmpty)
        {
            var end = value.IndexOf((byte)',');
            var part = end < 0 ? value : value[..end];
            if (part.StartsWith(name))
            {
                return part[name.Length..];
            }

            value = end < 0 ? default : value[(end + 1)..];
        }

        return default;
    }

    /// <summary>A number from 0; null for anything else, -1 for "never" among it.</summary>
    private static long? Count(ReadOnlySpan<byte> value) =>
        Utf8Parser.TryParse(value, out long number, out var used) && used == value.Length && number >= 0 ? number : null;

    private static long Sum(long one, long other) => one > long.MaxValue - other ? long.MaxValue : one + other;

    private static string Text(ReadOnlySpan<byte> value) => value switch
    {
        _ when value.SequenceEqual("ok"u8) => "ok",
        _ when value.SequenceEqual("up"u8) => "up",
        _ when value.SequenceEqual("master"u8) => "master",
        _ when value.SequenceEqual("slave"u8) => "slave",
        _ when value.SequenceEqual("standalone"u8) => "standalone",
        _ when value.SequenceEqual("noeviction"u8) => "noeviction",
        _ when value.Length <= LongestText && value.IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0 => Encoding.ASCII.GetString(value),
        _ => ForeignText.Shown(Encoding.UTF8.GetString(value[..Math.Min(value.Length, 8 * LongestText)]), LongestText),
    };

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"Redis {Version}, {RoleName}");
}
