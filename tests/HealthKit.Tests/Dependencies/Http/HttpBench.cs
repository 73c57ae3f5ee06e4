using System.Net;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies.Http;

/// <summary>An HTTP check, run by hand.</summary>
internal sealed class HttpBench : IDisposable
{
    private readonly HttpCheck _check;

    public HttpBench(Uri url, Action<HttpCheckOptions>? configure = null, TimeProvider? time = null)
    {
        Options = new HttpCheckOptions { Url = url, Deadline = TimeSpan.FromSeconds(3) };
        configure?.Invoke(Options);
        Assert.Empty(HttpCheckValidation.Validate(Options));

        // Every name of the tests is this machine.
        var network = new Network(time ?? TimeProvider.System) { Lookups = new HostLookups((_, _) => [IPAddress.Loopback]) };
        _check = new HttpCheck(network, () => Options, Redactor);
    }

    public HttpCheckOptions Options { get; set; }

    public Redactor Redactor { get; } = new();

    public async Task<HttpSeen> RunAsync(HealthStatus failureStatus = HealthStatus.Unhealthy)
    {
        var context = new HealthCheckContext { Registration = new HealthCheckRegistration("probe", _check, failureStatus, tags: null) };
        return new HttpSeen(await _check.CheckHealthAsync(context));
    }

    public void Dispose() => _check.Dispose();
}

/// <summary>What a run gave.</summary>
internal sealed record HttpSeen(HealthCheckResult Result)
{
    public HealthStatus Status => Result.Status;

    public string? Reason => (string?)this["reason"];

    public string Text => Result.Description ?? "";

    public string? FailedStage => (string?)this["failedStage"];

    public string? AnsweredBy => (string?)this["answeredBy"];

    public object? this[string key] => Result.Data.GetValueOrDefault(key);

    public override string ToString() => $"{Status} {Reason} at {FailedStage} by {AnsweredBy}: {Text}";
}
