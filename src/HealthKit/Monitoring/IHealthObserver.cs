namespace HealthKit;

/// <summary>
/// Is told of results and transitions. Register implementations as singletons. Calls come one after another from a thread of
/// HealthKit's own, behind a bounded queue: a slow observer loses the oldest events (counted and logged), it never slows a check.
/// Exceptions are logged and harm nothing.
/// </summary>
public interface IHealthObserver
{
    /// <summary>A run has ended or passed its deadline.</summary>
    /// <param name="state">The check's state with that result.</param>
    void OnResult(CheckState state);

    /// <summary>A check's confirmed status has changed. The first result of a check is a transition only when it is not healthy.</summary>
    /// <param name="before">The state before.</param>
    /// <param name="after">The state after.</param>
    void OnTransition(CheckState before, CheckState after);
}
