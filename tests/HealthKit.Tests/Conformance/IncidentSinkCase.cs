using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

/// <summary>The check of a sink, on reports made by hand: a failing receiver is a matter of the tests of the delivery.</summary>
internal sealed class IncidentSinkCase() : ConformanceCase<SinkCheckOptions>(SinkCheck.Type)
{
    private static readonly SinkReport Healthy = new() { Name = "chat", Type = "Webhook", Delivered = 3 };

    private static readonly SinkReport Failing = Healthy with
    {
        Waiting = 2,
        OldestAge = TimeSpan.FromSeconds(61),
        Dropped = 5,
        DroppedInHour = 4,
        RejectedInHour = 1,
        Rejection = "HTTP 400.",
        Problem = "HTTP 503.",
        FailingSince = DateTimeOffset.UnixEpoch,
        StuckSince = DateTimeOffset.UnixEpoch,
    };

    protected override void Configure(Scenario scenario, SinkCheckOptions options) => options.Sink = "chat";

    // Declared alone, in an app without sinks, it is about a sink that is not there.
    protected override CheckType<SinkCheckOptions> TypeFor(Scenario scenario) => scenario switch
    {
        Scenario.Healthy => On(Healthy),
        Scenario.Failing => On(Failing),
        _ => SinkCheck.Type,
    };

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory) =>
        builder.AddCheck(On(Failing with { Problem = text, Rejection = text }), "planted", options => options.Sink = "chat");

    private static CheckType<SinkCheckOptions> On(SinkReport report) => CheckType.Create<SinkCheckOptions>(
        SinkCheck.Type.Descriptor, SinkCheck.Type.Validate, (_, options) => new SinkCheck(_ => report, options, TimeProvider.System));
}
