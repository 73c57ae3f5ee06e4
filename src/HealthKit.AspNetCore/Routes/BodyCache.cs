namespace HealthKit;

/// <summary>
/// The bodies of one route and format, one for each detail. A body is served for a second at most, and only while it says the same as the
/// status line.
/// </summary>
/// <param name="timeProvider">The time.</param>
/// <param name="render">Makes a body.</param>
internal sealed class BodyCache(TimeProvider timeProvider, Func<RouteVerdict, HealthDetail, byte[]> render)
{
    private static readonly TimeSpan MaximumAge = TimeSpan.FromSeconds(1);

    private readonly RenderedBody?[] _bodies = new RenderedBody?[Enum.GetValues<HealthDetail>().Length];
    private readonly Lock _rendering = new();

    public RenderedBody Get(RouteVerdict verdict, HealthDetail detail)
    {
        ref var slot = ref _bodies[(int)detail];
        if (Volatile.Read(ref slot) is { } known && MayServe(known, verdict))
        {
            return known;
        }

        lock (_rendering)
        {
            // Whoever waited here finds what the one before has made.
            if (slot is { } made && MayServe(made, verdict))
            {
                return made;
            }

            var body = new RenderedBody(verdict, render(verdict, detail), timeProvider.GetTimestamp());
            Volatile.Write(ref slot, body);
            return body;
        }
    }

    private bool MayServe(RenderedBody body, RouteVerdict verdict) =>
        body.Verdict.Agrees(verdict) && timeProvider.GetElapsedTime(body.RenderedAt) < MaximumAge;
}

/// <summary>A body and what it shows.</summary>
internal sealed record RenderedBody(RouteVerdict Verdict, byte[] Bytes, long RenderedAt);
