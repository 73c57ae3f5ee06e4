using System.Globalization;

namespace HealthKit;

/// <summary>
/// A stream as one consumer group sees it (XINFO GROUPS, XINFO CONSUMERS, XPENDING): what was not delivered waits, what was delivered and not
/// acknowledged is in progress. The moment at which an entry came is in its id.
/// </summary>
internal sealed class RedisStreamSource : RedisQueueSource
{
    public static readonly TimeSpan DefaultLostAfter = TimeSpan.FromMinutes(5);

    /// <summary>Who takes nothing for so long while work waits does not read.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    private readonly string _key;
    private readonly string _group;
    private readonly TimeSpan _lostAfter;
    private readonly RespRequest _request;

    /// <param name="connectionString">The server.</param>
    /// <param name="key">The stream.</param>
    /// <param name="group">The group.</param>
    /// <param name="lostAfter">Who holds entries and does nothing for so long is lost.</param>
    public RedisStreamSource(string connectionString, string key, string group, TimeSpan lostAfter)
        : base(connectionString, $"stream {key} group {group}")
    {
        (_key, _group, _lostAfter) = (key, group, lostAfter);
        _request = new RespRequest(["XINFO", "GROUPS", key], ["XINFO", "CONSUMERS", key, group], ["XPENDING", key, group], ["XLEN", key]);
    }

    protected override string Rights => $"~{_key} +xinfo|groups +xinfo|consumers +xpending +xlen +xrange (before Redis 7: +xinfo)";

    public override async Task<QueueState> ReadAsync(StageRun run)
    {
        var (connection, replies) = await Client.BeginAsync(run, _request).ConfigureAwait(false);
        var group = FindGroup(replies[0]);
        var consumers = Good(replies[1], "XINFO CONSUMERS");
        var pending = Good(replies[2], "XPENDING");
        var length = Count(replies[3], "XLEN");
        if (pending.Items is not [{ Integer: { } held and >= 0 }, ..])
        {
            throw Unlike("XPENDING", pending);
        }

        var now = run.Network.Time.GetUtcNow();
        if (pending.Items is [_, { Text: { } oldestHeld }, ..] && held > 0 && MomentOf(oldestHeld) is { } taken)
        {
            run.Note("oldestInProgressSeconds", Math.Round(EnqueuedMoment.Age(taken, now).TotalSeconds, 3));
        }

        // Redis 7 counts; before it, and where entries were deleted, it does not know.
        var lag = group.TryGet("lag", out var told) ? told.Integer : null;
        var read = group.TryGet("entries-read", out var entries) ? entries.Integer : null;
        var (depth, atMost, age) = (lag ?? 0, false, TimeSpan.Zero);
        if (lag is not 0)
        {
            var first = await FirstAfterAsync(run, connection, group).ConfigureAwait(false);
            age = first is { } came ? EnqueuedMoment.Age(came, now) : TimeSpan.Zero;
            if (lag is null)
            {
                (depth, atMost) = first is null ? (0, false) : (Math.Max(1, length - held), true);
            }
        }

        Client.Keep(run, connection);
        var (there, lost, lostHeld) = Sort(consumers, depth > 0 ? age : TimeSpan.Zero);
        if (lost.Count > 0)
        {
            run.Note("heldByLostCount", lostHeld);
        }

        return new QueueState(depth)
        {
            DepthIsAtMost = atMost,
            OldestAge = age,
            InProgress = held,
            Consumers = there.Count,
            ConsumerNames = there,
            LostConsumers = lost,
            Arrived = lag is { } behind && read is { } ahead ? ahead + behind : null,
            Completed = lag is not null && read is { } done ? Math.Max(0, done - held) : null,
        };
    }

    /// <summary>The moment in an entry's id (milliseconds since 1970, a hyphen, a number), unless the producer made up ids of another kind.</summary>
    internal static DateTimeOffset? MomentOf(string id)
    {
        var end = id.IndexOf('-', StringComparison.Ordinal);
        return end > 0 && long.TryParse(id.AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds >= 100_000_000_000
            ? EnqueuedMoment.Of(milliseconds)
            : null;
    }

    private RespValue FindGroup(RespValue reply)
    {
        if (reply.IsError && reply.Text!.Contains("no such key", StringComparison.Ordinal))
        {
            throw new StageException(Stage.Use, "queue.missing", $"there is no stream {_key}") { Answered = true };
        }

        List<string> names = [];
        foreach (var one in Good(reply, "XINFO GROUPS").Items)
        {
            if (one.TryGet("name", out var name) && name.Is(_group))
            {
                return one;
            }

            names.Add(ForeignText.Shown(name.Text ?? "", 255));
        }

        throw new StageException(
            Stage.Use,
            "queue.noGroup",
            $"the stream has no group {_group}{(names.Count == 0 ? ", and no other" : $"; it has {string.Join(", ", names.Take(10))}")}") { Answered = true };
    }

    /// <summary>When the first entry came that was delivered to nobody; null when all were, or its id does not tell.</summary>
    private async Task<DateTimeOffset?> FirstAfterAsync(StageRun run, RedisConnection connection, RespValue group)
    {
        if (!group.TryGet("last-delivered-id", out var last) || last.Text is not { } id)
        {
            throw Unlike("XINFO GROUPS", group);
        }

        var replies = await connection.SendAsync(run, new RespRequest(["XRANGE", _key, $"({id}", "+", "COUNT", "1"])).ConfigureAwait(false);
        return Good(replies[0], "XRANGE").Items is [var entry] && entry.Items is [{ Text: { } first }, ..] ? MomentOf(first) : null;
    }

    /// <summary>
    /// Who is there and who is not. A name stays until somebody deletes it, so a name is no consumer: who holds entries and has done nothing for long is
    /// lost; who holds none and takes none while some wait does not read.
    /// </summary>
    private (List<string> There, List<string> Lost, long LostHeld) Sort(RespValue consumers, TimeSpan waited)
    {
        List<string> there = [];
        List<string> lost = [];
        var held = 0L;
        var patience = _lostAfter < LongestWait ? _lostAfter : LongestWait;
        foreach (var one in consumers.Items)
        {
            if (!one.TryGet("name", out var name) || !one.TryGet("idle", out var idleFor) || !one.TryGet("pending", out var pendingOf)
                || name.Text is not { } text || idleFor.Integer is not { } milliseconds || pendingOf.Integer is not { } pending)
            {
                throw Unlike("XINFO CONSUMERS", one);
            }

            var idle = TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, (long)TimeSpan.FromDays(10_000).TotalMilliseconds));
            if (pending > 0 && idle > _lostAfter)
            {
                lost.Add(text);
                held += pending;
            }
            else if (pending > 0 || waited <= patience || idle <= patience)
            {
                there.Add(text);
            }
        }

        return (there, lost, held);
    }
}
