using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>Whether the app can log in to RabbitMQ, finds its queues and bindings there, and gets a message through.</summary>
internal sealed class RabbitMqCheck : DependencyCheck<RabbitMqOptions>
{
    public static readonly CheckType<RabbitMqOptions> Type = CheckType.Create<RabbitMqOptions>(
        new CheckDescriptor(
            "RabbitMq",
            "Whether RabbitMQ can be logged in to, takes messages and gives them back, has the queues and bindings that the app needs, and is far from its limits; if asked to, whether the app's consumer works on messages.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "A message came back, and all that is required is there.",
                [HealthStatus.Degraded] =
                    "Something could not be found out for lack of a permission; a node nears a limit, or does not run; the app acknowledges canaries late; or it was slow.",
                [HealthStatus.Unhealthy] =
                    "A stage failed; the broker has an alarm and takes no messages; a queue, exchange or binding is missing; the cluster is split; or the app does not acknowledge canaries.",
            },
            "The text names what is missing. rabbitmq-diagnostics status shows alarms and limits, rabbitmqctl list_queues -p <vhost> name messages consumers the queues, "
            + "rabbitmqctl list_permissions -p <vhost> who may do what; the broker's log (/var/log/rabbitmq) says why it refuses.",
            "See the broker's log, at the time of the run.")
        {
            RemedyByReason = StageRemedies.UpTo(Stage.Use, BrokerRemedies.With(new Dictionary<string, string>
            {
                ["auth.rejected"] = "Correct user and password (rabbitmqctl authenticate_user <user> <password>); guest may log in from the broker's own machine only.",
                ["auth.mechanism"] = "Have the broker offer PLAIN (auth_mechanisms in rabbitmq.conf), over TLS where the network is not yours.",
                ["auth.timeout"] = "The port takes connections and then says nothing: the broker hangs, is stopped or overloaded, or what stood before took most of the time (see the times).",
                ["auth.slow"] = "The broker is busy, or asks somebody else for users (LDAP, HTTP, OAuth 2): look there.",
                ["rabbitmq.alarm.disk"] = "Free space on the disk of the broker's data (rabbitmq-diagnostics status tells which and how much it wants); publishers stand still until then.",
                ["rabbitmq.alarm.memory"] = "Find which queues hold so many messages (rabbitmqctl list_queues name messages memory) and start their consumers; publishers stand still until then.",
                ["rabbitmq.blocked"] = "See the alarms (rabbitmq-diagnostics alarms): publishers stand still until they are over.",
                ["rabbitmq.exchangeMissing"] = "Have the app declare it, or import the definitions anew.",
                ["rabbitmq.bindingMissing"] = "Have the app bind it anew: until then messages for it are dropped.",
                ["rabbitmq.roundTrip.lost"] = "See the broker's log: a message that it had taken is gone.",
                ["rabbitmq.canary.unrouted"] = "Bind the queue to the exchange with that routing key: the app's own messages are dropped, too.",
                ["rabbitmq.canary.late"] = "See how many messages wait before it and how fast the consumers are.",
                ["rabbitmq.canary.lost"] = "See whether consumers run (rabbitmqctl list_queues name consumers), and call RabbitMqCanary.TryAcknowledgeAsync; their user needs write on amq.default.",
                ["rabbitmq.memory.high"] = "Find which queues hold so many messages (rabbitmqctl list_queues name messages memory) before the alarm stops all publishers.",
                ["rabbitmq.disk.low"] = "Free space on the disk of the broker's data before the alarm stops all publishers.",
                ["rabbitmq.descriptors.high"] = "Find who opens so many connections (rabbitmqctl list_connections), or raise the limit (LimitNOFILE of the service).",
                ["rabbitmq.partition"] = "Restart the nodes of the side that you trust less (https://www.rabbitmq.com/docs/partitions#recovering).",
                ["rabbitmq.node.down"] = "Start the node, or take it out of the cluster (rabbitmqctl forget_cluster_node).",
            })),
            DefaultTags = ["ready"],
        },
        RabbitMqPlan.Validate,
        static (services, options) => new RabbitMqCheck(
            services.GetService<Network>() ?? new Network(services.GetRequiredService<TimeProvider>()), options, services.GetService<Redactor>() ?? new Redactor()));

    private readonly Redactor _redactor;
    private readonly BrokerLinks _links;
    private readonly BrokerLinks _publishers;
    private readonly CanaryProbe _canary;
    private readonly ManagementClient _management = new();
    private volatile RabbitMqPlan? _plan;

    public RabbitMqCheck(Network network, Func<RabbitMqOptions> options, Redactor redactor)
        : base(network, options)
    {
        _redactor = redactor;
        _links = new BrokerLinks(network.Time, publishes: false);
        _publishers = new BrokerLinks(network.Time, publishes: true);
        _canary = new CanaryProbe(network.Time);
    }

    protected override string TargetOf(RabbitMqOptions options) => PlanOf(options).Address.Target;

    protected override string? HostOf(RabbitMqOptions options) => PlanOf(options).Address.Host;

    protected override async Task<DependencyFinding> ProbeAsync(StageRun run, RabbitMqOptions options)
    {
        var plan = PlanOf(options);
        var used = new List<BrokerLink>();
        BrokerReport report;
        try
        {
            report = await AskAsync(run, plan, used).ConfigureAwait(false);
        }
        catch (Exception e) when (BrokerFaults.IsOne(e) && used.Exists(static link => !link.IsOpen))
        {
            // It ended since the last run, which says nothing about now.
            try
            {
                report = await AskAsync(run, plan, []).ConfigureAwait(false);
            }
            catch (Exception again) when (BrokerFaults.IsOne(again))
            {
                throw BrokerFaults.InUse(again);
            }
        }
        catch (Exception e) when (BrokerFaults.IsOne(e))
        {
            throw BrokerFaults.InUse(e);
        }

        return report.ToFinding();
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _links.Dispose();
        _publishers.Dispose();
        _management.Dispose();
    }

    private async Task<BrokerReport> AskAsync(StageRun run, RabbitMqPlan plan, List<BrokerLink> used)
    {
        var report = new BrokerReport();
        _links.KeepOnly(plan.Address, plan.Pins);
        _publishers.KeepOnly(plan.Address, plan.Pins);
        var link = await RentAsync(run, plan, _links, used, keepOld: null).ConfigureAwait(false);
        if (link.Version is { } version)
        {
            report.Set("version", version);
        }

        var publishes = plan.Options.RoundTrip || plan.HasCanary;
        if (publishes)
        {
            BrokerLink publisher;
            try
            {
                publisher = await RentPublisherAsync(run, plan, used).ConfigureAwait(false);
            }
            catch (StageException e)
            {
                // Nothing is wrong with the first: the next run has its time for the second alone.
                _links.Return(run, plan.Address, plan.Pins, link);
                throw Blame(run, e);
            }

            await run.DoAsync(Stage.Use, token => PublishAsync(link, publisher, plan, report, token)).ConfigureAwait(false);

            // What is sent to a broker with an alarm comes when that is over.
            if (plan.HasCanary && publisher.Blocked is null)
            {
                await _canary.GoAsync(run, publisher, plan, report).ConfigureAwait(false);
            }

            _publishers.Return(run, plan.Address, plan.Pins, publisher);
        }

        var names = plan.Management is null ? null : await AskManagementAsync(run, plan, report).ConfigureAwait(false);
        await run.DoAsync(Stage.Use, async token =>
        {
            if (!publishes)
            {
                // A kept connection says nothing of a broker that hangs, and nothing need be required.
                await link.ExchangeAsync(token).ConfigureAwait(false);
            }

            await TopologyProbe.LookAsync(link, plan, report, names, token).ConfigureAwait(false);
        }).ConfigureAwait(false);
        _links.Return(run, plan.Address, plan.Pins, link);
        if (!publishes)
        {
            report.AddFact("logged in, no message sent");
        }

        return report;
    }

    /// <summary>
    /// Two logins share one deadline: where the first took most of it, the stage of the second that found none left is not the one to look at.
    /// </summary>
    internal static StageException Blame(StageRun run, StageException e)
    {
        if (!e.Reason.EndsWith(".timeout", StringComparison.Ordinal))
        {
            return e;
        }

        var stages = Enum.GetValues<Stage>();
        var slowest = stages.MaxBy(stage => run.TimeOf(stage) ?? TimeSpan.Zero);
        var took = run.TimeOf(slowest) ?? TimeSpan.Zero;
        var left = run.Deadline - new TimeSpan(stages.Sum(stage => run.TimeOf(stage)?.Ticks ?? 0));
        return slowest == e.Stage || took <= left
            ? e
            : new StageException(
                slowest,
                slowest.Prefix() + ".timeout",
                $"no answer within {Latency.Text(run.Deadline)}: the first of two connections took {Latency.Text(took)} to {slowest.Doing()}, and too little was left for the second ({e.Message})",
                e);
    }

    private async Task<BrokerLink> RentPublisherAsync(StageRun run, RabbitMqPlan plan, List<BrokerLink> used)
    {
        var publisher = await RentAsync(run, plan, _publishers, used, keepOld: one => one.Blocked is not null || _canary.Waits(one)).ConfigureAwait(false);
        if (publisher is { WasBlocked: true, Blocked: null })
        {
            // An alarm is over. What an earlier run had under way in it is not this run's.
            publisher.Dispose();
            publisher = await RentAsync(run, plan, _publishers, used, keepOld: null).ConfigureAwait(false);
        }

        return publisher;
    }

    private async Task PublishAsync(BrokerLink link, BrokerLink publisher, RabbitMqPlan plan, BrokerReport report, CancellationToken token)
    {
        if (publisher.Blocked is { } blocked)
        {
            RoundTrip.TellAlarm(report, blocked);
            return;
        }

        if (plan.Options.RoundTrip)
        {
            await RoundTrip.GoAsync(link, publisher, report, Network.Time, token).ConfigureAwait(false);
        }
    }

    /// <summary>Asks the management API, within what is left of the time. What it does not tell is no fault of the broker.</summary>
    private async Task<List<(string Name, QueueFigures Figures)>?> AskManagementAsync(StageRun run, RabbitMqPlan plan, BrokerReport report)
    {
        List<(string, QueueFigures)>? names = null;
        var left = (run.Deadline - run.Elapsed) * 0.8;
        if (left < TimeSpan.FromMilliseconds(10))
        {
            left = TimeSpan.FromMilliseconds(10);
        }

        await run.DoAsync(Stage.Use, async token =>
        {
            // A run of its own: how far it gets is not how far the check gets.
            using var inner = new StageRun(Network, left, token);
            try
            {
                names = plan.HasPatterns ? await _management.QueuesAsync(inner, plan.Management!).ConfigureAwait(false) : null;
                await NodesProbe.LookAsync(inner, _management, plan, report).ConfigureAwait(false);
            }
            catch (StageException e) when (e.Reason is "rabbitmq.management.denied" or "rabbitmq.management.unavailable")
            {
                report.Add(GaugeLevel.Degraded, e.Reason, e.Message);
            }
        }).ConfigureAwait(false);
        return names;
    }

    private static async Task<BrokerLink> RentAsync(StageRun run, RabbitMqPlan plan, BrokerLinks links, List<BrokerLink> used, Func<BrokerLink, bool>? keepOld)
    {
        var (link, wasUsed) = await links.RentAsync(run, plan.Address, plan.Pins, keepOld).ConfigureAwait(false);
        if (wasUsed)
        {
            used.Add(link);
        }

        return link;
    }

    private RabbitMqPlan PlanOf(RabbitMqOptions options)
    {
        var plan = _plan;
        if (plan is null || plan.Options != options)
        {
            _plan = plan = new RabbitMqPlan(options, _redactor);
        }

        return plan;
    }
}
