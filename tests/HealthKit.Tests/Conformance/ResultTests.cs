using System.Text;
using System.Text.Json;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HealthKit.Tests.Conformance;

/// <summary>What every check's results must keep to.</summary>
public class ResultTests
{
    private const string Secret = "tr0ub4dor-secret";
    private const string ShapedSecret = "hunter2hunter2";

    public static TheoryData<string> All => CheckTypeTests.All;

    public static TheoryData<string> ForUsers => CheckTypeTests.ForUsers;

    [Theory]
    [MemberData(nameof(All))]
    public async Task All_well_is_healthy_and_says_the_numbers(string type)
    {
        var one = ConformanceCases.Of(type);

        var state = await one.RunAsync(Scenario.Healthy);

        Assert.Equal(HealthStatus.Healthy, state.Status);
        Assert.Null(state.Reason);
        Assert.False(string.IsNullOrWhiteSpace(state.Description));
        if (one.OptionsType.GetProperties().Any(OptionPage.IsNumber))
        {
            Assert.NotEmpty(state.Readings);
            Assert.Matches(@"\d", state.Description);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_failure_reads_as_the_failure_status_and_has_a_reason(string type)
    {
        var one = ConformanceCases.Of(type);
        foreach (var failureStatus in new HealthStatus?[] { null, HealthStatus.Unhealthy, HealthStatus.Degraded })
        {
            var state = await one.RunAsync(Scenario.Failing, failureStatus);

            Assert.Equal(one.Failure(failureStatus), state.Status);
            Assert.Matches(@"^[a-z]+(\.[a-z][A-Za-z]*)+$", state.Reason);
            Assert.False(string.IsNullOrWhiteSpace(state.Description));
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task What_cannot_be_measured_is_never_healthy_and_has_a_reason_and_no_numbers(string type)
    {
        var one = ConformanceCases.Of(type);
        foreach (var failureStatus in new HealthStatus?[] { null, HealthStatus.Degraded, HealthStatus.Healthy })
        {
            var state = await one.RunAsync(Scenario.Unmeasurable, failureStatus);

            Assert.Equal(failureStatus == HealthStatus.Healthy ? HealthStatus.Degraded : one.Failure(failureStatus), state.Status);
            Assert.Matches(@"^[a-z]+(\.[a-z][A-Za-z]*)+$", state.Reason);
            Assert.DoesNotMatch("^check[.]", state.Reason);
            Assert.Null(state.Exception);
            Assert.Empty(state.Readings);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Cancelled_it_ends_at_once(string type)
    {
        var one = ConformanceCases.Of(type);
        await using var host = await one.StartAsync(Scenario.Healthy);
        var check = one.Create(host.Host.Services, Scenario.Healthy);

        var run = Task.Run(() => check.CheckHealthAsync(ConformanceCase.Context(check), new CancellationToken(canceled: true)));
        var end = await Record.ExceptionAsync(() => run.WaitAsync(TimeSpan.FromSeconds(10)));

        Assert.True(end is null or OperationCanceledException, $"A cancelled run ended with {end}");
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Every_number_in_the_data_is_a_reading_named_with_its_unit(string type)
    {
        var one = ConformanceCases.Of(type);
        foreach (var scenario in Enum.GetValues<Scenario>())
        {
            var result = await one.RunRawAsync(scenario);
            AssertWellNamed(result.Data, $"{type}, {scenario}");
        }
    }

    [Theory]
    [MemberData(nameof(ForUsers))]
    public async Task Without_healthkits_monitor_it_says_the_same(string type)
    {
        var one = ConformanceCases.Of(type);
        foreach (var scenario in Enum.GetValues<Scenario>())
        {
            var state = await one.RunAsync(scenario, HealthStatus.Degraded);
            var services = new ServiceCollection();
            one.Add(services.AddLogging().AddHealthChecks(), scenario, HealthStatus.Degraded);
            await using var provider = services.BuildServiceProvider();

            var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();

            var entry = Assert.Single(report.Entries).Value;
            Assert.Equal(state.Status, entry.Status);
            Assert.Equal(state.Reason, entry.Data.GetValueOrDefault("reason"));
            Assert.Null(entry.Exception);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Runs_at_once_do_not_harm_each_other(string type)
    {
        const int Threads = 4;
        const int Runs = 200;
        var one = ConformanceCases.Of(type);
        await using var host = await one.StartAsync(Scenario.Healthy);
        var check = one.Create(host.Host.Services, Scenario.Healthy);
        using var together = new Barrier(Threads);

        var runs = Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
            () =>
            {
                together.SignalAndWait();
                List<HealthCheckResult> results = [];
                for (var run = 0; run < Runs; run++)
                {
                    results.Add(check.CheckHealthAsync(ConformanceCase.Context(check)).GetAwaiter().GetResult());
                }

                return results;
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default));

        var results = (await Task.WhenAll(runs)).SelectMany(results => results).ToList();
        Assert.Equal(Threads * Runs, results.Count);
        Assert.All(results, result =>
        {
            Assert.Equal(HealthStatus.Healthy, result.Status);
            Assert.False(string.IsNullOrEmpty(result.Description));
            AssertWellNamed(result.Data, type);
        });
        (check as IDisposable)?.Dispose();
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task No_secret_is_in_any_text(string type)
    {
        var one = ConformanceCases.Of(type);
        var text = $"{Secret}/password={ShapedSecret}";
        var folder = Directory.CreateTempSubdirectory("hk-conformance-").FullName;
        try
        {
            var redactor = new Redactor();
            redactor.AddSecret(Secret);
            var builder = TestHost.Builder([.. one.PlantedSettings(text), ("Checks:remedied:Remedy", $"sign in with {text}")]);
            builder.Services.AddSingleton(redactor);
            var health = builder.AddHealthKit(options => options.AddDefaultChecks = false);
            health.AddDelegateCheck("remedied", _ => new((HealthCheckResult?)null));
            var before = builder.Services.Count;
            one.AddPlanted(health, text, Directory.CreateDirectory(Path.Combine(folder, text)).FullName);
            Assert.True(
                builder.Services.Count > before || !one.OptionsType.GetProperties().Any(OptionPage.IsText),
                $"{type} takes texts: plant one in {nameof(ConformanceCase.AddPlanted)}.");
            await using var host = await TestHost.Start(builder);
            foreach (var check in host.Monitor.Catalog)
            {
                await host.Monitor.RunAsync(check.Name);
            }

            Assert.All(host.Monitor.Current.Checks, state => AssertClean(AllTexts(state)));
            Assert.All(host.Log.Lines.Where(line => line.Contains("Check '", StringComparison.Ordinal)), AssertClean);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void AssertClean(string text)
    {
        Assert.DoesNotContain(Secret, text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(ShapedSecret, text, StringComparison.OrdinalIgnoreCase);
    }

    private static string AllTexts(CheckState state)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            HealthDataJson.Write(writer, state.Data);
        }

        IEnumerable<string?> texts =
        [
            state.Description, state.Reason, state.Remedy, state.Policy.Remedy, state.Exception?.ToString(),
            .. state.Tags, .. state.Readings.Select(reading => reading.ToString()), Encoding.UTF8.GetString(stream.ToArray()),
        ];
        return string.Join("\n", texts);
    }

    private static void AssertWellNamed(IReadOnlyDictionary<string, object> data, string where)
    {
        foreach (var (key, value) in data)
        {
            if (key == "items")
            {
                var items = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object>>(value);
                Assert.All(
                    items,
                    item => AssertReadings(
                        Assert.IsAssignableFrom<IReadOnlyDictionary<string, object>>(item.Value), $"{where}, {item.Key}"));
            }
        }

        AssertReadings(data.Where(entry => entry.Key != "items"), where);
    }

    private static void AssertReadings(IEnumerable<KeyValuePair<string, object>> data, string where)
    {
        foreach (var (key, value) in data)
        {
            Assert.Matches("^[a-z][A-Za-z0-9]*$", key);
            var unit = Reading.UnitOf(key);
            if (value is not (int or long or double or float or decimal or short or byte or uint or ulong))
            {
                Assert.True(unit is null, $"{where}: {key} = {value} is named as a reading and is no number.");
                Assert.True(
                    value is string or bool or DateTimeOffset or TimeSpan or IEnumerable<string>,
                    $"{where}: {key} is a {value?.GetType().ToString() ?? "null"}; allowed: numbers, text, truth, times, lists of text, and the map 'items'.");
                continue;
            }

            var number = Convert.ToDouble(value, null);
            Assert.True(unit is not null, $"{where}: {key} = {value} is a number without a unit in its name.");
            Assert.True(double.IsFinite(number), $"{where}: {key} is {number}.");
            Assert.True(unit != "percent" || number is >= 0 and <= 100, $"{where}: {key} is {number} percent.");
        }
    }
}
