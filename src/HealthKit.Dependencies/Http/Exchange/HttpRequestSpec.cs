namespace HealthKit;

/// <summary>What is asked for over HTTP, and how much of an answer is taken.</summary>
/// <param name="Url">An absolute http or https address without user information.</param>
internal sealed record HttpRequestSpec(Uri Url)
{
    public string Method { get; init; } = "GET";

    /// <summary>For the origin of the address only.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Statuses that end it, redirects among them.</summary>
    public StatusSet Expected { get; init; } = StatusSet.Success;

    /// <summary>No more of a body is read, and none is decoded to more.</summary>
    public int MaxBodyBytes { get; init; } = 1 << 20;

    public int MaxRedirects { get; init; } = 5;

    /// <summary>Fingerprints (SHA-256) for the origin of the address.</summary>
    public IReadOnlyCollection<string> Pins { get; init; } = [];

    /// <summary>Whether a connection is kept for the next time.</summary>
    public bool ReuseConnection { get; init; }
}
