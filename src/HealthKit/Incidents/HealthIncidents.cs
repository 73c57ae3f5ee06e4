namespace HealthKit;

/// <summary>The incidents of this app: what is open, what was, and who is not to be told. A singleton service.</summary>
public abstract class HealthIncidents
{
    /// <summary>The open incidents, the oldest first.</summary>
    public abstract IReadOnlyList<Incident> Open { get; }

    /// <summary>The resolved incidents that are kept (100), the last one first.</summary>
    public abstract IReadOnlyList<Incident> Recent { get; }

    /// <summary>How the sinks stand.</summary>
    public abstract IReadOnlyList<SinkState> Sinks { get; }

    /// <summary>The mutes in force, from code and configuration.</summary>
    public abstract IReadOnlyList<Mute> Mutes { get; }

    /// <summary>The maintenance windows that have not ended, from code, configuration and the maintenance file.</summary>
    public abstract IReadOnlyList<MaintenanceWindow> Maintenance { get; }

    /// <summary>The incident of that id, open or recent; null when there is none.</summary>
    /// <param name="id">The id, compared ignoring case.</param>
    public abstract Incident? Find(string id);

    /// <summary>The evidence that was collected when the incident opened, as JSON text (one object); null when none is kept.</summary>
    /// <param name="id">The incident's id, compared ignoring case.</param>
    public abstract string? FindEvidence(string id);

    /// <summary>The downtime ledger: every kept outage, and what they add up to.</summary>
    public abstract DowntimeReport GetDowntime();

    /// <summary>
    /// Keeps new incidents of a check, and of what depends on it while it is bad, from being told. Survives a restart. An incident that
    /// is still open when the mute ends is told then. The resolve of one that was told before is told all the same.
    /// </summary>
    /// <param name="check">The check's name, compared ignoring case.</param>
    /// <param name="duration">How long; above 0, at most 31 days.</param>
    /// <param name="reason">Why; shown wherever the incident is.</param>
    /// <exception cref="ArgumentException">No check of that name is registered, or the reason is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The duration is outside its range.</exception>
    public abstract void Mute(string check, TimeSpan duration, string reason);

    /// <summary>Ends a mute that code began; whether there was one.</summary>
    /// <param name="check">The check's name, compared ignoring case.</param>
    public abstract bool Unmute(string check);

    /// <summary>Begins maintenance now, or replaces the window of that name. Survives a restart.</summary>
    /// <param name="name">Its name, to end it by.</param>
    /// <param name="duration">When it ends by itself; above 0, at most 31 days.</param>
    /// <param name="reason">Why.</param>
    /// <param name="checks">The checks it covers; null or empty for all.</param>
    /// <exception cref="ArgumentException">The name is empty, or no check of one of those names is registered.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The duration is outside its range.</exception>
    public abstract void BeginMaintenance(string name, TimeSpan duration, string? reason = null, IEnumerable<string>? checks = null);

    /// <summary>Ends maintenance that code began; whether there was any of that name.</summary>
    /// <param name="name">Its name.</param>
    public abstract bool EndMaintenance(string name);

    /// <summary>Sends a test message through every sink, past its filters and its outbox, and waits for what becomes of each.</summary>
    /// <param name="cancellationToken">Stops the waiting.</param>
    public abstract Task<IReadOnlyList<SinkTestResult>> TestAlertAsync(CancellationToken cancellationToken = default);
}
