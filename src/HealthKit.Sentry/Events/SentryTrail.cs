using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>
/// The last transitions of all checks, for the breadcrumbs of events, and what each check said when it turned bad last. Costs nothing
/// while nothing changes.
/// </summary>
internal sealed class SentryTrail : IHealthObserver
{
    /// <summary>How many are kept. Sentry itself keeps 100 an event.</summary>
    public const int Capacity = 100;

    private const int MaxChecks = 2_000;

    private readonly Lock _gate = new();
    private readonly Queue<Step> _steps = new(Capacity);
    private readonly Dictionary<string, (DateTimeOffset At, IReadOnlyDictionary<string, object?> Data)> _lastBad = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>A check has had a result: what there was no thread for is tried again.</summary>
    public event Action? Seen;

    public void OnResult(CheckState state) => Seen?.Invoke();

    public void OnTransition(CheckState before, CheckState after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        lock (_gate)
        {
            if (_steps.Count == Capacity)
            {
                _steps.Dequeue();
            }

            _steps.Enqueue(new Step(after.Since, after.Name, before.Condition == CheckCondition.Pending ? null : before.Status, after.Status, after.Reason, after.Description));
            if (after.Status != HealthStatus.Healthy && (_lastBad.Count < MaxChecks || _lastBad.ContainsKey(after.Name)))
            {
                _lastBad[after.Name] = (after.Since, after.Data);
            }
        }

        Seen?.Invoke();
    }

    public void OnRemoved(CheckState last)
    {
        ArgumentNullException.ThrowIfNull(last);
        lock (_gate)
        {
            _lastBad.Remove(last.Name);
        }
    }

    /// <summary>The steps up to a time, the oldest first.</summary>
    public IReadOnlyList<Step> Until(DateTimeOffset time, int most)
    {
        lock (_gate)
        {
            return [.. _steps.Where(step => step.At <= time).TakeLast(most)];
        }
    }

    /// <summary>
    /// What a check said when it turned bad last; null when it did not in this run of the app, or only after a time: what a message that
    /// waited tells is not what happened since.
    /// </summary>
    public IReadOnlyDictionary<string, object?>? LastBad(string check, DateTimeOffset until)
    {
        lock (_gate)
        {
            return _lastBad.TryGetValue(check, out var last) && last.At <= until ? last.Data : null;
        }
    }

    /// <summary>One transition.</summary>
    internal sealed record Step(DateTimeOffset At, string Check, HealthStatus? Before, HealthStatus After, string? Reason, string? Description);
}
