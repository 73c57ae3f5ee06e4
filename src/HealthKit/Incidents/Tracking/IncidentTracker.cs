using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>
/// Turns states of checks into incidents, and decides who is told what and when. Without threads, I/O, logging or user code, like the
/// engine: <see cref="Observe"/> takes a state in, <see cref="Advance"/> the passing of time, <see cref="IIncidentEffects"/> does the rest.
/// It looks at what is, not at what was sent: a lost event is made up for by the next result.
/// </summary>
/// <param name="effects">Does what is decided.</param>
/// <param name="causesOf">The checks that a check depends on, nearest first, causes of causes included.</param>
/// <param name="dependentsOf">The checks that depend on a check, directly or not.</param>
/// <param name="findSilence">Whether a check is muted or in maintenance.</param>
internal sealed class IncidentTracker(
    IIncidentEffects effects,
    Func<string, IReadOnlyList<string>> causesOf,
    Func<string, IReadOnlyList<string>> dependentsOf,
    Func<string, DateTimeOffset, (IncidentSilence Kind, string? Reason)?> findSilence)
{
    /// <summary>How long a check must be well until its next failure is another incident.</summary>
    public static readonly TimeSpan ShortestReopen = TimeSpan.FromMinutes(10);

    /// <summary>How many reasons, items or dependents an incident names.</summary>
    private const int MaxNames = 20;

    /// <summary>The first reopening waits this long, each further one twice as long as the one before.</summary>
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan LongestDelay = TimeSpan.FromHours(1);

    /// <summary>A check that was reopened so often that it would wait this long flaps, slowly.</summary>
    private static readonly TimeSpan SlowFlapDelay = TimeSpan.FromMinutes(16);

    /// <summary>The longest that a symptom waits to see its causes well still, after it turned bad.</summary>
    private static readonly TimeSpan LongestSettling = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan LongestPatience = TimeSpan.FromMinutes(15);

    /// <summary>What is not urgent comes no sooner than this after the last message of the same incident.</summary>
    private static readonly TimeSpan BetweenMessages = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, CheckTrack> _tracks = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Those that are to be looked at again without a result of their own.</summary>
    private readonly HashSet<CheckTrack> _pending = [];

    /// <summary>When time alone will change something; <see cref="long.MaxValue"/> for never.</summary>
    public long NextLook
    {
        get
        {
            var next = long.MaxValue;
            foreach (var track in _pending)
            {
                next = Math.Min(next, track.LookAt);
            }

            return next;
        }
    }

    /// <summary>Whether an open incident is silent because of a mute or a maintenance window: their end changes something.</summary>
    public bool HasSilenced
    {
        get
        {
            // Asked at every result: without what LINQ allocates.
            foreach (var track in _pending)
            {
                if (track.Open?.Silence is IncidentSilence.Muted or IncidentSilence.Maintenance)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>
    /// Takes an incident over from the run before. Of several of one check the last counts: one before it that is open, because it was not
    /// known when the later one was opened, is resolved.
    /// </summary>
    /// <param name="incident">The incident.</param>
    /// <param name="told">The worst status that was told of it; null when none was.</param>
    /// <param name="now">The moment.</param>
    public void Restore(Incident incident, HealthStatus? told, Moment now)
    {
        if (incident.Resolution == IncidentResolution.Superseded)
        {
            return; // another one goes on in its place, which may have been written before this one's end
        }

        var track = TrackOf(incident.Check);
        if (track.Incident is { } other)
        {
            // Of an open one and a resolved one the order tells in which they were written: a clock that was once ahead gave a later begin.
            if (incident.IsOpen == other.IsOpen && incident.OpenedAt < other.OpenedAt)
            {
                Supersede(incident, told, other, now);
                return;
            }

            Supersede(other, track.Told, incident, now);
        }

        track.Incident = track.Committed = incident;
        // Whether it flapped is seen anew: less than what means flapping, or every restart would tell of it once more.
        track.Delay = Min(DelayAfter(incident.Occurrences), SlowFlapDelay / 2);
        track.Told = told;
        track.IsToldSilently = incident is { IsOpen: true, IsFlapping: false, Silence: not null and not IncidentSilence.Waiting };
        track.IsCarriedOver = incident.IsOpen;
        if (incident.ResolvedAt is { } resolved)
        {
            // A clock that was ahead must not keep it open to be reopened for years.
            track.ReopenUntil = now.Ticks + Min(ReopenWindow(track), ReopenWindow(track) - (now.Utc - resolved)).Ticks;
        }
    }

    /// <summary>Takes over from runs before what came to light when this one had begun already.</summary>
    /// <param name="earlier">The incidents, with the worst status that was told of each.</param>
    /// <param name="now">The moment.</param>
    /// <param name="lastSignOfLife">When the run of the app before this one was last known to live.</param>
    /// <param name="begun">When this one began.</param>
    public void RestoreLate(IReadOnlyList<(Incident Incident, HealthStatus? Told)> earlier, Moment now, DateTimeOffset? lastSignOfLife, DateTimeOffset begun)
    {
        var own = _tracks.Values.Where(track => track.Incident is not null).ToDictionary(track => track.Name, track => track.Incident!, StringComparer.OrdinalIgnoreCase);
        foreach (var (incident, told) in earlier)
        {
            if (own.TryGetValue(incident.Check, out var later))
            {
                Supersede(incident, told, later, now);
            }
            else
            {
                Restore(incident, told, now);
            }
        }

        foreach (var track in _tracks.Values.Where(track => track is { IsCarriedOver: true, Last: not null }).ToList())
        {
            Judge(track, track.Last, track.Last!, now, lastSignOfLife, begun);
        }
    }

    /// <summary>Takes a state in. It costs next to nothing when the check is well and was before.</summary>
    /// <param name="state">The state.</param>
    /// <param name="now">The moment.</param>
    /// <param name="lastSignOfLife">When the run of the app before this one was last known to live.</param>
    public void Observe(CheckState state, Moment now, DateTimeOffset? lastSignOfLife = null)
    {
        if (state.Condition == CheckCondition.Pending)
        {
            return;
        }

        var track = TrackOf(state.Name);
        var before = track.Last;
        track.Last = state;
        track.SeenAt = now.Ticks;
        if (before is not null && before.Status != state.Status)
        {
            track.Flap.Changed(now.Ticks, state.Policy.Period);
            track.ChangedAt = now.Ticks;
        }

        Judge(track, before, state, now, lastSignOfLife, now.Utc);
    }

    private void Judge(CheckTrack track, CheckState? before, CheckState state, Moment now, DateTimeOffset? lastSignOfLife, DateTimeOffset begun)
    {
        if (track.IsCarriedOver)
        {
            track.IsCarriedOver = false;
            track.Incident = track.Incident! with { Gap = new IncidentGap(lastSignOfLife, begun), IsFlapping = false };
            if (state.Status != HealthStatus.Healthy)
            {
                // It may not have been told before the app ended: its causes are looked at as if it had just begun.
                AskCauses(track, now);
            }
        }

        if (state.Status != HealthStatus.Healthy)
        {
            TakeBad(track, before, state, now);
        }
        else if (track.Open is null)
        {
            track.HealthyReadings = state.Readings;
        }

        if (track.Open is not null)
        {
            Look(track, now);
            Commit(track, now);
        }

        LookAtDependents(track.Name, now);
    }

    /// <summary>A check is off: what was wrong with it is nobody's matter any more.</summary>
    public void Remove(string check, Moment now)
    {
        if (_tracks.Remove(check, out var track))
        {
            _pending.Remove(track);
            if (track.Open is not null)
            {
                Resolve(track, IncidentResolution.CheckRemoved, now.Utc, now);
                Commit(track, now);
            }

            LookAtDependents(check, now);
        }
    }

    /// <summary>Ends incidents, from the run before, of checks that there are no more.</summary>
    public void Keep(ICollection<string> checks, Moment now)
    {
        foreach (var gone in _tracks.Keys.Except(checks, StringComparer.OrdinalIgnoreCase).ToList())
        {
            Remove(gone, now);
        }
    }

    /// <summary>Time has passed, or mutes, maintenance or dependencies have changed.</summary>
    public void Advance(Moment now, bool all = false)
    {
        foreach (var track in _pending.Where(track => all || track.LookAt <= now.Ticks).ToList())
        {
            if (track.Open is not null && !track.IsCarriedOver)
            {
                Look(track, now);
                Commit(track, now);
            }
        }
    }

    private static TimeSpan DelayAfter(int occurrences)
    {
        var delay = TimeSpan.Zero;
        for (var i = 1; i < occurrences && delay < SlowFlapDelay; i++)
        {
            delay = Longer(delay);
        }

        return delay;
    }

    private static TimeSpan Longer(TimeSpan delay) => Min(delay == TimeSpan.Zero ? FirstDelay : 2 * delay, LongestDelay);

    private static TimeSpan ReopenWindow(CheckTrack track) => Max(ShortestReopen, 2 * track.Delay);

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static HealthStatus Worse(HealthStatus a, HealthStatus b) => a < b ? a : b;

    private static bool IsBad(CheckTrack track) => track.Last is { Status: not HealthStatus.Healthy };

    /// <summary>Whether a check is well, or less bad than it was when it explained a dependent that is <paramref name="status"/>.</summary>
    private bool IsBetter(string check, HealthStatus status, Moment now) =>
        _tracks.GetValueOrDefault(check) is { Last: not null } cause
        && (!IsBad(cause) || (!IsStale(cause, now) && cause.Open?.WorstStatus <= status));

    private CheckTrack TrackOf(string check)
    {
        if (!_tracks.TryGetValue(check, out var track))
        {
            _tracks.Add(check, track = new CheckTrack(check));
        }

        return track;
    }

    private void TakeBad(CheckTrack track, CheckState? before, CheckState state, Moment now)
    {
        var incident = track.Open;
        var turnedBad = before is null ? incident is null : before.Status == HealthStatus.Healthy;
        if (incident is null)
        {
            if (track.Incident is not null && now.Ticks < track.ReopenUntil)
            {
                Reopen(track, state, now);
            }
            else
            {
                Open(track, state, now);
            }

            AskCauses(track, now);
            return;
        }

        if (turnedBad)
        {
            // It flaps, else it would have been resolved in between.
            incident = incident with { Occurrences = incident.Occurrences + 1 };
            if (!incident.IsAnnounced && track.Delay >= SlowFlapDelay)
            {
                AskCauses(track, now);
            }
        }

        var item = IncidentDetails.ItemOf(state);
        var isNewReason = IsNew(state.Reason, incident.Reasons);
        var isNewItem = IsNew(item, incident.Items);
        var isWorse = state.Status < incident.Status;
        if (isNewReason || isNewItem || isWorse)
        {
            if (incident.IsAnnounced)
            {
                // Worse than anything told before is urgent.
                var at = state.Status < incident.WorstStatus || track.ToldAt is not { } told ? now.Ticks : Math.Max(now.Ticks, told + BetweenMessages.Ticks);
                track.UpdateAt = Math.Min(track.UpdateAt ?? at, at);
            }

            incident = incident with { ReadingsAt = IncidentDetails.Bounded(state.Readings) };
        }

        if (state.Status != incident.Status || state.Reason != incident.Reason || item != incident.Item)
        {
            incident = IncidentDetails.Describe(incident, state);
        }

        track.Incident = incident with
        {
            Status = state.Status,
            WorstStatus = Worse(state.Status, incident.WorstStatus),
            Reason = state.Reason,
            Reasons = isNewReason ? [.. incident.Reasons, state.Reason!] : incident.Reasons,
            Item = item,
            Items = isNewItem ? [.. incident.Items, item!] : incident.Items,
        };
    }

    private static bool IsNew(string? name, IReadOnlyList<string> known) => name is not null && known.Count < MaxNames && !known.Contains(name);

    private void Open(CheckTrack track, CheckState state, Moment now)
    {
        track.Delay = TimeSpan.Zero;
        track.NotBefore = now.Ticks;
        track.ToldAt = null;
        Begin(track);
        track.Incident = IncidentDetails.Describe(
            new Incident
            {
                Id = Guid.CreateVersion7(now.Utc).ToString("N"),
                Check = state.Name,
                CheckType = state.Descriptor?.Type,
                Status = state.Status,
                WorstStatus = state.Status,
                Reason = state.Reason,
                Reasons = state.Reason is { } reason ? [reason] : [],
                Item = IncidentDetails.ItemOf(state),
                Items = IncidentDetails.ItemOf(state) is { } item ? [item] : [],
                Dependents = [.. dependentsOf(state.Name).Take(MaxNames)],
                OpenedAt = state.Since,
                UpdatedAt = now.Utc,
                Tags = state.Tags,
                ReadingsBefore = IncidentDetails.Bounded(track.HealthyReadings),
                ReadingsAt = IncidentDetails.Bounded(state.Readings),
            },
            state);
        effects.Collect(track.Incident, state);
    }

    /// <summary>It failed again soon after it had recovered: the same incident, told later each time.</summary>
    private static void Reopen(CheckTrack track, CheckState state, Moment now)
    {
        track.Delay = Longer(track.Delay);
        track.NotBefore = now.Ticks + track.Delay.Ticks;
        Begin(track);
        var incident = track.Incident!;
        track.Incident = IncidentDetails.Describe(incident, state) with
        {
            Status = state.Status,
            WorstStatus = state.Status,
            Reason = state.Reason,
            Reasons = IsNew(state.Reason, incident.Reasons) ? [.. incident.Reasons, state.Reason!] : incident.Reasons,
            Item = IncidentDetails.ItemOf(state),
            Items = IncidentDetails.ItemOf(state) is { } item && IsNew(item, incident.Items) ? [.. incident.Items, item] : incident.Items,
            ResolvedAt = null,
            Resolution = null,
            Cause = null,
            CauseIncidentId = null,
            Occurrences = incident.Occurrences + 1,
            ReadingsAt = IncidentDetails.Bounded(state.Readings),
            ReadingsAfter = [],
        };
    }

    private static void Begin(CheckTrack track)
    {
        track.Told = null;
        track.IsToldSilently = false;
        track.GraceUntil = null;
        track.UpdateAt = null;
        track.FlapNoticeAt = null;
    }

    /// <summary>
    /// Causes are often seen later than what they cause: they are run now, and again when the symptom has been bad for a period of its
    /// own (15 s at most). Who is still well then is no cause. A cause that brings no result is waited for as long again, and what its run
    /// may take.
    /// </summary>
    private void AskCauses(CheckTrack track, Moment now)
    {
        var settling = Min(track.Last!.Policy.Period, LongestSettling);
        track.SettlesAt = now.Ticks + settling.Ticks;
        track.CausesUntil = now.Ticks;
        foreach (var cause in causesOf(track.Name))
        {
            if (_tracks.GetValueOrDefault(cause) is not { Last: not null } known)
            {
                track.CausesUntil = Math.Max(track.CausesUntil, now.Ticks + PatienceWithCause(track.Last.Policy).Ticks);
            }
            else if (!IsStale(known, now))
            {
                track.CausesUntil = Math.Max(track.CausesUntil, track.SettlesAt + PatienceWithCause(known.Last.Policy).Ticks);
            }

            effects.RunNow(cause);
        }
    }

    /// <summary>How long a dependent has to follow its cause: a period, and what the run at its end may take. It is run at once, so a long one is not waited for.</summary>
    private static TimeSpan Patience(CheckPolicy policy) => Min(policy.Period, LongestPatience) + Min(policy.Timeout, policy.Period);

    /// <summary>A cause is run now, not when it is due: one that has nothing to say, and may say so for a day, is not waited for that long.</summary>
    private static TimeSpan PatienceWithCause(CheckPolicy policy) => Min(policy.Period, LongestSettling) + Min(policy.Timeout, policy.Period);

    /// <summary>What is stale explains nothing. A result that brings the same status is no event when it gets old: it is counted here.</summary>
    private static bool IsStale(CheckTrack track, Moment now) =>
        track.Last is not { Condition: not CheckCondition.Stale } last || now.Ticks - track.SeenAt >= last.Policy.StaleLimit.Ticks;

    /// <summary>Decides on an open incident, whatever has brought it up.</summary>
    private void Look(CheckTrack track, Moment now)
    {
        track.LookAt = long.MaxValue;
        Decide(track, now);
        if (track.Open is { } open && (track.LookAt != long.MaxValue || !open.IsAnnounced || open.Silence is not null))
        {
            _pending.Add(track);
        }
        else
        {
            _pending.Remove(track);
        }
    }

    private void Decide(CheckTrack track, Moment now)
    {
        if (track.Last is null)
        {
            return;
        }

        if (Flaps(track, now))
        {
            return;
        }

        if (!IsBad(track))
        {
            Resolve(track, IncidentResolution.Recovered, track.Last.Since, now);
            return;
        }

        var incident = track.Incident!;
        var (silence, silenceReason, cause) = FindSilence(track, now);
        if (incident.IsAnnounced)
        {
            track.Incident = incident with
            {
                Silence = silence is IncidentSilence.Waiting ? null : silence,
                SilenceReason = silenceReason,
                Cause = cause?.Name ?? incident.Cause,
                CauseIncidentId = cause?.Open?.Id ?? incident.CauseIncidentId,
            };
            if (silence is null && incident.Status < track.Told)
            {
                // It got worse while nobody was told: that is made up for, when it had a period to follow its cause.
                track.UpdateAt ??= incident.Silence is IncidentSilence.Cause ? now.Ticks + Patience(track.Last.Policy).Ticks : now.Ticks;
            }

            if (track.UpdateAt <= now.Ticks)
            {
                track.UpdateAt = null;
                if (track.Last is { } last && last.Reason == incident.Reason && last.Status == incident.Status)
                {
                    // The message may have waited for minutes: it tells what is so now.
                    track.Incident = IncidentDetails.Describe(track.Incident, last) with { ReadingsAt = IncidentDetails.Bounded(last.Readings) };
                }

                Tell(track, IncidentMessageKind.Updated, isSilent: track.Incident.Silence is not null, now);
            }

            LookAgain(track, track.UpdateAt);
            return;
        }

        if (cause is null && incident.Cause is not null && track.GraceUntil is null && IsBetter(incident.Cause, incident.Status, now))
        {
            // The cause is well again, or on its way there: what it caused has a period to follow.
            track.GraceUntil = now.Ticks + Patience(track.Last.Policy).Ticks;
            effects.RunNow(track.Name);
        }
        else if (cause is not null)
        {
            track.GraceUntil = null;
        }

        if (cause is not null)
        {
            LookAgain(track, cause.SeenAt + cause.Last!.Policy.StaleLimit.Ticks);
        }

        var waitUntil = Math.Max(track.NotBefore, Math.Max(CausesUntil(track, now), track.GraceUntil ?? 0));
        if (silence is null && waitUntil > now.Ticks)
        {
            silence = IncidentSilence.Waiting;
            LookAgain(track, waitUntil);
        }

        track.Incident = incident with
        {
            Silence = silence,
            SilenceReason = silenceReason,
            Cause = cause?.Name ?? (silence is IncidentSilence.Waiting ? incident.Cause : null),
            CauseIncidentId = cause is null ? (silence is IncidentSilence.Waiting ? incident.CauseIncidentId : null) : cause.Open?.Id,
        };
        if (silence is null)
        {
            Tell(track, IncidentMessageKind.Opened, isSilent: false, now);
        }
        else if ((silence is not IncidentSilence.Waiting || track.NotBefore > now.Ticks) && !track.IsToldSilently)
        {
            Tell(track, IncidentMessageKind.Opened, isSilent: true, now);
        }
    }

    /// <summary>Whether the check flaps: then that is told once, and nothing else until it has been steady for a while.</summary>
    private bool Flaps(CheckTrack track, Moment now)
    {
        var incident = track.Incident!;
        var period = track.Last!.Policy.Period;
        var percent = track.Flap.Percent(now.Ticks, period);
        if (!incident.IsFlapping)
        {
            if (percent < FlapWindow.High && track.Delay < SlowFlapDelay)
            {
                return false;
            }

            track.FlapNoticeAt = Math.Max(now.Ticks, (track.ToldAt ?? 0) + BetweenMessages.Ticks);
            track.Incident = incident = incident with { IsFlapping = true };
        }

        var steadyAt = track.ChangedAt + Max(track.Delay, FlapWindow.SlotOf(period)).Ticks;
        if (percent < FlapWindow.Low && now.Ticks >= steadyAt)
        {
            track.FlapNoticeAt = null;
            track.Incident = incident with { IsFlapping = false };
            if (incident.IsAnnounced)
            {
                track.UpdateAt ??= now.Ticks;
            }

            // Steadily bad, it is told at once: it has waited long enough.
            track.NotBefore = now.Ticks;
            track.Delay = Min(track.Delay, SlowFlapDelay / 2);
            return false;
        }

        var (silence, silenceReason, cause) = FindSilence(track, now);
        track.Incident = track.Incident! with
        {
            Silence = silence ?? (incident.IsAnnounced ? null : IncidentSilence.Waiting),
            SilenceReason = silenceReason,
            Cause = cause?.Name,
            CauseIncidentId = cause?.Open?.Id,
        };
        if (silence is null && incident.IsAnnounced && incident.Status < track.Told)
        {
            // Worse than anything told is told at once, also of a check that flaps.
            track.FlapNoticeAt = now.Ticks;
        }

        else if (silence is null && incident.Silence is IncidentSilence.Cause)
        {
            // As of any symptom: it has a period to follow its cause.
            track.FlapNoticeAt = track.FlapNoticeAt is { } due ? Math.Max(due, now.Ticks + Patience(track.Last.Policy).Ticks) : null;
        }

        // One that nobody knows of and that flaps slowly is told when it is bad, and not because of its causes.
        var waitUntil = incident.IsAnnounced ? 0 : CausesUntil(track, now);
        var isTime = incident.IsAnnounced || IsBad(track) || percent >= FlapWindow.Low;
        if (silence is null && track.FlapNoticeAt <= now.Ticks && waitUntil <= now.Ticks && isTime)
        {
            track.FlapNoticeAt = null;
            track.Incident = track.Incident with { Silence = null };
            Tell(track, incident.IsAnnounced ? IncidentMessageKind.Updated : IncidentMessageKind.Opened, isSilent: false, now);
        }

        LookAgain(track, silence is null && Math.Max(track.FlapNoticeAt ?? 0, waitUntil) is var noticeAt && noticeAt > now.Ticks ? noticeAt : null);
        LookAgain(track, Math.Max(steadyAt, now.Ticks + FlapWindow.SlotOf(period).Ticks));
        return true;
    }

    /// <summary>Why nobody is to be told: the check itself is not to be told of, or a cause is bad too.</summary>
    private (IncidentSilence? Silence, string? Reason, CheckTrack? Cause) FindSilence(CheckTrack track, Moment now)
    {
        var cause = FindCause(track, now);
        var found = findSilence(track.Name, now.Utc);
        if (found is null && cause is not null)
        {
            // Where the root is not told of, its symptoms are not either.
            found = findSilence(cause.Name, now.Utc);
        }

        return found is { } silencing ? (silencing.Kind, silencing.Reason, cause)
            : cause is not null ? (IncidentSilence.Cause, null, cause)
            : (null, null, null);
    }

    /// <summary>The root cause: a check it depends on that is as bad or worse, and for which no such check is.</summary>
    private CheckTrack? FindCause(CheckTrack track, Moment now)
    {
        var status = track.Open!.Status;
        CheckTrack? found = null;
        foreach (var name in causesOf(track.Name))
        {
            if (_tracks.GetValueOrDefault(name) is { } cause && Explains(cause, status, now))
            {
                // The nearest first: a root has nothing bad behind it.
                found = cause;
                if (!causesOf(name).Any(next => _tracks.GetValueOrDefault(next) is { } behind && Explains(behind, status, now)))
                {
                    break;
                }
            }
        }

        return found;
    }

    /// <summary>
    /// Whether a check that is this bad explains a dependent that is <paramref name="status"/>: a cause that is only degraded must not hide that
    /// something is down. What is stale explains nothing. A result that still waits for its threshold counts.
    /// </summary>
    private static bool Explains(CheckTrack cause, HealthStatus status, Moment now) =>
        cause.Last is { } last && !IsStale(cause, now)
        && (Worse(last.Status, last.LatestStatus ?? last.Status) is var worst and not HealthStatus.Healthy && worst <= status
            || cause.Open is { IsFlapping: true } flapping && flapping.WorstStatus <= status);

    /// <summary>When it is to be seen again whether its causes are well; 0 when that is known.</summary>
    private long CausesUntil(CheckTrack track, Moment now)
    {
        if (track.CausesUntil <= now.Ticks)
        {
            return 0;
        }

        if (now.Ticks < track.SettlesAt)
        {
            return track.SettlesAt;
        }

        var waits = false;
        foreach (var name in causesOf(track.Name))
        {
            var cause = _tracks.GetValueOrDefault(name);
            if (cause is { Last: not null } && (IsStale(cause, now) || cause.SeenAt - cause.Last.Duration.Ticks >= track.SettlesAt))
            {
                continue;
            }

            waits = true;
            effects.RunNow(name);
        }

        return waits ? track.CausesUntil : 0;
    }

    private void Supersede(Incident incident, HealthStatus? told, Incident by, Moment now)
    {
        if (incident.IsOpen)
        {
            var track = new CheckTrack(incident.Check) { Incident = incident, Told = told };
            Resolve(track, IncidentResolution.Superseded, by.OpenedAt, now);
            Commit(track, now);
        }
    }

    private void Resolve(CheckTrack track, IncidentResolution resolution, DateTimeOffset at, Moment now)
    {
        var incident = track.Incident!;
        var wasAnnounced = incident.IsAnnounced;
        track.Incident = incident with
        {
            ResolvedAt = at < incident.OpenedAt ? incident.OpenedAt : at,
            Resolution = resolution,
            Silence = null,
            SilenceReason = null,
            ReadingsAfter = resolution == IncidentResolution.Recovered ? IncidentDetails.Bounded(track.Last!.Readings) : [],
        };
        if (track.Last is { Status: HealthStatus.Healthy } last)
        {
            track.HealthyReadings = last.Readings;
        }

        track.ReopenUntil = now.Ticks + ReopenWindow(track).Ticks;
        Tell(track, IncidentMessageKind.Resolved, isSilent: !wasAnnounced, now);
        track.Incident = track.Incident with { IsAnnounced = false };
        _pending.Remove(track);
    }

    private static void Tell(CheckTrack track, IncidentMessageKind kind, bool isSilent, Moment now)
    {
        var incident = track.Incident!;
        track.Notice = new IncidentNotice(kind, isSilent, track.Told, now.Utc);
        track.Incident = incident with
        {
            Messages = incident.Messages + 1,
            IsAnnounced = incident.IsAnnounced || !isSilent,
            Cause = kind == IncidentMessageKind.Opened && !isSilent ? null : incident.Cause,
            CauseIncidentId = kind == IncidentMessageKind.Opened && !isSilent ? null : incident.CauseIncidentId,
        };
        track.IsToldSilently = true;
        if (!isSilent)
        {
            track.ToldAt = now.Ticks;
            track.Told = track.Told is { } told ? Worse(told, incident.WorstStatus) : incident.WorstStatus;
        }
    }

    private void LookAtDependents(string check, Moment now)
    {
        if (_pending.Count == 0)
        {
            return;
        }

        foreach (var name in dependentsOf(check))
        {
            if (_tracks.GetValueOrDefault(name) is { Open: not null, IsCarriedOver: false } dependent && _pending.Contains(dependent))
            {
                Look(dependent, now);
                Commit(dependent, now);
            }
        }
    }

    private static void LookAgain(CheckTrack track, long? at) => track.LookAt = Math.Min(track.LookAt, at ?? long.MaxValue);

    private void Commit(CheckTrack track, Moment now)
    {
        if (track.Incident is { } incident && (track.Notice is not null || incident != track.Committed))
        {
            var notice = track.Notice;
            track.Notice = null;
            track.Incident = track.Committed = incident with { UpdatedAt = now.Utc };
            effects.Commit(track.Incident, notice, track.Told);
        }
    }
}
