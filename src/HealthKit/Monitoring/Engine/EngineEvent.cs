namespace HealthKit;

/// <summary>What happened to a check.</summary>
internal enum EngineEventKind
{
    Result,
    Transition,
    Removed,
}

/// <summary>Something to tell the observers. Only a transition has a state before.</summary>
internal readonly record struct EngineEvent(EngineEventKind Kind, CheckState? Before, CheckState After);
