using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace HealthKit;

/// <summary>
/// Stands in for Microsoft's service: reads the monitor's picture and runs nothing. Before the first results it waits for them, no
/// longer than the runs may take, for its callers (publishers, <c>MapHealthChecks</c>) know no "pending".
/// </summary>
internal sealed class SnapshotHealthCheckService(BackgroundMonitor monitor, IOptions<HealthCheckServiceOptions> options) : HealthCheckService
{
    public override async Task<HealthReport> CheckHealthAsync(
        Func<HealthCheckRegistration, bool>? predicate, CancellationToken cancellationToken = default)
    {
        var names = options.Value.Registrations
            .Where(registration => predicate is null || predicate(registration))
            .Select(registration => registration.Name)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        monitor.Start();
        var snapshot = monitor.Current;
        var states = Select(snapshot, names);
        var pending = states.Where(state => state is { Condition: CheckCondition.Pending, Counts: true }).ToList();
        if (pending.Count > 0)
        {
            await Task.WhenAll(pending.Select(state => FirstResult(state, cancellationToken))).ConfigureAwait(false);
            snapshot = monitor.Current;
            states = Select(snapshot, names);
        }

        var entries = states.Where(IsKnown).ToDictionary(state => state.Name, Entry, StringComparer.OrdinalIgnoreCase);
        var duration = entries.Count == 0 ? TimeSpan.Zero : entries.Values.Max(entry => entry.Duration);
        return snapshot.IsStopped ? new HealthReport(entries, HealthStatus.Unhealthy, duration) : new HealthReport(entries, duration);
    }

    /// <summary>
    /// A check that has no result yet, since it waits for its delay or its runs had no news, is neither healthy nor not: it is not in the
    /// report. One whose first run the monitor could not even begin in time is.
    /// </summary>
    private static bool IsKnown(CheckState state) =>
        state.Condition != CheckCondition.Pending || (state.Counts && state.Reason != "check.pending");

    private static List<CheckState> Select(HealthSnapshot snapshot, HashSet<string> names) =>
        [.. snapshot.Checks.Where(state => names.Contains(state.Name))];

    private async Task FirstResult(CheckState state, CancellationToken cancellationToken)
    {
        try
        {
            // Past twice its timeout the monitor is too busy or gone: pending is then the answer.
            await monitor.FirstResultAsync(state.Name).WaitAsync(2 * state.Policy.Timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            // Still pending, turned off or stopped: the picture, read anew, says it.
        }
    }

    private static HealthReportEntry Entry(CheckState state)
    {
        var data = new Dictionary<string, object>();
        foreach (var (key, value) in state.Data)
        {
            data[key] = value!;
        }

        if (state.Reason is { } reason)
        {
            data["reason"] = reason;
        }

        return new HealthReportEntry(
            state.Status,
            state.Description,
            state.Duration,
            state.Exception is { } exception ? new ReportedException(exception) : null,
            data,
            state.Tags);
    }

    /// <summary>What a check's exception looks like to writers of Microsoft's reports: its redacted text.</summary>
    private sealed class ReportedException(ExceptionInfo info) : Exception(info.Message)
    {
        public override string? StackTrace => null;

        public override string ToString() => info.Details;
    }
}
