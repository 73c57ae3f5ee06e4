using System.Globalization;

namespace HealthKit;

/// <summary>
/// Sidekiq's queues, retries, schedule, dead set and processes, as its own API reads them (lib/sidekiq/api.rb, 5 to 8), in two round trips however
/// many queues and processes there are.
/// </summary>
internal sealed class SidekiqSource : RedisQueueSource
{
    /// <summary>A process whose heartbeat (every 5 or 10 seconds) is older is gone: its key expires then (lib/sidekiq/launcher.rb).</summary>
    private static readonly TimeSpan HeartbeatLife = TimeSpan.FromSeconds(60);

    private const int Most = 200;

    private readonly string _prefix;
    private readonly IReadOnlyList<string>? _queues;

    /// <param name="connectionString">The server.</param>
    /// <param name="queues">The queues to look at; null means all.</param>
    /// <param name="keyNamespace">What stands before all keys, without the colon.</param>
    public SidekiqSource(string connectionString, IEnumerable<string>? queues, string? keyNamespace)
        : base(connectionString, keyNamespace is null ? "Sidekiq" : $"Sidekiq {keyNamespace}")
    {
        _prefix = keyNamespace is null ? "" : keyNamespace + ":";
        _queues = queues?.Distinct().ToList() is { Count: > 0 } some ? some : null;
    }

    protected override string Rights => _prefix.Length > 0
        ? $"~{_prefix}* +srandmember +zcard +zcount +get +llen +lindex +hmget"
        : "~queues ~queue:* ~processes ~retry ~schedule ~dead ~stat:* ~*:*:* +srandmember +zcard +zcount +get +llen +lindex +hmget (~*:*:* are the processes, host:pid:nonce)";

    public override async Task<QueueState> ReadAsync(StageRun run)
    {
        // Scores are seconds since 1970 (lib/sidekiq/job_util.rb, lib/sidekiq/job_retry.rb).
        var due = (run.Network.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds.ToString("F3", CultureInfo.InvariantCulture);
        var (connection, replies) = await Client.BeginAsync(run, First(due)).ConfigureAwait(false);
        var known = Names(Good(replies[0], "SRANDMEMBER queues"));
        var processes = Names(Good(replies[1], "SRANDMEMBER processes"));
        var (retrying, scheduled, dead) = (Count(replies[2], "ZCARD retry"), Count(replies[3], "ZCARD schedule"), Count(replies[4], "ZCARD dead"));
        var (processed, failed) = (Good(replies[5], "GET stat:processed"), Good(replies[6], "GET stat:failed"));
        var dueNow = Count(replies[7], "ZCOUNT retry") + Count(replies[8], "ZCOUNT schedule");
        if (known.Count == 0 && processes.Count == 0 && processed.IsNull && retrying + scheduled + dead == 0)
        {
            throw new StageException(
                Stage.Use, "queue.missing", $"there is no Sidekiq: none of its keys ({Key("queues")}, {Key("processes")}, {Key("stat:processed")}) is there") { Answered = true };
        }

        var queues = _queues ?? [.. known.Order(StringComparer.Ordinal)];
        List<string[]> more = [];
        foreach (var queue in queues)
        {
            more.Add(["LLEN", Key("queue:" + queue)]);
            more.Add(["LINDEX", Key("queue:" + queue), "-1"]);
        }

        foreach (var process in processes)
        {
            more.Add(["HMGET", Key(process), "info", "busy", "beat", "quiet"]);
        }

        var rest = more.Count == 0 ? [] : await connection.SendAsync(run, new RespRequest([.. more])).ConfigureAwait(false);
        Client.Keep(run, connection);
        var now = run.Network.Time.GetUtcNow();
        var workers = ReadProcesses(processes, rest.AsSpan(queues.Count * 2), queues, now);
        Dictionary<string, QueuePart> parts = [];
        for (var i = 0; i < queues.Count; i++)
        {
            var depth = Count(rest[2 * i], "LLEN");
            var oldest = Good(rest[(2 * i) + 1], "LINDEX");
            TimeSpan? age = depth == 0 || oldest.IsNull ? TimeSpan.Zero
                : SidekiqJson.EnqueuedAt(oldest.Bytes) is { } came ? EnqueuedMoment.Age(came, now)
                : null;
            parts[queues[i]] = new QueuePart(depth, age, workers.TakersOf(queues[i]));
        }

        if (processed.Integer is { } done)
        {
            run.Note("processedCount", done);
        }

        if (failed.Integer is { } failures)
        {
            run.Note("failedCount", failures);
        }

        return new QueueState(parts.Values.Sum(static part => part.Depth))
        {
            // A job without a moment: what is known of the others is not all.
            OldestAge = parts.Values.Any(static part => part.OldestAge is null) ? null : parts.Values.Max(static part => part.OldestAge) ?? TimeSpan.Zero,
            Consumers = workers.Taking,
            ConsumerNames = workers.Names,
            LostConsumers = workers.Lost,
            InProgress = workers.Busy,
            Scheduled = scheduled,
            Due = dueNow,
            Retrying = retrying,
            Dead = dead,

            // It counts the jobs of all queues together.
            Completed = _queues is null ? processed.Integer ?? 0 : null,
            Parts = parts,
        };
    }

    private RespRequest First(string due) => new(

        // At most so many members of a set, which SMEMBERS would give whole.
        ["SRANDMEMBER", Key("queues"), $"{Most}"],
        ["SRANDMEMBER", Key("processes"), $"{Most}"],
        ["ZCARD", Key("retry")],
        ["ZCARD", Key("schedule")],
        ["ZCARD", Key("dead")],
        ["GET", Key("stat:processed")],
        ["GET", Key("stat:failed")],
        ["ZCOUNT", Key("retry"), "-inf", due],
        ["ZCOUNT", Key("schedule"), "-inf", due]);

    private string Key(string name) => _prefix + name;

    private static List<string> Names(RespValue reply)
    {
        List<string> names = new(reply.Items.Length);
        foreach (var item in reply.Items)
        {
            if (item.Text is { } name)
            {
                names.Add(name);
            }
        }

        return names;
    }

    private Workers ReadProcesses(List<string> identities, ReadOnlySpan<RespValue> replies, IReadOnlyList<string> queues, DateTimeOffset now)
    {
        var workers = new Workers();
        for (var i = 0; i < identities.Count; i++)
        {
            var name = SidekiqJson.Name(identities[i]);
            if (Good(replies[i], "HMGET").Items is not [var info, var busy, var beat, var quiet])
            {
                throw Unlike("HMGET", replies[i]);
            }

            var queuesOf = SidekiqJson.Queues(info.Bytes);
            if (beat.Number is not { } beatAt || EnqueuedMoment.Of(beatAt) is not { } last || EnqueuedMoment.Age(last, now) > HeartbeatLife)
            {
                // Its key is gone, and so is what queues it took from, or it will be in a moment.
                workers.Lost.Add(name);
            }
            else if (_queues is null || queuesOf is null || queuesOf.Any(queues.Contains))
            {
                workers.Add(name, busy.Integer ?? 0, quiet.Is("true"), queuesOf);
            }
        }

        return workers;
    }

    /// <summary>The processes that take from the queues that are looked at.</summary>
    private sealed class Workers
    {
        private readonly List<IReadOnlyList<string>?> _taken = [];
        private int _quiet;

        public List<string> Names { get; } = [];

        public List<string> Lost { get; } = [];

        public long Busy { get; private set; }

        /// <summary>Those that are there. One that was told to take no more (quiet) is about to be replaced, unless all were.</summary>
        public int Taking => _quiet == Names.Count ? 0 : Names.Count;

        public void Add(string name, long busy, bool quiet, IReadOnlyList<string>? queues)
        {
            Names.Add(name);
            Busy += busy;
            _quiet += quiet ? 1 : 0;
            _taken.Add(queues);
        }

        public int TakersOf(string queue) => Taking == 0 ? 0 : _taken.Count(queues => queues is null || queues.Contains(queue));
    }
}
