using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace HealthKit.IntegrationTests.Queues;

/// <summary>A table of jobs in a real PostgreSQL, over the app's own data source, with an account that may read that table and no more.</summary>
public sealed class SqlQueueServerTests : IDisposable
{
    private const string Statement = """
        SELECT count(*) FILTER (WHERE done_at IS NULL AND NOT dead) AS depth, min(created_at) FILTER (WHERE done_at IS NULL AND NOT dead) AS oldest,
               count(*) FILTER (WHERE dead) AS dead, count(*) AS arrived, count(done_at) AS completed
        FROM jobs
        """;

    private readonly PostgreSqlServer _server = new();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_table_tells_its_queue_and_is_left_as_it_was()
    {
        _server.Do("CREATE TABLE jobs (id serial, created_at timestamptz DEFAULT now(), done_at timestamptz, dead boolean DEFAULT false)");
        _server.Do("INSERT INTO jobs (created_at, done_at, dead) VALUES (now() - interval '10 min', NULL, false), (now(), NULL, false), (now(), now(), false), (now(), NULL, true)");
        _server.Do($"CREATE ROLE watcher LOGIN PASSWORD '{PostgreSqlServer.Password}'");
        await using var source = NpgsqlDataSource.Create(_server.For("watcher"));
        using var probe = new QueueProbe(QueueSources.Sql(source, Statement), options => options.DegradedAboveOldestAge = TimeSpan.FromMinutes(9));

        var forbidden = await probe.LookAsync();
        Assert.Equal((HealthStatus.Unhealthy, "sql.forbidden", null), (forbidden.Status, forbidden.Reason, forbidden["depthCount"]));

        _server.Do("GRANT SELECT ON jobs TO watcher");
        var look = await probe.LookAsync();
        Assert.Equal((HealthStatus.Degraded, "queue.age"), (look.Status, look.Reason));
        Assert.Equal((2L, 1L), (look["depthCount"], look["deadCount"]));
        Assert.InRange((double)look.Data["oldestAgeSeconds"], 599, 700);
        Assert.StartsWith($"127.0.0.1:{_server.Port}/postgres queue: oldest age 10 min", look.Text, StringComparison.Ordinal);
        Assert.Equal(4L, _server.Do("SELECT count(*) FROM jobs"));
        Assert.DoesNotContain(PostgreSqlServer.Password, look.ToString(), StringComparison.Ordinal);

        // A function that writes is stopped by the transaction that may not.
        _server.Do("CREATE FUNCTION burn() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'DELETE FROM jobs RETURNING 1::bigint'");
        using var writer = new QueueProbe(QueueSources.Sql(source, "SELECT burn() AS depth"));
        Assert.Equal(HealthStatus.Unhealthy, (await writer.LookAsync()).Status);
        Assert.Equal(4L, _server.Do("SELECT count(*) FROM jobs"));
    }
}
