namespace HealthKit;

/// <summary>A gauge's two limits, in its unit. NaN is no limit.</summary>
/// <param name="Degraded">Past it: degraded.</param>
/// <param name="Unhealthy">Past it: unhealthy.</param>
public readonly record struct GaugeLimits(double Degraded, double Unhealthy)
{
    /// <summary>Nothing is judged.</summary>
    public static GaugeLimits None => new(double.NaN, double.NaN);
}
