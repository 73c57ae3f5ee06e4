using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>
/// The frame of every dependency check: runs the stages under one deadline, and makes the result of how far they got. What is told without
/// fail: the target, the stage, the time of each, the address, and on failure the reason.
/// </summary>
internal abstract class DependencyCheck<TOptions>(Network network, Func<TOptions> options) : IHealthCheck, IDisposable
    where TOptions : DependencyOptions
{
    private volatile bool _ended;

    protected Network Network => network;

    /// <summary>The target as people call it, without secrets: <c>db.example:5432</c>.</summary>
    protected abstract string TargetOf(TOptions options);

    /// <summary>The host whose reachability it tells of; null when a run reaches for none.</summary>
    protected abstract string? HostOf(TOptions options);

    /// <summary>Goes through the stages.</summary>
    /// <exception cref="StageException">One of them failed.</exception>
    protected abstract Task<DependencyFinding> ProbeAsync(StageRun run, TOptions options);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        cancellationToken.ThrowIfCancellationRequested();
        var current = options();
        var failureStatus = context.Registration.FailureStatus;
        using var run = new StageRun(network, current.Deadline, cancellationToken);
        try
        {
            var finding = await ProbeAsync(run, current).ConfigureAwait(false);
            Tell(run, current, failure: null);
            return Result(run, current, finding, failureStatus);
        }
        catch (StageException e)
        {
            return Failure(run, current, e, failureStatus);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // A connection that broke where nobody expected it: in use, or the deadline between two stages.
            var late = e is OperationCanceledException;
            return Failure(
                run,
                current,
                new StageException(Stage.Use, late ? "use.timeout" : "use.broken", late ? $"no answer within {Latency.Text(run.Deadline)}" : $"the connection broke: {e.Message}", e),
                failureStatus);
        }
    }

    public void Dispose()
    {
        _ended = true;
        network.Outlook.Forget(this);
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }

    private int Tell(StageRun run, TOptions current, StageException? failure)
    {
        // What this process has run out of says nothing of the network, and is the better reason.
        if (failure is { Reason: "tcp.noDescriptor" or "tcp.noLocalPort" })
        {
            network.Outlook.Forget(this);
            return 0;
        }

        // Who answers, if only to refuse, was reached.
        var (failedAt, reached) = failure is null or { Answered: true } ? (null, failure?.Stage ?? run.Reached) : ((Stage?)failure.Stage, run.Reached);
        if (HostOf(current) is not { } host || (failedAt ?? reached) is null)
        {
            return 0;
        }

        if (run.Remote is { } remote && IPAddress.IsLoopback(remote.Address))
        {
            network.Outlook.Forget(this);
            return 0;
        }

        var hosts = network.Outlook.Tell(this, host, failedAt, reached);
        if (_ended)
        {
            // It ended during the run: nobody would forget it any more.
            network.Outlook.Forget(this);
        }

        return hosts;
    }

    private HealthCheckResult Result(StageRun run, TOptions current, DependencyFinding finding, HealthStatus failureStatus)
    {
        var data = Data(run, current);
        foreach (var (key, value) in finding.Data ?? new Dictionary<string, object>())
        {
            data[key] = value;
        }

        var (status, reason, text) = (finding.Status, finding.Reason, finding.Text);
        var stages = Enum.GetValues<Stage>();
        var took = new TimeSpan(stages.Sum(stage => run.TimeOf(stage)?.Ticks ?? 0));
        if (current.DegradedAboveLatency is { } limit && took > limit)
        {
            var slowest = stages.MaxBy(stage => run.TimeOf(stage) ?? TimeSpan.Zero);
            text = $"slow: {Latency.Text(took)} (degraded above {Latency.Text(limit)}), {Latency.Text(run.TimeOf(slowest) ?? TimeSpan.Zero)} of it to {slowest.Doing()}; {text}";
            if (status == HealthStatus.Healthy)
            {
                (status, reason) = (HealthStatus.Degraded, slowest.Prefix() + ".slow");
            }
        }

        if (reason is not null)
        {
            data["reason"] = reason;
        }

        return new HealthCheckResult(
            status switch
            {
                HealthStatus.Unhealthy => failureStatus,
                HealthStatus.Degraded when failureStatus == HealthStatus.Healthy => HealthStatus.Healthy,
                _ => status,
            },
            Describe(run, current, text),
            exception: null,
            data);
    }

    private HealthCheckResult Failure(StageRun run, TOptions current, StageException failure, HealthStatus failureStatus)
    {
        var data = Data(run, current);
        data["failedStage"] = failure.Stage.Name();
        var (reason, text) = (failure.Reason, failure.Message);
        if (Tell(run, current, failure) is var hosts and > 0)
        {
            data["ownReason"] = reason;
            reason = failure.Stage == Stage.Resolve ? "network.noNames" : "network.noWayOut";
            text = string.Create(
                CultureInfo.InvariantCulture,
                $"none of the {hosts} hosts that are watched can be {(failure.Stage == Stage.Resolve ? "resolved" : "connected to")}: look at this machine's {(failure.Stage == Stage.Resolve ? "name servers" : "network")} first; {text}");
        }

        data["reason"] = reason;

        // What could not be asked is not known, and unknown is never healthy.
        var status = failureStatus == HealthStatus.Healthy ? HealthStatus.Degraded : failureStatus;
        return new HealthCheckResult(status, Describe(run, current, $"failed to {failure.Stage.Doing()}: {text}"), exception: null, data);
    }

    private string Describe(StageRun run, TOptions current, string text)
    {
        var description = new StringBuilder().Append(TargetOf(current)).Append(": ").Append(text);
        var any = false;
        foreach (var stage in Enum.GetValues<Stage>())
        {
            if (run.TimeOf(stage) is { } took)
            {
                description.Append(any ? ", " : " (").Append(stage.Name()).Append(' ').Append(Latency.Text(took));
                if (stage == Stage.Connect && run.Remote is { } remote)
                {
                    description.Append(" to ").Append(remote.Address);
                }

                any = true;
            }
        }

        description.Append(any ? ")" : "");
        if (run.Reached >= Stage.Connect && run.Failed.Count > 0)
        {
            description.Append("; in vain before: ").AppendJoin("; ", run.Failed);
        }

        return description.ToString();
    }

    private Dictionary<string, object> Data(StageRun run, TOptions current)
    {
        var data = new Dictionary<string, object>(16) { ["target"] = TargetOf(current) };
        if (run.Reached is { } reached)
        {
            data["stage"] = reached.Name();
        }

        foreach (var stage in Enum.GetValues<Stage>())
        {
            if (run.TimeOf(stage) is { } took)
            {
                data[stage.Reading()] = Math.Round(took.TotalSeconds, 6);
            }
        }

        if (run.Remote is { } remote)
        {
            data["address"] = remote.ToString();
            data["family"] = remote.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6" : "IPv4";
        }

        if (run.Failed.Count > 0)
        {
            data["failedAddresses"] = run.Failed;
        }

        if (run.TlsProtocol is { } protocol)
        {
            data["tlsProtocol"] = protocol;
        }

        if (run.Certificate is { } certificate)
        {
            data["certificateSubject"] = certificate.Subject;
            data["certificateIssuer"] = certificate.Issuer;
            data["certificateNotAfter"] = certificate.NotAfter;
            data["certificateSha256"] = certificate.Sha256;
            data["certificateNames"] = certificate.Names;
            data["certificateLeftSeconds"] = Math.Round((certificate.NotAfter - network.Time.GetUtcNow()).TotalSeconds);
        }

        foreach (var (key, value) in run.Notes)
        {
            data[key] = value;
        }

        return data;
    }
}
