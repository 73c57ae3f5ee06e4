using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using HealthKit.IntegrationTests.LoadBalancers;
using HealthKit.IntegrationTests.Servers;
using HealthKit.Tests.Sentry;

namespace HealthKit.IntegrationTests.Samples;

/// <summary>The main job, as the README says it: one line, and /health tells the truth about the host; operators tune it by environment.</summary>
public sealed class QuickstartTests
{
    private static readonly (string, string)[] Tiny =
    [
        ("HealthKit__Checks__tiny__Type", "DiskSpace"), ("HealthKit__Checks__tiny__Path", "/"), ("HealthKit__Checks__tiny__Tags__0", "ready"),
    ];

    [Fact]
    public async Task Health_shows_real_disk_and_memory_numbers_of_the_machine_and_ready_is_200()
    {
        using var app = await RunningApp.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await app.GetAsync("/health/ready")).Status);
        using var health = JsonDocument.Parse((await app.GetAsync("/health")).Body);
        var entries = health.RootElement.GetProperty("entries");

        var disk = entries.GetProperty("disk").GetProperty("data");
        var df = Tool.Run("df", "--output=size,avail", "-B1", AppContext.BaseDirectory).Split('\n')[1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(long.Parse(df[0], null), disk.GetProperty("totalBytes").GetInt64());
        Assert.InRange(disk.GetProperty("freeBytes").GetInt64(), long.Parse(df[1], null) - (1L << 30), long.Parse(df[1], null) + (1L << 30));

        var memory = entries.GetProperty("memory").GetProperty("data");
        Assert.InRange(memory.GetProperty("freeBytes").GetInt64(), 1, memory.GetProperty("limitBytes").GetInt64());
        Assert.InRange(memory.GetProperty("ownRssBytes").GetInt64(), 10_000_000, 1_000_000_000);
    }

    [Fact]
    public async Task A_wrong_value_in_the_environment_stops_the_start_with_path_value_and_range()
    {
        using var app = RunningApp.Launch([.. Tiny, ("HealthKit__Checks__tiny__UnhealthyBelowFreePercent", "101")]);
        Assert.NotEqual(0, app.Process.WaitForExit(TimeSpan.FromSeconds(30)));
        await Eventually.TrueAsync(
            () => app.Process.Errors.Contains(
                "HealthKit:Checks:tiny:UnhealthyBelowFreePercent = 101; allowed: a number from 0 to 100 (percent)", StringComparison.Ordinal),
            "the console names path, value and range",
            seen: () => app.Process.Errors);
    }

    [Fact]
    public async Task A_limit_in_the_environment_turns_ready_to_503_and_health_names_the_check()
    {
        using var app = await RunningApp.StartAsync([.. Tiny, ("HealthKit__Checks__tiny__UnhealthyBelowFreePercent", "99.9")]);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unhealthy"), await app.GetAsync("/health/ready"));
        var (status, body) = await app.GetAsync("/health");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        using var health = JsonDocument.Parse(body);
        var tiny = health.RootElement.GetProperty("entries").GetProperty("tiny");
        Assert.Equal("disk.space.low", tiny.GetProperty("reason").GetString());
        Assert.True(tiny.GetProperty("data").GetProperty("freeBytes").GetInt64() > 0);
        Assert.InRange(tiny.GetProperty("data").GetProperty("freePercent").GetDouble(), 0, 99.9);
    }

    [Fact]
    public async Task What_the_readme_shows_of_a_full_Redis_is_what_the_quickstart_says_of_one()
    {
        var told = Broken(File.ReadAllText(Path.Combine(QuickstartApp.Repository, "README.md")));
        Assert.Contains("redis.write.oom", told, StringComparison.Ordinal);
        using var redis = new RedisServer("maxmemory 1kb");
        using var app = await RunningApp.StartAsync(
            ("HealthKit__Defaults__Period", "00:00:01"), ("HealthKit__Checks__cache__Type", "Redis"), ("HealthKit__Checks__cache__ConnectionString", redis.Address));

        // The first run tells of its connection too.
        var seen = "";
        await Eventually.TrueAsync(
            async () => (seen = Broken((await app.GetAsync("/health?format=text")).Body)) == told, "the table says what the README shows", TimeSpan.FromSeconds(30), () => $"{seen}\n{told}");
    }

    [Fact]
    public async Task With_a_DSN_each_incident_reaches_Sentry_once_with_its_readings_and_its_recovery_once()
    {
        using var tiny = TempMount.Tmpfs(8 << 20);
        using var small = TempMount.Tmpfs(8 << 20, inodes: 100);
        await using var receiver = await SentryReceiver.StartAsync();
        using var app = await RunningApp.StartAsync(
            ("SENTRY_DSN", receiver.Dsn),
            ("HealthKit__Defaults__Period", "00:00:00.5"),
            ("HealthKit__Checks__tiny__Type", "DiskSpace"), ("HealthKit__Checks__tiny__Path", tiny.Path),
            ("HealthKit__Checks__small__Type", "DiskSpace"), ("HealthKit__Checks__small__Path", small.Path),
            ("HealthKit__Checks__below__Type", "DiskSpace"), ("HealthKit__Checks__below__Path", tiny.Path), ("HealthKit__Checks__below__DependsOn", "tiny"));
        List<string> Fingerprints() => [.. receiver.Accepted.SelectMany(envelope => envelope.Items).Where(item => item.Type == "event")
            .Select(item => string.Join('/', item.Json.GetProperty("fingerprint").EnumerateArray().Select(part => part.GetString())))];

        var filler = tiny.FillBytes();
        small.FillInodes();
        await Eventually.TrueAsync(() => Fingerprints().Count >= 2, "both incidents arrive", TimeSpan.FromSeconds(30), () => string.Join(' ', Fingerprints()));
        Assert.Equal(["healthkit/small/disk.inodes.low", "healthkit/tiny/disk.space.low"], Fingerprints().Order());
        Assert.True(receiver.Saw("freeBytes"), "The readings are there.");

        File.Delete(filler);
        foreach (var file in Directory.GetFiles(small.Path, "*", SearchOption.AllDirectories))
        {
            File.Delete(file);
        }

        await Eventually.TrueAsync(() => Fingerprints().Count >= 4, "both recoveries arrive", TimeSpan.FromSeconds(30), () => string.Join(' ', Fingerprints()));
        Assert.Equal(
            ["healthkit/small/disk.inodes.low", "healthkit/small/disk.inodes.low/recovered", "healthkit/tiny/disk.space.low", "healthkit/tiny/disk.space.low/recovered"],
            Fingerprints().Order(StringComparer.Ordinal));
        Assert.Empty(receiver.Violations);
    }

    /// <summary>The lines of the check "cache", wherever they break, with # for each quantity, version and address.</summary>
    private static string Broken(string table)
    {
        var lines = table.Split('\n').SkipWhile(line => !line.StartsWith("cache ", StringComparison.Ordinal)).ToList();
        var text = string.Join(' ', lines.Take(1).Concat(lines.Skip(1).TakeWhile(line => line.StartsWith("  ", StringComparison.Ordinal))));
        return Regex.Replace(Regex.Replace(text, @"\s+", " "), @"\d[\d.:]*( ([KMG]?i?B|µs|ms|s)\b)?", "#");
    }
}
