namespace HealthKit;

/// <summary>What must be remembered of a server between runs: until when it wants to be left alone, and since when it is unavailable.</summary>
internal sealed class HttpPatience(TimeProvider time)
{
    private readonly Lock _gate = new();
    private Held? _held;
    private (Uri Url, long Since)? _unavailable;

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Asks nothing at an origin for a while.</summary>
    /// <param name="url">The address that was asked.</param>
    /// <param name="wait">For how long.</param>
    /// <param name="finding">What the runs in between say again.</param>
    public void Hold(Uri url, TimeSpan wait, DependencyFinding finding)
    {
        lock (_gate)
        {
            _held = wait > TimeSpan.Zero ? new Held(url, time.GetTimestamp(), wait, finding) : null;
        }
    }

    /// <summary>Has the runs in between say something else, which is worse; nothing when there is nothing to wait for.</summary>
    public void Say(DependencyFinding finding)
    {
        lock (_gate)
        {
            _held = _held is null ? null : _held with { DependencyFinding = finding };
        }
    }

    /// <summary>What to say without asking; null when it may be asked.</summary>
    /// <param name="url">The address that would be asked.</param>
    /// <param name="left">For how long still.</param>
    public DependencyFinding? IsHeld(Uri url, out TimeSpan left)
    {
        lock (_gate)
        {
            if (_held is { } held && HttpTarget.IsSameOrigin(held.Url, url))
            {
                left = held.Wait - time.GetElapsedTime(held.From);
                if (left > TimeSpan.Zero)
                {
                    return held.DependencyFinding;
                }
            }

            _held = null;
            left = TimeSpan.Zero;
            return null;
        }
    }

    /// <summary>It says that it is unavailable; returns for how long it has said so.</summary>
    /// <param name="url">The address that was asked: another one has its own time.</param>
    public TimeSpan Unavailable(Uri url)
    {
        lock (_gate)
        {
            var since = _unavailable is { } known && HttpTarget.IsSameOrigin(known.Url, url) ? known.Since : time.GetTimestamp();
            _unavailable = (url, since);
            return time.GetElapsedTime(since);
        }
    }

    /// <summary>It says something else, or nothing.</summary>
    public void NotUnavailable()
    {
        lock (_gate)
        {
            _unavailable = null;
        }
    }

    private sealed record Held(Uri Url, long From, TimeSpan Wait, DependencyFinding DependencyFinding);
}
