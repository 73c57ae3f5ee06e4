namespace HealthKit;

/// <summary>How fresh a check's latest result is.</summary>
public enum CheckCondition
{
    /// <summary>The check has not had its first result yet: its health is unknown.</summary>
    Pending,

    /// <summary>The latest result came when it was expected.</summary>
    Current,

    /// <summary>A result is late by less than the stale limit: the latest one still counts.</summary>
    Overdue,

    /// <summary>No result for three periods: the check's health is unknown and reported as its failure status.</summary>
    Stale,
}
