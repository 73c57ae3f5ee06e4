using System.Globalization;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>
/// Transitions through the whole of incidents: tracked, written down, and handed to two sinks' outboxes. Time jumps after each round, so
/// that every transition opens or resolves an incident and makes a message.
/// </summary>
internal sealed class IncidentBenchmark : IDisposable
{
    private const int Checks = 50;

    private readonly string _place = Directory.CreateTempSubdirectory("hk-bench-").FullName;
    private readonly ServiceProvider _services;
    private readonly IncidentService _incidents;
    private readonly ShiftedTime _time = new();
    private readonly CheckState[] _bad;
    private readonly CheckState[] _well;
    private int _next;

    public IncidentBenchmark()
    {
        _services = Provider(_place, _time);
        _incidents = _services.GetRequiredService<IncidentService>();
        _incidents.Begin();
        _bad = [.. Enumerable.Range(0, Checks).Select(i => State(i, HealthStatus.Unhealthy))];
        _well = [.. Enumerable.Range(0, Checks).Select(i => State(i, HealthStatus.Healthy))];
    }

    /// <summary>One transition, opening or resolving.</summary>
    public void Transition()
    {
        var state = _next < Checks ? _bad[_next] : _well[_next - Checks];
        _incidents.OnTransition(state, state);
        if (++_next == 2 * Checks)
        {
            _next = 0;
            _time.Advance(TimeSpan.FromHours(1));
        }
    }

    /// <summary>Waits until the sinks have taken everything: what comes next is measured alone, as transitions come.</summary>
    public void Drain()
    {
        if (!SpinWait.SpinUntil(() => _incidents.Sinks.All(sink => sink.Waiting == 0), TimeSpan.FromSeconds(20)))
        {
            throw new TimeoutException("The sinks did not take what was there within 20 s.");
        }
    }

    /// <summary>A result of a check that is well and was before.</summary>
    public void Well() => _incidents.OnResult(_well[0]);

    public void Dispose()
    {
        _services.Dispose();
        Directory.Delete(_place, recursive: true);
    }

    /// <summary>Leaves open incidents in a state directory.</summary>
    public static void Leave(string place, int count)
    {
        using var services = Provider(place, TimeProvider.System);
        var incidents = services.GetRequiredService<IncidentService>();
        incidents.Begin();
        for (var i = 0; i < count; i++)
        {
            var state = State(i, HealthStatus.Unhealthy);
            incidents.OnTransition(state, state);
        }
    }

    /// <summary>An app with two sinks that take everything, and no checks.</summary>
    public static ServiceProvider Provider(string place, TimeProvider time, int checks = 0)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(time);
        services.AddSingleton<Nowhere>();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create<string, string?>("HealthKit:StateDirectory", place)])
            .Build());
        var builder = services.AddHealthKit(options => options.AddDefaultChecks = false).AddSink<Nowhere>("nowhere");
        for (var i = 0; i < checks; i++)
        {
            builder.AddDelegateCheck(Name(i), _ => new(HealthCheckResult.Unhealthy("down")));
        }

        return services.BuildServiceProvider();
    }

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"check_{number}");

    private static CheckState State(int number, HealthStatus status) => new()
    {
        Name = Name(number),
        Status = status,
        LatestStatus = status,
        Condition = CheckCondition.Current,
        Reason = status == HealthStatus.Healthy ? null : "queue.long",
        Description = "1,204 jobs wait in queue default, unhealthy above 1,000; the oldest has waited for 12 min.",
        Data = new Dictionary<string, object?> { ["waitingCount"] = 1_204L, ["oldestAgeSeconds"] = 720.0 },
        Readings = [new("waitingCount", 1_204, "count"), new("oldestAgeSeconds", 720, "seconds")],
        CheckedAt = DateTimeOffset.UtcNow,
        Since = DateTimeOffset.UtcNow,
        Tags = ["ready"],
        Policy = new CheckPolicy(),
    };

    private sealed class Nowhere : IIncidentSink
    {
        public Task<SinkResult> SendAsync(IncidentMessage message, CancellationToken cancellationToken) => Task.FromResult(SinkResult.Delivered);
    }
}
