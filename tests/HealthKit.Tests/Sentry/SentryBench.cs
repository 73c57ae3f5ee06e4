using HealthKit.Tests.Incidents.Sinks;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.Sentry;

/// <summary>Sentry sinks on a clock turned by hand, with the strict receiver behind them.</summary>
internal sealed class SentryBench : IAsyncDisposable
{
    private readonly List<SentrySink> _sinks = [];

    private SentryBench(SentryReceiver receiver) => Receiver = receiver;

    public SentryReceiver Receiver { get; }

    public ManualTime Time { get; } = new(Messages.Opened.AddHours(1));

    public Redactor Redactor { get; } = new();

    public SentryTrail Trail { get; } = new();

    public SentryClients Clients { get; } = new();

    public Func<string, string?> Evidence { get; set; } = _ => null;

    public static async Task<SentryBench> StartAsync() => new(await SentryReceiver.StartAsync());

    /// <summary>A sink that sends to the receiver, or to another DSN.</summary>
    public SentrySink Sink(Func<SentrySettings, SentrySettings>? change = null, string? dsn = null, ISentryEventSender? sender = null, string host = "web-1")
    {
        Assert.True(SentryDsn.TryParse(dsn ?? Receiver.Dsn, out var parsed, out _));
        var settings = new SentrySettings { Dsn = parsed };
        settings = change?.Invoke(settings) ?? settings;
        var transport = settings.Dsn is null ? null : new SentryTransport(settings.Dsn, new SentryTransportOptions(), Redactor, Time);
        var client = new SentryClient("sentry", settings, transport, sender, Redactor, Trail, new SentryApp("shop", "1.2.3", host));
        var sink = new SentrySink(Clients, client, id => Evidence(id), check => MonitorSlug.Of("shop", host, check), Time);
        _sinks.Add(sink);
        return sink;
    }

    /// <summary>The envelope of a message that a sink sends.</summary>
    public async Task<ReceivedEnvelope> SendAsync(IncidentMessage message, SentrySink? sink = null)
    {
        Assert.Equal(SinkResult.Delivered, await (sink ?? (_sinks.Count > 0 ? _sinks[0] : Sink())).SendAsync(message, CancellationToken.None));
        return await Receiver.NextAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _sinks.ForEach(sink => sink.Dispose());
        await Receiver.DisposeAsync();
    }
}
