namespace HealthKit;

/// <summary>How an incident ended.</summary>
public enum IncidentResolution
{
    /// <summary>The check was seen healthy again.</summary>
    Recovered,

    /// <summary>The check was turned off, or is not registered any more.</summary>
    CheckRemoved,
}
