namespace HealthKit;

/// <summary>The background engine that runs the checks and keeps their states. A singleton service.</summary>
public abstract class HealthMonitor
{
    /// <summary>The reason of every state when the monitor's clock has stopped: <c>monitor.stopped</c>.</summary>
    public const string StoppedReason = "monitor.stopped";

    /// <summary>
    /// The current picture. Runs nothing and costs next to nothing. It never shows old results as current ones: when the monitor's
    /// clock has stopped, every state is unknown with <see cref="StoppedReason"/>. Every check is pending until the checks begin: when the
    /// app has started, or at the first <see cref="RunAsync"/> or question to <c>HealthCheckService</c> before.
    /// </summary>
    public abstract HealthSnapshot Current { get; }

    /// <summary>Every registered check with its policy and descriptor, also those that are off.</summary>
    public abstract IReadOnlyList<CatalogEntry> Catalog { get; }

    /// <summary>
    /// Joins the run of a check that is under way, or starts one, and returns the state after it. Where the checks have not begun yet they
    /// begin now, all of them.
    /// </summary>
    /// <param name="name">The registered name, compared ignoring case.</param>
    /// <param name="cancellationToken">Stops the waiting, not the run.</param>
    /// <returns>
    /// The state after the run ended or passed its deadline. When an earlier run is past its deadline and still going, no second one
    /// is started and the present state is returned.
    /// </returns>
    /// <exception cref="ArgumentException">No check of that name is registered; the message lists those that are.</exception>
    /// <exception cref="InvalidOperationException">The check is off, or the monitor has stopped.</exception>
    public abstract Task<CheckState> RunAsync(string name, CancellationToken cancellationToken = default);
}
