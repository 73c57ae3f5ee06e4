using System.Globalization;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies.Queues;

public sealed class QueueSourceTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"hk-queue-{Guid.NewGuid():N}.db");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task A_channel_tells_what_waits_and_no_more()
    {
        var channel = Channel.CreateUnbounded<int>();
        for (var i = 0; i < 3; i++)
        {
            Assert.True(channel.Writer.TryWrite(i));
        }

        var source = QueueSources.Channel(channel.Reader, "inbox");

        Assert.Equal(new QueueState(3), await source.ReadAsync(CancellationToken.None));
        Assert.Equal("inbox", source.Target);
        Assert.Equal(3, channel.Reader.Count);
    }

    [Fact]
    public void A_channel_that_cannot_count_is_rejected()
    {
        var channel = Channel.CreateUnbounded<int>(new UnboundedChannelOptions { SingleReader = true });

        var error = Assert.Throws<ArgumentException>(() => QueueSources.Channel(channel.Reader));

        Assert.Contains("cannot count (CanCount is false); allowed: a bounded channel", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_statement_tells_a_queue_by_the_names_of_its_columns()
    {
        Run("CREATE TABLE jobs (queue TEXT, created_at TEXT, state TEXT)");
        Run("INSERT INTO jobs VALUES ('a', datetime('now', '-5 minutes'), 'waiting'), ('a', datetime('now'), 'waiting'), ('b', datetime('now'), 'dead')");
        const string statement = """
            SELECT count(*) FILTER (WHERE state = 'waiting') AS depth, min(created_at) FILTER (WHERE state = 'waiting') AS oldest,
                   count(*) FILTER (WHERE state = 'dead') AS dead, 0 AS in_progress
            FROM jobs
            """;
        var (status, data, text) = await CheckAsync(statement, options => options.DegradedAboveDeadCount = 0);

        Assert.Equal(HealthStatus.Degraded, status);
        Assert.Equal((2L, 1L, 0L), (data["depthCount"], data["deadCount"], data["inProgressCount"]));
        Assert.InRange((double)data["oldestAgeSeconds"], 295, 400);
        Assert.Contains("1 dead, degraded above 0: 2 wait, the oldest for 5 min", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_are_queues_where_they_have_names()
    {
        Run("CREATE TABLE jobs (queue TEXT, age REAL)");
        Run("INSERT INTO jobs VALUES ('mail', 10), ('mail', 20), ('invoice', 500)");

        var (status, data, text) = await CheckAsync(
            "SELECT queue, count(*) AS depth, max(age) AS oldest_age_seconds FROM jobs GROUP BY queue", options => options.DegradedAboveOldestAge = TimeSpan.FromMinutes(5));

        Assert.Equal(HealthStatus.Degraded, status);
        Assert.Equal((3L, 500d, "invoice"), (data["depthCount"], data["oldestAgeSeconds"], data["item"]));
        var items = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object>>(data["items"]);
        Assert.Equal(["mail", "invoice"], items.Keys);
        Assert.Contains("3 wait, the oldest for 8 min 20 s (in invoice)", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT count(*) AS depht FROM jobs", "it gives a column 'depht'; known, each once: depth")]
    [InlineData("SELECT 1 AS dead", "it gives no column depth")]
    [InlineData("SELECT 1 AS depth WHERE 1 = 0", "it gives no row")]
    [InlineData("SELECT NULL AS depth", "depth is NULL")]
    [InlineData("SELECT -1 AS depth", "depth is -1")]
    [InlineData("SELECT 'many' AS depth", "depth: 'many' is no number")]
    [InlineData("SELECT 1 AS depth, 'yesterday' AS oldest", "oldest is 'yesterday', which is no moment")]
    [InlineData("SELECT 1 AS depth UNION ALL SELECT 2", "it gives several rows and no column queue")]
    [InlineData("SELECT 'a' AS queue, 1 AS depth UNION ALL SELECT 'a', 2", "it gives the queue 'a' twice")]
    public async Task A_statement_that_tells_no_queue_is_unknown_and_says_why(string statement, string why)
    {
        Run("CREATE TABLE jobs (id INTEGER)");

        var (status, data, text) = await CheckAsync(statement);

        Assert.Equal((HealthStatus.Unhealthy, "queue.statement"), (status, data["reason"]));
        Assert.Contains("the statement does not tell a queue: " + why, text, StringComparison.Ordinal);
        Assert.DoesNotContain("depthCount", data.Keys);
    }

    [Fact]
    public async Task A_table_that_is_not_there_is_unknown()
    {
        var (status, data, _) = await CheckAsync("SELECT count(*) AS depth FROM no_such_table");

        Assert.Equal((HealthStatus.Unhealthy, "sql.failed"), (status, data["reason"]));
    }

    [Fact]
    public void A_statement_that_writes_is_rejected() =>
        Assert.Throws<ArgumentException>(() => QueueSources.Sql(() => new SqliteConnection(), "DELETE FROM jobs"));

    private async Task<(HealthStatus Status, IReadOnlyDictionary<string, object> Data, string Text)> CheckAsync(string statement, Action<QueueOptions>? configure = null)
    {
        var source = QueueSources.Sql(() => new SqliteConnection($"Data Source={_file};Pooling=false"), statement);
        var options = new QueueOptions { SourceFactory = _ => source };
        configure?.Invoke(options);
        using var check = new QueueCheck(new Network(TimeProvider.System), () => options, new ServiceCollection().BuildServiceProvider(), new Redactor());
        var result = await check.RunAsync();
        return (result.Status, result.Data, result.Description!);
    }

    private void Run(string sql)
    {
        using var connection = new SqliteConnection(string.Create(CultureInfo.InvariantCulture, $"Data Source={_file};Pooling=false"));
        connection.Open();
        using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The texts stand in this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }
}
