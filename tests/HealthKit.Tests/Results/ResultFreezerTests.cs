using System.Collections;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Results;

public class ResultFreezerTests
{
    private readonly ResultFreezer _freezer = new(new Redactor());

    [Fact]
    public void Plain_values_stay_numbers_become_long_or_double_and_units_make_readings()
    {
        var when = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var frozen = Freeze(new()
        {
            ["freeBytes"] = 5,
            ["usedPercent"] = 12.5f,
            ["ageSeconds"] = double.PositiveInfinity,
            ["growthBytesPerSecond"] = 3.5m,
            ["Bytes"] = 1,
            ["hugeCount"] = ulong.MaxValue,
            ["at"] = when.UtcDateTime,
            ["took"] = TimeSpan.FromSeconds(1),
            ["mode"] = HealthStatus.Degraded,
            ["names"] = new[] { "a", "b" },
            ["items"] = new Dictionary<string, object> { ["/data"] = new Dictionary<string, object> { ["freeBytes"] = 7L } },
        });

        Assert.Equal(5L, frozen.Data["freeBytes"]);
        Assert.Equal(when, frozen.Data["at"]);
        Assert.Equal("Degraded", frozen.Data["mode"]);
        Assert.Equal(["a", "b"], Assert.IsAssignableFrom<IReadOnlyList<object?>>(frozen.Data["names"]));
        Assert.Equal(
            [
                new("freeBytes", 5, "bytes"), new("usedPercent", 12.5, "percent"), new("growthBytesPerSecond", 3.5, "bytes/second"),
                new("hugeCount", ulong.MaxValue, "count"), new Reading("freeBytes", 7, "bytes", "/data"),
            ],
            frozen.Readings);
    }

    [Fact]
    public void What_hangs_together_with_itself_or_is_endless_is_cut_and_costs_no_more_than_any_other()
    {
        var self = new Dictionary<string, object>();
        for (var i = 0; i < 1_000; i++)
        {
            self["k" + i] = self;
        }

        var frozen = Freeze(self);
        Assert.InRange(CountValues(frozen.Data), 1, 40_000);

        frozen = Freeze(new() { ["long"] = new string('x', 1_000_000), ["many"] = Enumerable.Repeat(new string('y', 10_000), 1_000).ToList() });
        Assert.InRange(Json(frozen).Length, 1, 600_000);
        Assert.Contains("(cut, 1000000 characters)", (string)frozen.Data["long"]!, StringComparison.Ordinal);
    }

    [Fact]
    public void Objects_are_their_guarded_text_and_collections_that_break_do_not_break_the_result()
    {
        var frozen = Freeze(new() { ["uri"] = new Uri("http://127.0.0.1/"), ["bad"] = new Unshowable(), ["breaks"] = new BreakingList() });
        Assert.Equal("http://127.0.0.1/", frozen.Data["uri"]);
        Assert.Contains("could not be shown", (string)frozen.Data["bad"]!, StringComparison.Ordinal);
        Assert.Equal(["first", "broke in the middle"], Assert.IsAssignableFrom<IReadOnlyList<object?>>(frozen.Data["breaks"]));
    }

    [Fact]
    public void A_value_under_a_secrets_name_is_hidden()
    {
        var frozen = Freeze(new() { ["password"] = "hunter2", ["nested"] = new Dictionary<string, object> { ["clientSecret"] = "swordfish" } });
        Assert.DoesNotContain("hunter2", Json(frozen), StringComparison.Ordinal);
        Assert.DoesNotContain("swordfish", Json(frozen), StringComparison.Ordinal);
    }

    public static TheoryData<string, object> UnderSecretNames => new()
    {
        { "token", JsonDocument.Parse("\"hunter2\"").RootElement },
        { "token", JsonDocument.Parse("{\"a\":\"hunter2\"}").RootElement },
        { "password", new List<string> { "hunter2" } },
        { "apiKey", new Uri("https://hunter2/") },
        { "Authorization", new[] { "hunter2" } },
        { "secrets", new[] { "hunter2" } },
        { "secret", new Dictionary<string, object> { ["a"] = "hunter2" } },
        { "passwords", new Dictionary<string, string> { ["a"] = "hunter2" } },
        { "access_token", new System.Text.StringBuilder("hunter2") },
        { "password", 12345678 },
        { "items", new Dictionary<string, object> { ["password"] = "hunter2" } },
    };

    [Theory]
    [MemberData(nameof(UnderSecretNames))]
    public void Whatever_stands_under_a_secrets_name_is_hidden(string name, object value)
    {
        var json = Json(Freeze(new() { [name] = value, ["nested"] = new Dictionary<string, object> { [name] = value } }));
        Assert.DoesNotContain("hunter2", json, StringComparison.Ordinal);
        Assert.DoesNotContain("12345678", json, StringComparison.Ordinal);
        Assert.Contains("***", json, StringComparison.Ordinal);
    }

    [Fact]
    public void What_says_yes_or_no_or_how_many_stays_under_a_secrets_name_and_so_does_an_item()
    {
        var frozen = Freeze(new()
        {
            ["password"] = true, ["token"] = "none", ["max_tokens"] = 812, ["tokenCount"] = 7,
            ["items"] = new Dictionary<string, object> { ["password-mails"] = new Dictionary<string, object> { ["depthCount"] = 12 } },
        });
        Assert.Equal((true, "none", 812L, 7L), (frozen.Data["password"], frozen.Data["token"], frozen.Data["max_tokens"], frozen.Data["tokenCount"]));
        Assert.Contains(frozen.Readings, reading => reading is { Item: "password-mails", Name: "depthCount", Value: 12 });
    }

    public static TheoryData<string, object, object> Readings => new()
    {
        { "tokenBucketPercent", 12.5, 12.5 },
        { "tokenRequestsPerSecond", 3, 3L },
        { "passwordCacheBytes", 12, 12L },
        { "authorizationHitsCount", (byte)7, 7L },
        { "tokenExpiresOn", "2026-11-22", "2026-11-22" },
        { "token", new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 11, 22, 0, 0, 0, TimeSpan.Zero) },
        { "tokenLatencyMs", 7, 7L },
        { "tokenLifetimeMinutes", 7, 7L },
        { "tokenValidUntil", "tomorrow", "tomorrow" },
        { "authorizationLatency", TimeSpan.FromMilliseconds(12), TimeSpan.FromMilliseconds(12) },
        { "tokenAuthorization", TimeSpan.FromMilliseconds(12), TimeSpan.FromMilliseconds(12) },
    };

    [Theory]
    [MemberData(nameof(Readings))]
    public void What_is_measured_stays_under_a_secrets_name(string name, object value, object expected) =>
        Assert.Equal(expected, Freeze(new() { [name] = value }).Data[name]);

    [Fact]
    public void An_object_under_a_secrets_name_is_judged_by_its_members()
    {
        var json = Json(Freeze(new()
        {
            ["tokenService"] = new Dictionary<string, object> { ["state"] = "up", ["password"] = "hunter2" },
            ["queues"] = new Dictionary<string, object>
            {
                ["password-mails"] = new Dictionary<string, object> { ["state"] = "up" },
                ["tokens"] = new Dictionary<string, object> { ["readyCount"] = 12, ["first"] = "hunter2", ["more"] = new Dictionary<string, object> { ["x"] = new[] { "hunter2" } } },
            },
        }));
        Assert.Contains("\"tokenService\":{\"state\":\"up\",\"password\":\"***\"}", json, StringComparison.Ordinal);
        Assert.Contains("\"password-mails\":{\"state\":\"up\"}", json, StringComparison.Ordinal);
        Assert.Contains("\"tokens\":{\"readyCount\":12,\"first\":\"***\",\"more\":{\"x\":\"***\"}}", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_long_text_that_is_mostly_a_secret_the_rest_stays()
    {
        var text = $"Upstream answered 500; body: {{\"error\":\"disk full\",\"id_token\":\"{new string('a', 66_000)}\"}}";
        Assert.StartsWith("Upstream answered 500; body: {\"error\":\"disk full\",\"id_token\":\"***", _freezer.Text(text), StringComparison.Ordinal);
    }

    [Fact]
    public void The_reason_is_the_checks_own_else_a_general_one()
    {
        Assert.Null(_freezer.Freeze(HealthCheckResult.Healthy()).Reason);
        Assert.Equal("check.failed", _freezer.Freeze(HealthCheckResult.Unhealthy()).Reason);
        Assert.Equal("check.degraded", _freezer.Freeze(HealthCheckResult.Degraded()).Reason);
        Assert.Equal("check.exception", _freezer.Freeze(HealthCheckResult.Unhealthy(exception: new InvalidOperationException("x"))).Reason);
        Assert.Equal("a.b", _freezer.Freeze(Unhealthy("a.b")).Reason);
        Assert.Null(Freeze(new() { ["reason"] = "a.b" }).Reason);
    }

    [Theory]
    [InlineData("could not reach 10.0.0.1 at 12345")]
    [InlineData("10.0.0.1")]
    [InlineData("timeout")]
    [InlineData("a..b")]
    [InlineData("a.b\n")]
    [InlineData("monitor.stopped")]
    [InlineData("check.timeout")]
    [InlineData("runtime.threadPoolStarved")]
    [InlineData("a.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    public void A_reason_that_is_no_code_or_the_monitors_own_stays_in_the_data_alone(string reason)
    {
        var frozen = _freezer.Freeze(Unhealthy(reason));
        Assert.Equal("check.failed", frozen.Reason);
        Assert.Equal(reason, frozen.Data["reason"]);
    }

    [Fact]
    public void A_status_that_does_not_exist_is_a_failure_that_says_so()
    {
        var frozen = _freezer.Freeze(new HealthCheckResult((HealthStatus)7, "fine"), HealthStatus.Degraded);
        Assert.Equal(
            (HealthStatus.Degraded, "check.undefinedStatus", "The check returned the status 7, which does not exist. fine"),
            (frozen.Status, frozen.Reason, frozen.Description));
        Assert.Equal(HealthStatus.Unhealthy, UnknownStatus.Of((HealthStatus)7));
    }

    [Fact]
    public void Any_text_can_be_written_as_JSON_and_is_read_back_up_to_lone_surrogates()
    {
        var texts = ArbMap.Default.ArbFor<char[]>().Generator.Select(characters => new string(characters)).ToArbitrary();
        Prop.ForAll(texts, text =>
        {
            var frozen = Freeze(new() { ["text"] = text });
            using var document = JsonDocument.Parse(Json(frozen));
            return document.RootElement.GetProperty("text").GetString() == (string)frozen.Data["text"]!;
        }).QuickCheckThrowOnFailure();
        using var lone = JsonDocument.Parse(Json(Freeze(new() { ["a\ud800"] = "b\udc00c" })));
        Assert.Equal("b\ufffdc", lone.RootElement.GetProperty("a\ufffd").GetString());
    }

    [Fact]
    public void NaN_and_infinities_are_texts_in_JSON()
    {
        using var document = JsonDocument.Parse(Json(Freeze(new() { ["a"] = double.NaN, ["b"] = double.NegativeInfinity })));
        Assert.Equal("NaN", document.RootElement.GetProperty("a").GetString());
        Assert.Equal("-Infinity", document.RootElement.GetProperty("b").GetString());
    }

    private static int CountValues(object? value) => value switch
    {
        IReadOnlyDictionary<string, object?> map => 1 + map.Values.Sum(CountValues),
        IReadOnlyList<object?> list => 1 + list.Sum(CountValues),
        _ => 1,
    };

    private static string Json(FrozenResult result)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            HealthDataJson.Write(writer, result.Data);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static HealthCheckResult Unhealthy(string reason) => HealthCheckResult.Unhealthy("x", data: new Dictionary<string, object> { ["reason"] = reason });

    private FrozenResult Freeze(Dictionary<string, object> data) => _freezer.Freeze(HealthCheckResult.Healthy("x", data));

    private sealed class Unshowable
    {
        public override string ToString() => throw new InvalidOperationException("no text");
    }

    private sealed class BreakingList : ICollection
    {
        public int Count => 2;

        public bool IsSynchronized => false;

        public object SyncRoot => this;

        public void CopyTo(Array array, int index) => throw new NotSupportedException();

        public IEnumerator GetEnumerator()
        {
            yield return "first";
            throw new InvalidOperationException("broke in the middle");
        }
    }
}
