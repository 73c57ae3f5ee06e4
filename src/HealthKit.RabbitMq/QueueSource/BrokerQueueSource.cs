namespace HealthKit;

/// <summary>Queues of a broker, stage by stage.</summary>
/// <param name="plan">Where they are; the queues are its required ones.</param>
/// <param name="deadLetters">Queues whose messages were given up.</param>
/// <param name="time">The clock.</param>
internal sealed class BrokerQueueSource(RabbitMqPlan plan, IReadOnlyList<string> deadLetters, TimeProvider time) : StagedQueueSource, IDisposable
{
    private readonly BrokerLinks _links = new(time, publishes: false);
    private readonly ManagementClient _management = new();

    public override string Target { get; } = $"{plan.Address.Target} {(plan.QueueNames.Count == 1 ? "queue" : "queues")} {TopologyProbe.List(plan.QueueNames)}";

    public override string? Host => plan.Address.Host;

    public override async Task<QueueState> ReadAsync(StageRun run)
    {
        var (queues, dead) = await AskAsync(run).ConfigureAwait(false);
        var depth = queues.Sum(static queue => queue.Figures.Ready ?? 0);
        var state = new QueueState(depth)
        {
            OldestAge = depth == 0 ? TimeSpan.Zero : null,
            Consumers = queues.Sum(static queue => queue.Figures.Consumers ?? 0),
            Dead = dead,
            Parts = queues.Count > 1
                ? queues.ToDictionary(static queue => queue.Name, static queue => new QueuePart(queue.Figures.Ready ?? 0, Consumers: queue.Figures.Consumers), StringComparer.Ordinal)
                : null,
        };
        return plan.Management is null ? state : await AddManagementAsync(run, state, queues).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _links.Dispose();
        _management.Dispose();
    }

    private async Task<(List<(string Name, QueueFigures Figures)> Queues, long? Dead)> AskAsync(StageRun run)
    {
        for (var again = false; ; again = true)
        {
            BrokerLink? link = null;
            var used = false;
            try
            {
                (link, used) = await _links.RentAsync(run, plan.Address, plan.Pins).ConfigureAwait(false);
                var found = await run.DoAsync(Stage.Use, token => LookAsync(link, token)).ConfigureAwait(false);
                _links.Return(run, plan.Address, plan.Pins, link);
                return found;
            }
            catch (Exception e) when (BrokerFaults.IsOne(e))
            {
                // It ended since the last look, which says nothing about now.
                if (again || !used || link?.IsOpen != false)
                {
                    throw BrokerFaults.InUse(e);
                }
            }
        }
    }

    private async Task<(List<(string Name, QueueFigures Figures)> Queues, long? Dead)> LookAsync(BrokerLink link, CancellationToken token)
    {
        List<(string Name, QueueFigures Figures)> found = [];
        List<string> missing = [];
        List<string> denied = [];
        long? dead = deadLetters.Count > 0 ? 0 : null;
        foreach (var (index, name) in plan.QueueNames.Concat(deadLetters).Index())
        {
            var isDead = index >= plan.QueueNames.Count;
            var queue = await TopologyProbe.FindQueueAsync(link, name, token).ConfigureAwait(false);
            if (queue is { IsThere: true, Messages: { } messages })
            {
                found.Add((name, new QueueFigures { Ready = messages, Consumers = queue.Consumers }));
                dead = isDead ? dead + messages : dead;
            }
            else
            {
                (queue is { IsThere: false, IsDenied: false } ? missing : denied).Add(name);
            }
        }

        return missing.Count > 0
            ? throw new StageException(
                Stage.Use, "rabbitmq.queueMissing", $"{missing.Count} of {plan.QueueNames.Count + deadLetters.Count} queues missing: {TopologyProbe.List(missing)}") { Answered = true }
            : denied.Count > 0
            ? throw new StageException(
                Stage.Use,
                "rabbitmq.denied",
                $"not known, because the user may not look at {TopologyProbe.List(denied)} (rabbitmqctl set_permissions: configure or read on them; an exclusive queue is its own connection's alone)")
            {
                Answered = true,
            }
            : (found[..plan.QueueNames.Count], dead);
    }

    /// <summary>What only the management API knows. Without an answer it is not known, and the rest is.</summary>
    private async Task<QueueState> AddManagementAsync(StageRun run, QueueState state, List<(string Name, QueueFigures Figures)> queues)
    {
        var left = (run.Deadline - run.Elapsed) * 0.8;
        List<QueueFigures> all = [];
        try
        {
            await run.DoAsync(Stage.Use, async token =>
            {
                using var inner = new StageRun(run.Network, left < TimeSpan.FromMilliseconds(10) ? TimeSpan.FromMilliseconds(10) : left, token);
                foreach (var (name, _) in queues)
                {
                    all.Add(await _management.QueueAsync(inner, plan.Management!, name).ConfigureAwait(false) ?? new QueueFigures());
                }
            }).ConfigureAwait(false);
        }
        catch (StageException e) when (e.Reason is "rabbitmq.management.denied" or "rabbitmq.management.unavailable")
        {
            run.Note("management", e.Message);
            return state;
        }

        var waiting = all.Zip(queues).Where(static pair => pair.Second.Figures.Ready > 0).Select(static pair => pair.First.HeadMessageAt).ToList();
        var now = time.GetUtcNow();
        return state with
        {
            InProgress = Sum(all, static one => one.Unacknowledged),
            Arrived = Sum(all, static one => one.Published),
            Completed = Sum(all, static one => one.Acknowledged),
            OldestAge = state.Depth == 0 ? TimeSpan.Zero
                : waiting.Count > 0 && waiting.TrueForAll(static at => at is not null) && waiting.Min() is { } oldest ? (now > oldest ? now - oldest : TimeSpan.Zero)
                : null,
        };
    }

    /// <summary>All together; null when one is not known.</summary>
    private static long? Sum(List<QueueFigures> all, Func<QueueFigures, long?> part) => all.TrueForAll(one => part(one) is not null) ? all.Sum(part) : null;
}
