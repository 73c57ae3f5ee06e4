namespace HealthKit;

/// <summary>
/// Settings of the endpoints that <c>MapHealthKit</c> maps. The configuration section <c>HealthKit:Endpoints</c> wins over code.
/// They are read once, at the start; a wrong one makes the app fail to start.
/// </summary>
public sealed class HealthKitEndpointOptions
{
    /// <summary>What callers see who do not hold <see cref="DetailPolicy"/>. Null means Summary, in the Development environment Full.</summary>
    public HealthDetail? AnonymousDetail { get; set; }

    /// <summary>
    /// The name of an authorization policy whose holders see <see cref="HealthDetail.Full"/>. Null means that nobody is asked. The app
    /// fails to start when no such policy is registered.
    /// </summary>
    public string? DetailPolicy { get; set; }

    /// <summary>
    /// The status code of a degraded answer: 200 to 299 without 204 and 205, or 400 to 599. Default: 200, a degraded app goes on
    /// serving.
    /// </summary>
    public int DegradedStatusCode { get; set; } = 200;

    /// <summary>
    /// The only local port the endpoints answer on, 1 to 65535; on every other they are 404. Null means every port. The app must listen
    /// on it (<c>--urls</c>, <c>Kestrel:Endpoints</c>).
    /// </summary>
    public int? ManagementPort { get; set; }

    /// <summary>
    /// How long the app goes on serving after it was asked to stop while <c>/health/ready</c> already answers 503, so that load
    /// balancers notice; 0 to 10 minutes. Null means 7 s (HAProxy's default needs 3 checks of 2 s), in the Development environment 0.
    /// The host's shutdown timeout grows by it.
    /// </summary>
    public TimeSpan? DrainDelay { get; set; }
}
