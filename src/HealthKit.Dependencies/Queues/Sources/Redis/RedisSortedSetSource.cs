using System.Globalization;

namespace HealthKit;

/// <summary>
/// A sorted set whose scores are the moments at which entries are due: what is due waits, the rest is scheduled. Scores that are no moments: all waits,
/// and how long is not known.
/// </summary>
internal sealed class RedisSortedSetSource(string connectionString, string key) : RedisQueueSource(connectionString, $"sorted set {key}")
{
    protected override string Rights => $"~{key} +zcard +zrange +zcount";

    public override async Task<QueueState> ReadAsync(StageRun run)
    {
        // In which unit its scores are is not known before the first of them is here: so it is asked in each.
        var now = run.Network.Time.GetUtcNow();
        var seconds = (now - DateTimeOffset.UnixEpoch).TotalSeconds;
        double[] units = [1, 1e3, 1e6, 1e9];
        var replies = await Client.SendAsync(run, new RespRequest(
            ["ZCARD", key],
            ["ZRANGE", key, "0", "0", "WITHSCORES"],
            ZCount(units[0]),
            ZCount(units[1]),
            ZCount(units[2]),
            ZCount(units[3]))).ConfigureAwait(false);
        var all = Count(replies[0], "ZCARD");
        var first = Good(replies[1], "ZRANGE");
        if (all == 0)
        {
            return new QueueState(0) { OldestAge = TimeSpan.Zero, Scheduled = 0 };
        }

        if (first.Items is not [_, { Number: { } score }] || EnqueuedMoment.Of(score) is not { } due)
        {
            return new QueueState(all);
        }

        var waiting = Math.Min(all, Count(replies[2 + Array.IndexOf(units, EnqueuedMoment.UnitOf(score))], "ZCOUNT"));
        return new QueueState(waiting)
        {
            OldestAge = waiting == 0 ? TimeSpan.Zero : EnqueuedMoment.Age(due, now),
            Scheduled = all - waiting,
        };

        string[] ZCount(double unit) => ["ZCOUNT", key, "-inf", (seconds * unit).ToString("F3", CultureInfo.InvariantCulture)];
    }
}
