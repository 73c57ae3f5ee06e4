using System.Text.Json;

namespace HealthKit.Tests.Docs;

/// <summary>The code of docs/log-summary.md: <see cref="DocumentedCodeTests"/> holds the two against each other.</summary>
public static class LogSummarySamples
{
    public static async Task Print(Redactor redactor, CancellationToken token)
    {
        var summary = await LogSummary.ReadAsync("/var/log/app/sidekiq.log", new LogSummaryOptions { Redactor = redactor }, token);
        summary.WriteText(Console.Out);
    }

    public static void Json(LogSummary summary, Stream stream)
    {
        using var writer = new Utf8JsonWriter(stream);
        summary.WriteJson(writer);
    }
}
