using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>Whether the work in a queue gets done: how much waits and for how long, who works on it, and how fast.</summary>
internal sealed class QueueCheck : DependencyCheck<QueueOptions>
{
    public static readonly CheckType<QueueOptions> Type = CheckType.Create<QueueOptions>(
        new CheckDescriptor(
            "Queue",
            "Whether the work in a queue gets done: how much waits and for how long, how many consumers there are, how fast it comes and goes, what was given up.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "Nothing waits too long or in too great a number, somebody works on what waits, and nothing was given up lately.",
                [HealthStatus.Degraded] = "Above a degraded limit; consumers were lost; entries were given up within the hour; nothing is completed though work waits.",
                [HealthStatus.Unhealthy] = "Above an unhealthy limit; work waits and there are no consumers, or fewer than are expected; or the queue could not be looked at.",
            },
            "The text says what is behind what: no consumers before a growing depth. The workers' own log; the queue's own console (Sidekiq's Web UI, rabbitmqctl list_queues, redis-cli LLEN).",
            "Start the workers, or more of them; find what they wait for. Look at a job that was given up before it is tried again.")
        {
            DefaultTags = ["ready"],
            RemedyByReason = StageRemedies.UpTo(Stage.Use, WithThoseOfServers(new Dictionary<string, string>
            {
                ["queue.noConsumers"] = "Start the workers of this queue, and see in their configuration that they take from it.",
                ["queue.consumersLost"] = "See why they ended (their log, dmesg for the OOM killer, the supervisor), and start them again. What a killed worker had taken may be lost.",
                ["queue.fewConsumers"] = "Start more workers, or correct MinimumConsumersCount.",
                ["queue.stuck"] = "The workers are there and finish nothing: look what they wait for (a lock, a dependency, a job that never ends), then restart them.",
                ["queue.age"] = "Work waits too long: add workers, or find the jobs that take so long.",
                ["queue.depth"] = "Add workers, or find out who puts so much in.",
                ["queue.drain"] = "More comes than is done: add workers, or slow down who puts it in.",
                ["queue.dead"] = "Look at the jobs that were given up and why, mend the cause, then retry or delete them.",
                ["queue.retrying"] = "Many fail and are tried again: see the errors of the jobs; a dependency of theirs may be down.",
                ["queue.noArrivals"] = "Nothing comes: look at who should put work there, his schedule and his connection to the queue.",
                ["queue.notTold"] = "Take the limit away, or tell the source how to know it (EnqueuedAtPointer, a column of the statement, Management of RabbitMQ).",
                ["queue.source.failed"] = "See the error in the text: that of the source or of the app's own function.",
                ["queue.missing"] = "Correct the database or the name: nothing of that name is there. A stream is made by its first entry, or by XGROUP CREATE … MKSTREAM.",
                ["queue.noGroup"] = "Create the group (XGROUP CREATE), or correct its name: the text has those that are there.",
                ["queue.wrongType"] = "Something else is kept under that key: correct the key, or the kind of source.",
                ["queue.statement"] = "Correct the statement: its columns tell by their names what they mean.",
            })),
        },
        QueueLimits.Validate,
        QueueSourceKinds.Validate,
        static (services, options) => new QueueCheck(
            services.GetService<Network>() ?? new Network(services.GetRequiredService<TimeProvider>()),
            options,
            services,
            services.GetService<Redactor>() ?? new Redactor()));

    private const int LongestMessage = 500;

    private readonly IServiceProvider _services;
    private readonly Redactor _redactor;
    private readonly Lock _gate = new();
    private volatile Watched? _watched;
    private volatile Task _calling = Task.CompletedTask;

    public QueueCheck(Network network, Func<QueueOptions> options, IServiceProvider services, Redactor redactor)
        : base(network, options)
    {
        _services = services;
        _redactor = redactor;
    }

    /// <summary>What to do where the way to the queue fails, as the checks of the servers say it.</summary>
    private static Dictionary<string, string> WithThoseOfServers(Dictionary<string, string> own)
    {
        var all = BrokerRemedies.With(SqlRemedies.With(own));
        foreach (var (reason, remedy) in RedisCheck.Type.Descriptor.RemedyByReason)
        {
            all.TryAdd(reason, remedy);
        }

        return all;
    }

    protected override string TargetOf(QueueOptions options) => _watched?.Source.Target is { } target ? ForeignText.Shown(_redactor.Redact(target)) : options.Source ?? "queue";

    protected override string? HostOf(QueueOptions options) => (_watched?.Source as StagedQueueSource)?.Host;

    protected override async Task<DependencyFinding> ProbeAsync(StageRun run, QueueOptions options)
    {
        var watched = Watch(options);
        var state = watched.Source is StagedQueueSource staged
            ? await staged.ReadAsync(run).ConfigureAwait(false)
            : await run.DoAsync(Stage.Use, token => LookAsync(watched.Source, token)).ConfigureAwait(false);
        if (Nonsense(state) is { } wrong)
        {
            throw new StageException(Stage.Use, "queue.source.failed", $"the source told {wrong}");
        }

        lock (_gate)
        {
            return QueueJudge.Judge(watched.Limits, state, watched.History.Add(state));
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        lock (_gate)
        {
            _watched?.End();
        }
    }

    /// <summary>
    /// Code of the app that blocks must not hold the run beyond its deadline; and while one call blocks, the runs after it wait for its end instead of
    /// blocking a thread each.
    /// </summary>
    private async Task<QueueState> LookAsync(IQueueSource source, CancellationToken token)
    {
        await _calling.WaitAsync(token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        token.ThrowIfCancellationRequested();
        var calling = Task.Factory.StartNew(() => source.ReadAsync(token), CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        _calling = calling;
        try
        {
            return await (await calling.ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not StageException && (!token.IsCancellationRequested || e is not OperationCanceledException))
        {
            throw Failed("the source failed", e);
        }
    }

    private StageException Failed(string what, Exception e) =>
        new(Stage.Use, "queue.source.failed", $"{what}: {e.GetType()}: {ForeignText.Shown(_redactor.Redact(e.Message), LongestMessage)}", e);

    /// <summary>What no queue can be; null when it can.</summary>
    private static string? Nonsense(QueueState? state) => state switch
    {
        null => "nothing",
        { Depth: < 0 } => string.Create(CultureInfo.InvariantCulture, $"a depth of {state.Depth}"),
        { Consumers: < 0 } => string.Create(CultureInfo.InvariantCulture, $"{state.Consumers} consumers"),
        { OldestAge: { } age } when age < TimeSpan.Zero => $"an oldest age of {age:c}",
        _ => null,
    };

    /// <summary>The source of these options. After a reload that changed limits alone it is the one there was, with all it remembers.</summary>
    private Watched Watch(QueueOptions options)
    {
        if (_watched is { } known && known.Limits.Options == options)
        {
            return known;
        }

        lock (_gate)
        {
            if (_watched is { } old && QueueSourceKinds.IsSamePlace(old.Limits.Options, options))
            {
                return _watched = old with { Limits = new QueueLimits(options) };
            }

            _watched?.End();
            _watched = null;
            try
            {
                var (source, isOwned) = QueueSourceKinds.Create(_services, options);
                (source as StagedQueueSource)?.HideIn(_redactor);
                return _watched = new Watched(source, isOwned, new QueueLimits(options), new QueueHistory(Network.Time));
            }
            catch (Exception e)
            {
                throw Failed("the source could not be made", e);
            }
        }
    }

    /// <summary>What is looked at: one source, what its limits are, what was seen of it.</summary>
    private sealed record Watched(IQueueSource Source, bool IsOwned, QueueLimits Limits, QueueHistory History)
    {
        public void End()
        {
            // Ours work on after that, and open a connection for each look.
            if (IsOwned || Source is StagedQueueSource)
            {
                (Source as IDisposable)?.Dispose();
            }
        }
    }
}
