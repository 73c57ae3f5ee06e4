using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HealthKit.Tests.AspNetCore;

/// <summary>
/// Reads a report as the HealthChecks UI collector does: System.Text.Json with web defaults, enums by name, TimeSpan as "c"; an answer
/// that is not 2xx counts only with the media type <c>application/json</c>, compared letter by letter.
/// </summary>
internal static class DashboardReader
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(namingPolicy: null, allowIntegerValues: true) },
    };

    public static async Task<DashboardReport> Read(HttpClient client, string path)
    {
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        if (!response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType != "application/json")
        {
            throw new InvalidOperationException($"The collector drops this answer: {response.StatusCode}, {response.Content.Headers.ContentType}.");
        }

        return Whole(await response.Content.ReadFromJsonAsync<DashboardReport>(Options));
    }

    public static DashboardReport Read(byte[] body) => Whole(JsonSerializer.Deserialize<DashboardReport>(body, Options));

    private static DashboardReport Whole(DashboardReport? report) =>
        report ?? throw new InvalidOperationException("The collector drops this answer: it is null.");
}

internal sealed class DashboardReport(Dictionary<string, DashboardEntry> entries, TimeSpan totalDuration)
{
    public DashboardStatus Status { get; set; }

    public TimeSpan TotalDuration { get; set; } = totalDuration;

    public Dictionary<string, DashboardEntry> Entries { get; } = entries;
}

internal enum DashboardStatus
{
    Unhealthy = 0,
    Degraded = 1,
    Healthy = 2,
}

internal sealed class DashboardEntry
{
    public required IReadOnlyDictionary<string, object> Data { get; set; }

    public string? Description { get; set; }

    public TimeSpan Duration { get; set; }

    public string? Exception { get; set; }

    public DashboardStatus Status { get; set; }

    public required IEnumerable<string> Tags { get; set; }
}
