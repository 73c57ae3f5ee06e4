using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using FsCheck.Fluent;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests;

public sealed class EvidenceStoreTests : IDisposable
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeJournalStore _disk = new();
    private readonly LogLines _log = new();
    private readonly ConcurrentBag<EvidenceStore> _stores = [];
    private readonly ManualResetEventSlim _release = new();
    private IReadOnlyList<CheckState> _checks = [State("disk") with { Status = HealthStatus.Unhealthy }, State("other")];

    public void Dispose()
    {
        _release.Set();
        foreach (var store in _stores)
        {
            store.Dispose();
        }
    }

    [Fact]
    public async Task Evidence_holds_the_check_all_checks_the_app_and_what_was_collected()
    {
        var store = Store(
            new Collector("processes", (incident, state, _) => Task.FromResult<IReadOnlyDictionary<string, object?>?>(new Dictionary<string, object?>
            {
                ["incident"] = incident.Id,
                ["check"] = state.Name,
                ["top"] = new object?[] { "a", 1, null },
            })),
            new Collector("nothing", (_, _, _) => Task.FromResult<IReadOnlyDictionary<string, object?>?>(null)));
        var state = State("disk") with
        {
            Status = HealthStatus.Unhealthy,
            Reason = "disk.space.low",
            Description = "2 % free",
            CheckedAt = At,
            Exception = new ExceptionInfo("System.IO.IOException", "no", "no at all"),
            Data = new Dictionary<string, object?> { ["freeBytes"] = 5L, ["items"] = new Dictionary<string, object?> { ["/"] = 1.5 } },
        };
        store.Collect(Incident("ID1"), state);
        var evidence = await Found(store, "id1");
        Assert.Equal(["at", "check", "checks", "app", "processes"], evidence.EnumerateObject().Select(part => part.Name));
        Assert.Equal(
            """
            {"name":"disk","status":"Unhealthy","reason":"disk.space.low","since":"2026-03-01T12:00:00+00:00","checkedAt":"2026-03-01T12:00:00+00:00","description":"2 % free","exception":{"type":"System.IO.IOException","message":"no","details":"no at all"},"data":{"freeBytes":5,"items":{"/":1.5}}}
            """,
            evidence.GetProperty("check").GetRawText());
        Assert.Equal(
            """
            [{"name":"disk","status":"Unhealthy","since":"2026-03-01T12:00:00+00:00"},{"name":"other","status":"Healthy","since":"2026-03-01T12:00:00+00:00"}]
            """,
            evidence.GetProperty("checks").GetRawText());
        Assert.Equal("""{"incident":"ID1","check":"disk","top":["a",1,null]}""", evidence.GetProperty("processes").GetRawText());
        var app = evidence.GetProperty("app");
        Assert.Equal(Environment.ProcessId, app.GetProperty("processId").GetInt32());
        Assert.Equal(Environment.MachineName, app.GetProperty("host").GetString());
        Assert.True(app.GetProperty("workingSetBytes").GetInt64() > 1_000_000);
        Assert.True(app.GetProperty("managedHeapBytes").GetInt64() > 1_000);
        Assert.True(app.GetProperty("threadCount").GetInt32() > 1);
        Assert.True(TimeSpan.ParseExact(app.GetProperty("uptime").GetString()!, "c", CultureInfo.InvariantCulture) >= TimeSpan.Zero);
        Assert.NotEmpty(app.GetProperty("version").GetString()!);
    }

    [Fact]
    public async Task Evidence_shows_the_checks_as_they_were_when_it_was_asked_for()
    {
        var started = new ManualResetEventSlim();
        var store = Store(Blocking("slow", started));
        store.Collect(Incident("1"), State("disk"));
        Assert.True(started.Wait(TimeSpan.FromSeconds(20)));
        store.Collect(Incident("2"), State("disk"));
        _checks = [];
        _release.Set();
        Assert.Equal(2, (await Found(store, "2")).GetProperty("checks").GetArrayLength());
    }

    [Fact]
    public async Task A_collector_that_hangs_is_given_up_and_holds_up_neither_the_others_nor_later_incidents()
    {
        var store = Store(
            TimeSpan.FromMilliseconds(300),
            Blocking("hangs"),
            new Collector("hangsLater", async (_, _, _) =>
            {
                await new TaskCompletionSource().Task;
                return null;
            }),
            new Collector("obeys", async (_, _, token) =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return null;
            }),
            Answering("works", "x", 1));
        store.Collect(Incident("1"), State("disk"));
        var evidence = await Found(store, "1");
        Assert.Equal("""{"x":1}""", evidence.GetProperty("works").GetRawText());
        Assert.Equal("Not collected within 0.3 s.", evidence.GetProperty("hangs").GetProperty("error").GetString());
        Assert.Equal("Not collected within 0.3 s.", evidence.GetProperty("hangsLater").GetProperty("error").GetString());
        Assert.Contains(_log.Lines, line => line.Contains("hangs", StringComparison.Ordinal));

        store.Collect(Incident("2"), State("disk"));
        evidence = await Found(store, "2");
        Assert.Equal("""{"x":1}""", evidence.GetProperty("works").GetRawText());
        Assert.Contains("earlier call", evidence.GetProperty("Collector").GetProperty("error").GetString(), StringComparison.Ordinal);

        _release.Set();
        await Wait.For(() =>
        {
            store.Collect(Incident("3"), State("disk"));
            return store.Find("3") is { } json && json.Contains("\"hangs\":{\"released\"", StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_collector_that_fails_is_noted_without_its_secrets()
    {
        var store = Store(
            new Collector("throws", (_, _, _) => throw new InvalidOperationException("Server=db;Password=hunter2secret")),
            new Collector("fails", (_, _, _) => Task.FromException<IReadOnlyDictionary<string, object?>?>(new HostileException())),
            new Collector("hostile", (_, _, _) => Task.FromResult<IReadOnlyDictionary<string, object?>?>(new Dictionary<string, object?>
            {
                ["password"] = "hunter2secret",
                ["text"] = "amqp://u:hunter2secret@host and registered-value",
                ["object"] = new HostileObject(),
                ["nan"] = double.NaN,
                ["lone\ud800"] = "\udc00 </script> \u0000 \u2028",
            })),
            new Collector("check", (_, _, _) => Task.FromResult<IReadOnlyDictionary<string, object?>?>(new Dictionary<string, object?>())),
            new Collector(null!, (_, _, _) => Task.FromResult<IReadOnlyDictionary<string, object?>?>(new Dictionary<string, object?>())),
            new Collector("amqp://u:hunter2secret@host", (_, _, _) => Task.FromResult<IReadOnlyDictionary<string, object?>?>(new Dictionary<string, object?>())),
            new ThrowingName());
        store.Collect(Incident("1"), State("disk"));
        var evidence = await Found(store, "1");
        Assert.Equal("System.InvalidOperationException: Server=db;Password=***", evidence.GetProperty("throws").GetProperty("error").GetString());
        Assert.Contains("HostileException", evidence.GetProperty("fails").GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal("***", evidence.GetProperty("hostile").GetProperty("password").GetString());
        Assert.Equal("{}", evidence.GetProperty("check_2").GetRawText());
        Assert.Equal("{}", evidence.GetProperty("Collector").GetRawText());
        Assert.Contains("no name", evidence.GetProperty("ThrowingName").GetProperty("error").GetString(), StringComparison.Ordinal);
        var everything = store.Find("1")! + string.Join('\n', _log.Lines) + Encoding.UTF8.GetString(_disk.Content!);
        Assert.DoesNotContain("hunter2secret", everything, StringComparison.Ordinal);
        Assert.DoesNotContain("registered-value", everything, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evidence_that_is_too_large_loses_parts_and_says_which()
    {
        var store = Store(Answering("small", "x", 1), Answering("large", "text", new string[20], new string('a', 5_000)), Answering("last", "y", 2));
        store.Collect(Incident("1"), State("disk"));
        var evidence = await Found(store, "1");
        Assert.Equal(["large"], Truncated(evidence));
        Assert.Equal(["at", "check", "checks", "app", "small", "last", "truncated"], evidence.EnumerateObject().Select(part => part.Name));

        // One check's data alone is more than fits, and each character takes six.
        store.Collect(Incident("2"), State("disk") with
        {
            Reason = "disk.space.low",
            Description = new string('ä', 16_000),
            Data = new Dictionary<string, object?> { ["x"] = new string('a', 60_000) },
        });
        evidence = await Found(store, "2");
        Assert.Equal(["check.description", "check.data", "large"], Truncated(evidence));
        Assert.Equal("disk.space.low", evidence.GetProperty("check").GetProperty("reason").GetString());

        _checks = [.. Enumerable.Range(0, 2_000).Select(i => State($"check{i}") with { Status = i == 7 ? HealthStatus.Unhealthy : HealthStatus.Healthy })];
        store.Collect(Incident("3"), State("disk"));
        evidence = await Found(store, "3");
        Assert.Equal("check7", Assert.Single(evidence.GetProperty("checks").EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal(["checks.description", "checks", "large"], Truncated(evidence));
    }

    [Fact]
    public async Task Evidence_of_any_text_is_valid_JSON_of_at_most_48_KiB()
    {
        var store = Store();
        var number = 0;
        var text = ArbMap.Default.ArbFor<char[]>().Generator.Select(characters => new string(characters));
        var texts =
            from name in text
            from value in text
            from times in Gen.Choose(1, 3_000)
            select (Name: name, Value: string.Concat(Enumerable.Repeat(value, times))[..Math.Min(value.Length * times, 16_000)]);
        var freezer = new ResultFreezer(new Redactor());
        foreach (var (name, value) in texts.Sample(60))
        {
            var id = (++number).ToString(CultureInfo.InvariantCulture);
            var frozen = freezer.Freeze(HealthCheckResult.Unhealthy(value, new InvalidOperationException(value), new Dictionary<string, object> { [name] = value }));
            _checks = [State(name) with { Description = frozen.Description }];
            store.Collect(Incident(id), State(name) with { Description = frozen.Description, Data = frozen.Data, Exception = frozen.Exception, Reason = name });
            await Found(store, id); // parses it
            Assert.InRange(Encoding.UTF8.GetByteCount(store.Find(id)!), 1, EvidenceDocument.MaxBytes);
        }
    }

    [Fact]
    public async Task Evidence_survives_the_process_and_the_newest_is_kept()
    {
        var store = Store(Answering("x", "text", new string[2], new string('a', 15_000)));
        for (var i = 0; i < 120; i++)
        {
            store.Collect(Incident($"{i}"), State("disk"));
            await Found(store, $"{i}");
        }

        Assert.Equal(4 * 1024 * 1024, _disk.Content!.Length);
        var again = Store();
        await Found(again, "119");
        await Found(again, "110");
        Assert.Null(again.Find("0"));
        Assert.Null(again.Find("11"));
        Assert.Null(again.Find("\n"));
        Assert.Null(again.Find(""));
    }

    [Fact]
    public async Task Beyond_twenty_waiting_incidents_the_oldest_is_left_without_evidence()
    {
        var started = new ManualResetEventSlim();
        var store = Store(Blocking("slow", started));
        store.Collect(Incident("first"), State("disk"));
        Assert.True(started.Wait(TimeSpan.FromSeconds(20)));
        for (var i = 0; i < EvidenceStore.MaxWaiting + 2; i++)
        {
            store.Collect(Incident($"n{i}"), State("disk"));
        }

        _release.Set();
        await Found(store, $"n{EvidenceStore.MaxWaiting + 1}");
        await Found(store, "first");
        await Found(store, "n2");
        Assert.Null(store.Find("n0"));
        Assert.Null(store.Find("n1"));
        Assert.Equal(2, _log.Lines.Count(line => line.Contains("No evidence is collected", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Nothing_is_opened_or_running_before_it_is_needed_and_the_thread_ends_when_idle()
    {
        var store = Store();
        Assert.Null(_disk.Content);
        Assert.False(store.IsAwake);
        for (var i = 0; i < 3; i++)
        {
            store.Collect(Incident($"{i}"), State("disk"));
            await Found(store, $"{i}");
            await Wait.For(() => !store.IsAwake);
        }
    }

    [Fact]
    public void Collect_returns_at_once()
    {
        var store = Store(Blocking("slow"));
        store.Collect(Incident("first"), State("disk")); // the one that starts the thread
        var best = TimeSpan.MaxValue;
        for (var i = 0; i < 50; i++)
        {
            var watch = Stopwatch.StartNew();
            store.Collect(Incident($"{i}"), State("disk"));
            best = watch.Elapsed < best ? watch.Elapsed : best;
        }

        Assert.True(best <= TimeSpan.FromMicroseconds(10), $"At best {best}.");
    }

    [Fact]
    public async Task Without_a_disk_evidence_is_kept_in_memory_and_after_the_end_nothing_throws()
    {
        _disk.NoDisk = new StateProblem(StateProblem.Full, "full");
        var store = Store();
        store.Collect(Incident("1"), State("disk"));
        await Found(store, "1");
        store.Dispose();
        store.Collect(Incident("2"), State("disk"));
        Assert.Null(store.Find("2"));
        store.Dispose();
    }

    [Fact]
    public void A_file_cut_at_any_byte_gives_whole_evidence_or_none()
    {
        using (var journal = _disk.Open(4 * 1024 * 1024))
        {
            Assert.True(journal.TryAppend("1ab\n{\"x\":1}"u8, out _));
            Assert.True(journal.TryAppend("2ab\n{\"later\":1}"u8, out _)); // of a later version
            Assert.True(journal.TryAppend("1"u8, out _));
            Assert.True(journal.TryAppend(""u8, out _));
        }

        var whole = _disk.Content!;
        for (var cut = 0; cut < 256; cut++)
        {
            using var journal = new FakeJournalStore(whole[..cut]).Open(8192);
            using var store = new EvidenceStore(
                () => journal, [], () => throw new InvalidOperationException(), new ResultFreezer(new Redactor()), TimeProvider.System, _log, TimeSpan.Zero, TimeSpan.Zero);
            Assert.True(store.Find("AB") is null or """{"x":1}""");
            Assert.True(cut < 128 || store.Find("AB") is not null);
        }
    }

    [Fact]
    public async Task AddHealthKit_registers_the_ledger_and_the_store_with_the_collectors_of_the_app()
    {
        await using var host = await TestHost.Start(builder => builder.Services.AddSingleton<IIncidentEvidence>(Answering("mine", "x", 1)));
        var services = host.Host.Services;
        var store = services.GetRequiredService<EvidenceStore>();
        store.Collect(Incident("1"), State("disk"));
        Assert.Equal("""{"x":1}""", (await Found(store, "1")).GetProperty("mine").GetRawText());
        var ledger = services.GetRequiredService<DowntimeLedger>();
        ledger.Observe(State("disk") with { Status = HealthStatus.Unhealthy }, planned: false, At);
        Assert.Equal("disk", Assert.Single(ledger.Report(At).Checks).Check);
    }

    private static CheckState State(string name) => new()
    {
        Name = name,
        Status = HealthStatus.Healthy,
        Condition = CheckCondition.Current,
        Since = At,
        Policy = new CheckPolicy(),
    };

    private static Incident Incident(string id) => new()
    {
        Id = id,
        Check = "disk",
        Status = HealthStatus.Unhealthy,
        WorstStatus = HealthStatus.Unhealthy,
        OpenedAt = At,
        UpdatedAt = At,
    };

    private static string[] Truncated(JsonElement evidence) => [.. evidence.GetProperty("truncated").EnumerateArray().Select(name => name.GetString()!)];

    private static async Task<JsonElement> Found(EvidenceStore store, string id)
    {
        var json = await Wait.For(() => store.Find(id), json => json is not null);
        using var document = JsonDocument.Parse(json!);
        return document.RootElement.Clone();
    }

    private static Collector Answering(string name, string key, object value) =>
        new(name, (_, _, _) => Task.FromResult<IReadOnlyDictionary<string, object?>?>(new Dictionary<string, object?> { [key] = value }));

    private static Collector Answering(string name, string key, string[] texts, string text)
    {
        Array.Fill(texts, text);
        return Answering(name, key, texts);
    }

    private Collector Blocking(string name, ManualResetEventSlim? started = null) => new(name, (_, _, _) =>
    {
        started?.Set();
        _release.Wait(CancellationToken.None);
        return Task.FromResult<IReadOnlyDictionary<string, object?>?>(new Dictionary<string, object?> { ["released"] = true });
    });

    private EvidenceStore Store(params IIncidentEvidence[] collectors) => Store(TimeSpan.FromSeconds(20), collectors);

    private EvidenceStore Store(TimeSpan limit, params IIncidentEvidence[] collectors)
    {
        var redactor = new Redactor();
        redactor.AddSecret("registered-value");
        var store = new EvidenceStore(
            () => _disk.Open(4 * 1024 * 1024),
            collectors,
            () => new HealthSnapshot { Version = 1, At = At, Status = HealthStatus.Unhealthy, Checks = _checks },
            new ResultFreezer(redactor),
            TimeProvider.System,
            _log,
            limit,
            TimeSpan.FromMilliseconds(200));
        _stores.Add(store);
        return store;
    }

    private sealed class Collector(string name, Func<Incident, CheckState, CancellationToken, Task<IReadOnlyDictionary<string, object?>?>> collect) : IIncidentEvidence
    {
        public string Name => name;

        public Task<IReadOnlyDictionary<string, object?>?> CollectAsync(Incident incident, CheckState state, CancellationToken cancellationToken) =>
            collect(incident, state, cancellationToken);
    }

    private sealed class ThrowingName : IIncidentEvidence
    {
        public string Name => throw new InvalidOperationException("no name");

        public Task<IReadOnlyDictionary<string, object?>?> CollectAsync(Incident incident, CheckState state, CancellationToken cancellationToken) =>
            throw new NotSupportedException();
    }

    private sealed class HostileException : Exception
    {
        public override string Message => throw new InvalidOperationException();

        public override string ToString() => throw new InvalidOperationException();
    }

    private sealed class HostileObject
    {
        public override string ToString() => throw new InvalidOperationException("hunter2secret");
    }
}
