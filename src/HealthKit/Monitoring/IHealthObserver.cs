namespace HealthKit;

/// <summary>
/// Is told of results and transitions. Register implementations as singletons; they may take <see cref="HealthMonitor"/>. Each
/// is called from a thread of its own, one call after another, behind a bounded queue: a slow observer loses results before it loses
/// transitions (counted and logged), and never slows a check or another observer. Exceptions are logged and harm nothing.
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

    /// <summary>A check was turned off: no more news of it until it is turned on again, and what was wrong with it is nobody's matter now.</summary>
    /// <param name="last">The last state.</param>
    void OnRemoved(CheckState last)
    {
    }
}
