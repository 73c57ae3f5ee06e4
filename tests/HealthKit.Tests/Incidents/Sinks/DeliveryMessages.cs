using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Incidents.Sinks;

/// <summary>Messages by hand.</summary>
internal static class DeliveryMessages
{
    public static readonly DateTimeOffset Start = new(2026, 11, 22, 9, 0, 0, TimeSpan.Zero);

    public static IncidentMessage Of(
        int number,
        string check = "disk",
        HealthStatus worst = HealthStatus.Unhealthy,
        IncidentMessageKind kind = IncidentMessageKind.Opened,
        string? description = "Disk / is full.") => new()
        {
            Id = $"0198c0de00007000800000000000{number:x4}-1",
            Kind = kind,
            At = Start,
            Application = "test",
            Host = "here",
            Incident = new Incident
            {
                Id = $"0198c0de00007000800000000000{number:x4}",
                Check = check,
                Status = worst,
                WorstStatus = worst,
                OpenedAt = Start,
                UpdatedAt = Start,
                Reason = "disk.space.low",
                Description = description,
                Tags = ["ready", "Storage"],
                ReadingsAt = [new Reading("freeBytes", 12, "bytes")],
            },
        };

    public static IEnumerable<string> Ids(int from, int count) => Enumerable.Range(from, count).Select(number => Of(number).Id);
}
