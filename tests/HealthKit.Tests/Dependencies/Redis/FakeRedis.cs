using System.Globalization;
using System.Text;

namespace HealthKit.Tests.Dependencies.Redis;

/// <summary>Answers the commands of the check as a Redis of 7.0 does, where a test has no real one.</summary>
internal static class FakeRedis
{
    /// <summary>A server with maxmemory, clients and replicas.</summary>
    /// <param name="replies">Replies that differ, by command: <c>SET</c> → <c>-OOM …</c>.</param>
    /// <param name="info">INFO's text.</param>
    public static RawServer Start(IReadOnlyDictionary<string, string>? replies = null, Func<string>? info = null) => new(async (socket, token) =>
    {
        var reader = new RespReader(RespLimits.Default);
        while (await socket.ReceiveAsync(reader.Room(), token) is var count and > 0)
        {
            reader.Came(count);
            while (reader.TryRead(out var command))
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes(Answer(command.Items[0].Text!, replies, info)), token);
            }
        }
    });

    /// <summary>INFO of a healthy master.</summary>
    public static string Info(string more = "") => "# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nrun_id:abc\r\nuptime_in_seconds:100\r\nserver_time_usec:1700000100000000\r\n"
        + "# Clients\r\nconnected_clients:3\r\nmaxclients:100\r\nblocked_clients:1\r\n"
        + "# Memory\r\nused_memory:1000000\r\nmaxmemory:10000000\r\nmaxmemory_policy:noeviction\r\nmem_not_counted_for_evict:0\r\n"
        + "# Persistence\r\nloading:0\r\nrdb_changes_since_last_save:5\r\nrdb_last_save_time:1700000000\r\nrdb_last_bgsave_status:ok\r\naof_enabled:0\r\n"
        + "# Stats\r\nevicted_keys:0\r\nrejected_connections:0\r\n"
        + "# Replication\r\nrole:master\r\nconnected_slaves:1\r\nslave0:ip=127.0.0.1,port=7001,state=online,offset=14,lag=1\r\n"
        + "# Cluster\r\ncluster_enabled:0\r\n# Keyspace\r\ndb0:keys=10,expires=2,avg_ttl=0\r\n" + more;

    private static string Answer(string command, IReadOnlyDictionary<string, string>? replies, Func<string>? info) => command switch
    {
        _ when replies?.GetValueOrDefault(command) is { } reply => reply + "\r\n",
        "PING" => "+PONG\r\n",
        "SET" or "DEL" => "+QUEUED\r\n",
        "EXEC" => "*2\r\n+OK\r\n:1\r\n",
        "INFO" => Bulk(info?.Invoke() ?? Info()),
        _ => "+OK\r\n",
    };

    private static string Bulk(string text) => string.Create(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(text)}\r\n{text}\r\n");
}
