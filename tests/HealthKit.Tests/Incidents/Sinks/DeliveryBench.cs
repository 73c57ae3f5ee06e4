using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Incidents.Sinks;

/// <summary>A delivery on disks in memory and a clock turned by hand; the disks outlive a restart.</summary>
internal sealed class DeliveryBench : IDisposable
{
    private readonly List<IncidentDelivery> _deliveries = [];
    private readonly ServiceProvider _services = new ServiceCollection().BuildServiceProvider();

    public ManualTime Time { get; } = new(DeliveryMessages.Start);

    public Dictionary<string, FakeJournalStore> Disks { get; } = [];

    public LogLines Log { get; } = new();

    public int Capacity { get; set; } = 1 << 20;

    public Redactor Redactor { get; } = new();

    public IncidentDelivery Build(params (string Name, IIncidentSink Sink)[] sinks) =>
        Build([.. sinks.Select(sink => new SinkDefinition(sink.Name, "Scripted", new SinkPolicy(), _ => sink.Sink))]);

    public IncidentDelivery Build(params SinkDefinition[] sinks)
    {
        var logger = Log.CreateLogger("");
        var flusher = new JournalFlusher(Time, logger);
        var delivery = new IncidentDelivery(
            sinks,
            _services,
            (name, keep) =>
            {
                if (!Disks.TryGetValue(name, out var disk))
                {
                    Disks[name] = disk = new FakeJournalStore();
                }

                return disk.Open(Capacity, keep, Time);
            },
            flusher,
            Time,
            new ResultFreezer(Redactor),
            logger,
            random: () => 0);
        _deliveries.Add(delivery);
        return delivery;
    }

    public IncidentDelivery Start(params (string Name, IIncidentSink Sink)[] sinks)
    {
        var delivery = Build(sinks);
        delivery.Start();
        return delivery;
    }

    public void Dispose()
    {
        foreach (var delivery in _deliveries)
        {
            delivery.Dispose();
        }

        _services.Dispose();
    }
}
