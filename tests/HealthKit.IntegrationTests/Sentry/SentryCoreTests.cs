using System.Globalization;
using System.Text.Json.Nodes;
using Xunit.Abstractions;

namespace HealthKit.IntegrationTests.Sentry;

/// <summary>What we make of DSNs and of rate limits is what Sentry's own code makes of them, on generated inputs.</summary>
public sealed class SentryCoreTests(ITestOutputHelper output)
{
    private const int Cases = 600;

    private static readonly string[] Hosts =
        ["sentry.io", "o1.ingest.de.sentry.io", "localhost", "my_host", "10.0.0.1", "[::1]", "[2001:db8::7]", "a-b.c", "HOST.example"];

    /// <summary>Which of our refusals stand although Sentry's code takes the text: it looks at less.</summary>
    private static readonly string[] Stricter = ["port outside", "neither a name nor an address", "project id that is not a number", "path before the project id"];

    [Fact]
    public void Dsns_are_read_as_makeDsn_reads_them()
    {
        if (SentryOracle.WhyNot() is { } why)
        {
            output.WriteLine(why);
            return;
        }

        var seed = Environment.TickCount;
        var random = new Random(seed);
        List<string> wellFormed = [.. Enumerable.Range(0, Cases).Select(_ => Dsn(random))];
        List<string> spoilt = [.. Enumerable.Range(0, Cases).Select(_ => Spoil(random, Dsn(random)))];
        var answers = SentryOracle.Ask(new JsonObject { ["dsns"] = new JsonArray([.. wellFormed.Concat(spoilt).Select(text => (JsonNode)text)]) })["dsns"]!.AsArray();
        var accepted = 0;
        var refused = 0;
        foreach (var (text, index) in wellFormed.Concat(spoilt).Select((text, index) => (text, index)))
        {
            var theirs = answers[index];
            var isOurs = SentryDsn.TryParse(text, out var ours, out var error);
            var what = $"seed {seed}: '{text}' is {theirs?.ToJsonString() ?? "refused"} to them and {(isOurs ? ours!.EnvelopeUri.ToString() : error)} to us";
            if (isOurs)
            {
                accepted++;
                Assert.True(theirs is not null, what);
                string Part(string name) => theirs[name]!.GetValue<string>();
                Assert.True(Part("key") == ours!.PublicKey && Part("project") == ours.ProjectId && Part("path") == ours.Prefix, what);

                // What @sentry/core makes of it (getEnvelopeEndpointWithUrlEncodedAuth).
                var address = $"{Part("scheme")}://{Part("host")}{(Part("port").Length > 0 ? ":" + Part("port") : "")}{(Part("path").Length > 0 ? "/" + Part("path") : "")}/api/{Part("project")}/envelope/";
                Assert.True(new Uri(address) == ours.EnvelopeUri, what);
            }
            else
            {
                refused++;
                Assert.True(index >= Cases, what);
                Assert.True(theirs is null || Stricter.Any(reason => error!.Contains(reason, StringComparison.Ordinal)), what);
            }
        }

        Assert.InRange(accepted, Cases, (2 * Cases) - 100);
        Assert.True(refused >= 100);
    }

    [Fact]
    public void Rate_limits_are_read_as_updateRateLimits_reads_them()
    {
        if (SentryOracle.WhyNot() is { } why)
        {
            output.WriteLine(why);
            return;
        }

        var seed = Environment.TickCount;
        var random = new Random(seed);
        var now = new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
        SentryCategory[] categories = [SentryCategory.Error, SentryCategory.Monitor, SentryCategory.Attachment];
        var cases = Enumerable.Range(0, Cases).Select(_ => Answer(random, now)).ToList();

        // Their code lets the last of several quotas win, ours the longest, as the documentation has it: so each quota is asked for by itself.
        var questions = cases.SelectMany(answer => answer.Quotas.Count == 0 ? [(answer, Quota: (string?)null)] : answer.Quotas.Select(quota => (answer, Quota: (string?)quota))).ToList();
        int[] probes = [0, 1, 9, 10, 11, 59, 60, 61, 119, 121, 3599, 3600, 3601, 80000];
        var theirs = SentryOracle.Ask(new JsonObject
        {
            ["limits"] = new JsonArray([.. questions.Select(question => (JsonNode)new JsonObject
            {
                ["status"] = question.answer.Status,
                ["rateLimits"] = question.Quota,
                ["retryAfter"] = question.answer.RetryAfter,
                ["now"] = now.ToUnixTimeMilliseconds(),
                ["probes"] = new JsonArray([.. categories.SelectMany(category => probes.Select(after =>
                    (JsonNode)new JsonObject { ["category"] = category.Name(), ["after"] = after * 1000 }))]),
            })]),
        })["limits"]!.AsArray();

        var limited = 0;
        foreach (var answer in cases)
        {
            var mine = Enumerable.Range(0, questions.Count).Where(i => ReferenceEquals(questions[i].answer, answer)).ToList();
            for (var i = 0; i < categories.Length * probes.Length; i++)
            {
                var expected = mine.Any(question => theirs[question]![i]!.GetValue<bool>());
                var time = new ManualTime(now);
                var limits = new RateLimits(time);
                limits.Update(answer.Status, answer.Quotas.Count == 0 ? null : string.Join(", ", answer.Quotas), answer.RetryAfter, now);
                time.Advance(TimeSpan.FromSeconds(probes[i % probes.Length]));
                var actual = limits.Remaining(categories[i / probes.Length]) is not null;
                limited += actual ? 1 : 0;
                Assert.True(
                    expected == actual,
                    $"seed {seed}: {answer.Status}, limits '{string.Join(", ", answer.Quotas)}', Retry-After '{answer.RetryAfter}': {categories[i / probes.Length]} after {probes[i % probes.Length]} s is {(expected ? "" : "not ")}limited to them and {(actual ? "" : "not ")}to us");
            }
        }

        Assert.InRange(limited, 1000, (cases.Count * categories.Length * probes.Length) - 1000);
    }

    private static string Dsn(Random random)
    {
        var secret = random.Next(4) switch { 0 => ":", 1 => ":" + Word(random), _ => "" };
        var port = random.Next(2) == 0 ? "" : ":" + random.Next(1, 65536).ToString(CultureInfo.InvariantCulture);
        var prefix = string.Concat(Enumerable.Range(0, random.Next(4) == 0 ? random.Next(1, 4) : 0).Select(_ => random.Next(5) == 0 ? "/" : Word(random) + "/"));
        var end = random.Next(8) switch { 0 => "?timeout=1", 1 => " ", _ => "" };
        return $"{(random.Next(2) == 0 ? "http" : "https")}://{Word(random)}{secret}@{Pick(random, Hosts)}{port}/{prefix}{random.NextInt64(1, 5_000_000_000)}{end}";
    }

    private static string Spoil(Random random, string dsn)
    {
        var at = random.Next(dsn.Length);
        return random.Next(5) switch
        {
            0 => dsn.Remove(at, 1),
            1 => dsn.Insert(at, Pick(random, ["/", ":", "@", " ", "%", "-", "_", "[", "]", ".", "#", "?", "x", "7", "é", "\n"])),
            2 => dsn[..at],
            3 => dsn[at..],
            _ => dsn.Replace(Pick(random, ["http", "://", "@", "/", ":"]), Pick(random, ["", "ftp", "HTTP", "//", "::", "@@"]), StringComparison.Ordinal),
        };
    }

    private static Answered Answer(Random random, DateTimeOffset now)
    {
        var quotas = Enumerable.Range(0, random.Next(4)).Select(_ => Quota(random)).ToList();
        var retryAfter = random.Next(5) switch
        {
            0 => null,
            1 => Seconds(random),
            2 => now.AddSeconds(random.Next(-100, 4000)).ToString("r", CultureInfo.InvariantCulture),
            3 => "soon",
            _ => null,
        };
        return new Answered(Pick(random, [200, 429, 429, 500, 503]), quotas, retryAfter);
    }

    private static string Quota(Random random)
    {
        var categories = string.Join(';', Enumerable.Range(0, random.Next(4)).Select(_ => Pick(random, ["error", "monitor", "attachment", "default", "transaction", "new_thing"])));
        var rest = random.Next(4) switch { 0 => "", 1 => ":organization", 2 => ":key:quota_exceeded", _ => ":project:reason:custom:more" };
        return categories.Length == 0 && rest.Length == 0 ? Seconds(random) : $"{Seconds(random)}:{categories}{rest}";
    }

    private static string Seconds(Random random) => random.Next(8) switch
    {
        0 => "0",
        1 => "-5",
        2 => "many",
        3 => "60s",
        _ => random.Next(1, 4000).ToString(CultureInfo.InvariantCulture),
    };

    private static string Word(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(1, 33)).Select(_ => "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"[random.Next(63)]));

    private static T Pick<T>(Random random, T[] from) => from[random.Next(from.Length)];

    private sealed record Answered(int Status, IReadOnlyList<string> Quotas, string? RetryAfter);
}
