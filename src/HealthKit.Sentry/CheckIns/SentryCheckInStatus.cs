namespace HealthKit;

/// <summary>What a check-in tells.</summary>
public enum SentryCheckInStatus
{
    /// <summary>A job has begun.</summary>
    InProgress,

    /// <summary>It ended well; or all is well.</summary>
    Ok,

    /// <summary>It failed.</summary>
    Error,
}
