using HealthKit.Tests.Dependencies.Queues;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

internal sealed class QueueCase() : DependencyCase<QueueOptions>(
    QueueCheck.Type, static (network, options) => new QueueCheck(network, options, Kinds.Value, new Redactor()), Stage.Use)
{
    private static readonly Lazy<ScriptedRedis> Server = new(static () => new ScriptedRedis(static _ => ScriptedRedis.Number(3)));

    private static readonly Lazy<IServiceProvider> Kinds = new(static () =>
    {
        var services = new ServiceCollection();
        QueueSourceKinds.AddTo(services);
        return services.BuildServiceProvider();
    });

    // On the way to the queue it says what the check of that server says.
    public override IEnumerable<string> MoreSources => [];

    public override IEnumerable<string> MoreReasons => ["use.timeout", "use.slow"];

    public override void Add(IHealthChecksBuilder builder, Scenario scenario, Microsoft.Extensions.Diagnostics.HealthChecks.HealthStatus? failureStatus = null)
    {
        QueueSourceKinds.AddTo(builder.Services);
        base.Add(builder, scenario, failureStatus);
    }

    protected override void Configure(Scenario scenario, QueueOptions options)
    {
        options.Source = "RedisList";
        options.Queue = "jobs";
        options.ConnectionString = scenario == Scenario.Unmeasurable ? "redis://queue.example" : Server.Value.Address;
        options.UnhealthyAboveDepthCount = scenario == Scenario.Failing ? 2 : null;
    }

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory)
    {
        var secret = Uri.EscapeDataString(text);
        builder
            .AddQueueCheck(QueueSources.RedisList($"redis://app:{secret}@127.0.0.1:{RefusingPort}", text), name: "list")
            .AddQueueCheck(QueueSources.Sidekiq($"redis://:{secret}@127.0.0.1:{RefusingPort}", [text], text), name: "sidekiq")
            .AddQueueCheck(QueueSources.RedisStream(Server.Value.Address, text, text), name: "stream")
            .AddQueueCheck((_, _) => throw new InvalidOperationException(text), name: "thrown")
            .AddQueueCheck(
                (_, _) => Task.FromResult(new QueueState(1)
                {
                    OldestAge = TimeSpan.FromHours(1),
                    Consumers = 1,
                    ConsumerNames = [text],
                    LostConsumers = [text + "x"],
                    Parts = new Dictionary<string, QueuePart> { [text] = new(1, TimeSpan.FromHours(1), 0), [text + "y"] = new(0, TimeSpan.Zero, 0) },
                }),
                options => options.DegradedAboveOldestAge = TimeSpan.FromMinutes(1),
                name: "told");
    }
}
