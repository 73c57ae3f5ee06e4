namespace HealthKit;

/// <summary>How much a body of the endpoints shows. Status codes and the plain word are the same for everyone.</summary>
public enum HealthDetail
{
    /// <summary>The overall status alone.</summary>
    Status,

    /// <summary>Also each check's name, status, times and tags, and the reason codes of HealthKit's own checks.</summary>
    Summary,

    /// <summary>Everything: also descriptions, data, exceptions, remedies, and the app's version, commit, start and host.</summary>
    Full,
}
