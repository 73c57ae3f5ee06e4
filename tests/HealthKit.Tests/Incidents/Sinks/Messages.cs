using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Incidents.Sinks;

/// <summary>Messages for sinks to tell.</summary>
internal static class Messages
{
    public const string IncidentId = "0194f3c2b7a17c3e8d5e6f7a8b9c0d1e";
    public static readonly DateTimeOffset Opened = new(2026, 11, 22, 10, 0, 5, TimeSpan.Zero);

    /// <summary>Texts with all that breaks JSON, lines and markup: quotes, controls, lone surrogates, entities, mentions.</summary>
    public static Arbitrary<string> NastyTexts { get; } = Gen.OneOf(
            ArbMap.Default.GeneratorFor<char>().Select(c => c.ToString()),
            Gen.Elements(
                "&", "<", ">", "&amp;", "&lt;", "<!channel>", "<http://evil.example|bank>", "\"", "\\", "\\u0022", "{", "}", "{0}", "\n",
                "\r\n", "\u2028", "\0", "\u001b[31m", "\u202e", "\ud83d", "\ude00", "😀", "\ufeff", "Remedy: rm", " ", "*", "_", "`"))
        .ListOf()
        .Select(string.Concat)
        .ToArbitrary();

    public static Incident Incident() => new()
    {
        Id = IncidentId,
        Check = "disk",
        CheckType = "DiskSpace",
        Reason = "disk.space.low",
        Reasons = ["disk.space.low"],
        Status = HealthStatus.Unhealthy,
        WorstStatus = HealthStatus.Unhealthy,
        OpenedAt = Opened,
        UpdatedAt = Opened,
        Description = "/data: free space 1.2 %, unhealthy below 5 %",
        Remedy = "Free space on /data.",
        Tags = ["ready"],
        ReadingsBefore = [new("freeBytes", 41.3 * (1L << 30), "bytes"), new("freePercent", 42.1, "percent")],
        ReadingsAt = [new("freeBytes", 1.5 * (1L << 30), "bytes"), new("freePercent", 1.2, "percent")],
        Messages = 1,
    };

    public static IncidentMessage Message(IncidentMessageKind kind = IncidentMessageKind.Opened, Incident? incident = null) => new()
    {
        Id = IncidentId + "-1",
        Kind = kind,
        At = Opened.AddMinutes(12),
        Incident = incident ?? Incident(),
        Application = "shop",
        Version = "1.2.3",
        Host = "web-1",
    };

    public static IncidentMessage Resolved(IncidentResolution resolution = IncidentResolution.Recovered) => Message(
        IncidentMessageKind.Resolved,
        Incident() with
        {
            ResolvedAt = Opened.AddMinutes(12),
            Resolution = resolution,
            ReadingsAfter = [new("freeBytes", 40.0 * (1L << 30), "bytes"), new("freePercent", 41, "percent")],
        });

    /// <summary>What UTF-8 can carry of a text: lone surrogates cannot be.</summary>
    public static string AsUtf8(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
