namespace HealthKit;

/// <summary>Something to tell the observers: a transition when there is a state before, else a result.</summary>
internal readonly record struct EngineEvent(CheckState? Before, CheckState After);
