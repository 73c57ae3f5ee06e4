using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Incidents.Sinks;

public sealed class UnwritableStateTests
{
    [Theory]
    [InlineData("/proc/version/below")]
    [InlineData(null)]
    public async Task Messages_go_out_with_and_without_a_place_for_state(string? place)
    {
        (string, string?)[] settings = place is null ? [] : [("StateDirectory", place)];
        var sink = new ScriptedSink();
        var fails = new ScriptedSink { Send = (_, _) => Task.FromResult(SinkResult.Retry("HTTP 503")) };
        await using var host = await TestHost.Start(
            kit =>
            {
                kit.Services.AddSingleton(sink);
                kit.AddSink<ScriptedSink>("good");
                kit.AddSink(SinkType.Create<Nothing>("Failing", static _ => [], (_, _, _) => fails), "bad");
            },
            settings);
        var delivery = host.Host.Services.GetRequiredService<IncidentDelivery>();
        delivery.Start();

        for (var i = 0; i < 50; i++)
        {
            delivery.Enqueue(DeliveryMessages.Of(i));
        }

        // Beside what the good sink hears of the bad one.
        var ids = DeliveryMessages.Ids(0, 50).ToList();
        await Wait.For(() => sink.DeliveredIds.Count(ids.Contains) == 50);
        Assert.Equal(ids, sink.DeliveredIds.Where(ids.Contains));
        await Wait.For(() => fails.Attempts.Count >= 2); // by the system's clock
        var state = await host.Monitor.RunAsync("sink_bad");
        Assert.Equal((HealthStatus.Degraded, "sink.failing"), (state.Status, state.Reason));
        Assert.Equal(50L, state.Data["waitingCount"]);
        Assert.Equal(HealthStatus.Healthy, (await host.Monitor.RunAsync("sink_good")).Status);
        delivery.Stop(TimeSpan.FromSeconds(5));
        if (place is null)
        {
            var files = Directory.GetFiles(host.Host.Services.GetRequiredService<StateDirectory>().Path!).Select(Path.GetFileName);
            Assert.Equal(["outbox-bad.journal", "outbox-good.journal"], files.Intersect(["outbox-bad.journal", "outbox-good.journal"]).Order());
        }
    }

    internal sealed class Nothing;
}
