using System.Data.Common;
using System.Threading.Channels;

namespace HealthKit;

/// <summary>The queues that HealthKit knows how to look at, for <c>AddQueueCheck</c>. Whatever else has a length: implement <see cref="IQueueSource"/>.</summary>
/// <remarks>No source takes anything from a queue or puts anything in, and what it cannot know it says to be unknown.</remarks>
public static class QueueSources
{
    /// <summary>
    /// A channel in this process: how much waits. Ages, readers and rates are not known, as a channel counts nothing else.
    /// </summary>
    /// <typeparam name="T">What is in it.</typeparam>
    /// <param name="reader">The channel's reader. Nothing is read from it.</param>
    /// <param name="name">As texts name it; null means <c>channel of T</c>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="reader"/> is null.</exception>
    /// <exception cref="ArgumentException">The reader cannot count (<see cref="ChannelReader{T}.CanCount"/>): an unbounded channel that was made with <c>SingleReader = true</c> cannot.</exception>
    public static IQueueSource Channel<T>(ChannelReader<T> reader, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return reader.CanCount
            ? new ChannelQueueSource<T>(reader, name)
            : throw new ArgumentException(
                $"This channel of {typeof(T).Name} cannot count (CanCount is false); allowed: a bounded channel, or an unbounded one made without SingleReader = true", nameof(reader));
    }

    /// <summary>A Redis list. What is known: how much waits, and, if entries say when they were put there, the age of the oldest.</summary>
    /// <param name="connectionString">The server: <c>redis://user:password@host:6379/0</c> or as StackExchange.Redis writes it.</param>
    /// <param name="key">The list. One that is not there is empty: Redis knows no empty lists.</param>
    /// <param name="enqueuedAtPointer">As <see cref="QueueOptions.EnqueuedAtPointer"/>; null: ages are not known.</param>
    /// <param name="oldestAt">The end at which the oldest entry stands.</param>
    /// <exception cref="ArgumentException">The connection names no server, the key is empty, or the pointer is none.</exception>
    public static IQueueSource RedisList(string connectionString, string key, string? enqueuedAtPointer = null, QueueEnd oldestAt = QueueEnd.Tail)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        return new RedisListSource(connectionString, key, enqueuedAtPointer, oldestAt);
    }

    /// <summary>
    /// A Redis stream as one consumer group sees it. What is known: how much waits and how long, what is in progress, who is there and who is lost,
    /// and, from Redis 7 on, how fast it comes and goes.
    /// </summary>
    /// <param name="connectionString">The server: <c>redis://user:password@host:6379/0</c> or as StackExchange.Redis writes it.</param>
    /// <param name="key">The stream.</param>
    /// <param name="group">The consumer group.</param>
    /// <param name="consumerLostAfter">As <see cref="QueueOptions.ConsumerLostAfter"/>.</param>
    /// <exception cref="ArgumentException">The connection names no server, or a name is empty.</exception>
    public static IQueueSource RedisStream(string connectionString, string key, string group, TimeSpan? consumerLostAfter = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        ArgumentException.ThrowIfNullOrWhiteSpace(group);
        return new RedisStreamSource(connectionString, key, group, consumerLostAfter ?? RedisStreamSource.DefaultLostAfter);
    }

    /// <summary>
    /// A Redis sorted set whose scores are the moments at which entries are due, in seconds or milliseconds since 1970: a queue of delayed work. What is
    /// known: how much is due and for how long, how much is scheduled.
    /// </summary>
    /// <param name="connectionString">The server: <c>redis://user:password@host:6379/0</c> or as StackExchange.Redis writes it.</param>
    /// <param name="key">The sorted set.</param>
    /// <exception cref="ArgumentException">The connection names no server, or the key is empty.</exception>
    public static IQueueSource RedisSortedSet(string connectionString, string key)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        return new RedisSortedSetSource(connectionString, key);
    }

    /// <summary>
    /// Sidekiq's queues, retries, schedule, dead set and processes. What is known: all but how many ever came, which is worked out of what was processed and
    /// what waits.
    /// </summary>
    /// <param name="connectionString">The server: <c>redis://user:password@host:6379/0</c> or as StackExchange.Redis writes it.</param>
    /// <param name="queues">The queues; null means all. Retries, schedule, dead set and counts are of all queues together.</param>
    /// <param name="keyNamespace">What stands before all keys, without the colon (redis-namespace).</param>
    /// <exception cref="ArgumentException">The connection names no server.</exception>
    public static IQueueSource Sidekiq(string connectionString, IEnumerable<string>? queues = null, string? keyNamespace = null) =>
        new SidekiqSource(connectionString, queues, keyNamespace);

    /// <summary>
    /// A table of jobs in a SQL database, over the app's own data source. What is known is what the statement tells; see <see cref="QueueOptions.Statement"/>.
    /// </summary>
    /// <param name="dataSource">The data source. A connection is borrowed for each look.</param>
    /// <param name="statement">
    /// One read-only statement. Its columns are known by name: <c>depth</c>, <c>oldest</c> or <c>oldest_age_seconds</c>, <c>in_progress</c>, <c>consumers</c>,
    /// <c>scheduled</c>, <c>retrying</c>, <c>dead</c>, <c>arrived</c>, <c>completed</c>; with <c>queue</c>, each row is a queue.
    /// </param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The statement is none that only reads.</exception>
    public static IQueueSource Sql(DbDataSource dataSource, string statement)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        return new SqlQueueSource(new SqlOptions { Source = dataSource, Statement = Checked(statement) }, services: null);
    }

    /// <summary>A table of jobs in a SQL database, over connections of the check's own.</summary>
    /// <param name="connection">Makes a connection that is not open. It is kept for 5 minutes, then closed.</param>
    /// <param name="statement">As in the other overload.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The statement is none that only reads.</exception>
    public static IQueueSource Sql(Func<DbConnection> connection, string statement)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return new SqlQueueSource(new SqlOptions { ConnectionOf = _ => connection(), Statement = Checked(statement) }, services: null);
    }

    private static string Checked(string statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        return SqlStatement.Reject(statement) is { } wrong ? throw new ArgumentException($"{wrong}; allowed: {SqlStatement.Allowed}", nameof(statement)) : statement;
    }
}
