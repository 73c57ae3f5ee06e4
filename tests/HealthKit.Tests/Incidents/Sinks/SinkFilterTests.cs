using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Incidents.Sinks;

public class SinkFilterTests
{
    private const HealthStatus Unhealthy = HealthStatus.Unhealthy;
    private const HealthStatus Degraded = HealthStatus.Degraded;

    public static TheoryData<string, SinkPolicy, IncidentMessage, IncidentMessageKind?> Table => new()
    {
        { "all", new(), DeliveryMessages.Of(1, worst: Degraded), IncidentMessageKind.Opened },
        { "unhealthy only: degraded", new() { MinimumStatus = Unhealthy }, DeliveryMessages.Of(1, worst: Degraded), null },
        { "unhealthy only: unhealthy", new() { MinimumStatus = Unhealthy }, DeliveryMessages.Of(1), IncidentMessageKind.Opened },
        { "got worse, never told", new() { MinimumStatus = Unhealthy }, Updated(Degraded), IncidentMessageKind.Opened },
        { "got worse, told", new(), Updated(Degraded), IncidentMessageKind.Updated },
        { "updated, told as bad", new() { MinimumStatus = Unhealthy }, Updated(Unhealthy), IncidentMessageKind.Updated },
        { "updated, nobody told", new(), Updated(null), IncidentMessageKind.Opened },
        { "updated, told in silence", new() { IncludeSilent = true }, Updated(null), IncidentMessageKind.Updated },
        { "resolved, was unhealthy", new() { MinimumStatus = Unhealthy }, DeliveryMessages.Of(1, kind: IncidentMessageKind.Resolved), IncidentMessageKind.Resolved },
        { "resolved, was degraded", new() { MinimumStatus = Unhealthy }, DeliveryMessages.Of(1, worst: Degraded, kind: IncidentMessageKind.Resolved), null },
        { "resolved, got unhealthy untold", new() { MinimumStatus = Unhealthy }, Resolved(Degraded), null },
        { "resolved, told as unhealthy", new() { MinimumStatus = Unhealthy }, Resolved(Unhealthy), IncidentMessageKind.Resolved },
        { "resolved, silent ones included", new() { MinimumStatus = Unhealthy, IncludeSilent = true }, Resolved(Degraded), IncidentMessageKind.Resolved },
        { "tag, any case", new() { Tags = ["db", "storage"] }, DeliveryMessages.Of(1), IncidentMessageKind.Opened },
        { "no such tag", new() { Tags = ["db"] }, DeliveryMessages.Of(1), null },
        { "name", new() { Checks = ["DISK"] }, DeliveryMessages.Of(1), IncidentMessageKind.Opened },
        { "glob", new() { Checks = ["x", "d*k"] }, DeliveryMessages.Of(1), IncidentMessageKind.Opened },
        { "other name", new() { Checks = ["dis", "disks", "*x"] }, DeliveryMessages.Of(1), null },
        { "tag and name", new() { Tags = ["ready"], Checks = ["memory"] }, DeliveryMessages.Of(1), null },
        { "silent", new(), DeliveryMessages.Of(1) with { IsSilent = true }, null },
        { "silent, included", new() { IncludeSilent = true }, DeliveryMessages.Of(1) with { IsSilent = true }, IncidentMessageKind.Opened },
        { "its own check", new() { IncludeSilent = true }, DeliveryMessages.Of(1, check: "SINK_chat"), null },
        { "another sink's check", new(), DeliveryMessages.Of(1, check: "sink_mail"), IncidentMessageKind.Opened },
        { "test", new() { MinimumStatus = Unhealthy, Tags = ["x"], Checks = ["y"] }, DeliveryMessages.Of(1, worst: Degraded, kind: IncidentMessageKind.Test), IncidentMessageKind.Test },
    };

    [Theory]
    [MemberData(nameof(Table), DisableDiscoveryEnumeration = true)]
    public void The_policy_says_what_a_sink_is_told(string what, SinkPolicy policy, IncidentMessage message, IncidentMessageKind? expected)
    {
        var told = new SinkFilter(new SinkDefinition("chat", "Scripted", policy, _ => null!)).Pass(message);
        Assert.True(expected == told?.Kind, $"{what}: {told?.Kind}");
        Assert.True(told is null || told.Id == message.Id);
    }

    [Theory]
    [InlineData("*", "", true)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("a*", "A", true)]
    [InlineData("*_db", "main_db", true)]
    [InlineData("*_db", "main_db_2", false)]
    [InlineData("a*b*c", "aXbYbZc", true)]
    [InlineData("a*b*c", "aXcYb", false)]
    [InlineData("a.c", "abc", false)]
    public void A_star_stands_for_any_characters(string pattern, string name, bool matches) =>
        Assert.Equal(matches, SinkFilter.Matches(pattern, name));

    private static IncidentMessage Updated(HealthStatus? before) => DeliveryMessages.Of(1, kind: IncidentMessageKind.Updated) with { ToldBefore = before };

    private static IncidentMessage Resolved(HealthStatus before) => DeliveryMessages.Of(1, kind: IncidentMessageKind.Resolved) with { ToldBefore = before };
}
