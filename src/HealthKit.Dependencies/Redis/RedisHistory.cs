using System.Globalization;

namespace HealthKit;

/// <summary>What changed from one look at a server to the next.</summary>
/// <param name="time">The clock.</param>
internal sealed class RedisHistory(TimeProvider time)
{
    /// <summary>How long a change is told.</summary>
    public static readonly TimeSpan ToldFor = TimeSpan.FromHours(1);

    private const int MostChanges = 20;

    private readonly Lock _gate = new();
    private readonly List<Change> _changes = [];
    private RedisInfo? _last;
    private long _lastAt;

    /// <summary>Takes a look, and tells what it says together with those before.</summary>
    public RedisTrend Add(RedisInfo info)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            double? evicted = null;
            long? rejected = null;
            if (_last is { } last)
            {
                Compare(last, info, now);

                // Counters begin anew with the process, and with CONFIG RESETSTAT.
                if (last.RunId == info.RunId)
                {
                    var seconds = time.GetElapsedTime(_lastAt, now).TotalSeconds;
                    evicted = Grown(last.EvictedKeys, info.EvictedKeys) is { } keys && seconds > 0 ? Math.Round(keys / seconds, 3) : null;
                    rejected = Grown(last.RejectedConnections, info.RejectedConnections);
                }
            }

            (_last, _lastAt) = (info, now);
            _changes.RemoveAll(change => time.GetElapsedTime(change.Stamp, now) > ToldFor);
            return new RedisTrend(evicted, rejected, [.. _changes.Select(change => (change, time.GetElapsedTime(change.Stamp, now)))]);
        }
    }

    private static long? Grown(long? before, long? after) => after - before is { } more and >= 0 ? more : null;

    private void Compare(RedisInfo before, RedisInfo after, long now)
    {
        if (before.RunId is not null && after.RunId is not null && before.RunId != after.RunId)
        {
            var up = after.UptimeSeconds is { } seconds ? $", up since {GaugeAmount.Time(TimeSpan.FromSeconds(Math.Min(seconds, 1e9)))}" : "";
            Note(now, $"restarted{up}");
        }

        Note(now, "role", before.RoleName, after.RoleName);
        Note(now, "maxmemory", Memory(before.MaxMemory), Memory(after.MaxMemory));
        Note(now, "maxmemory-policy", before.Policy, after.Policy);
    }

    private void Note(long now, string what, string? before, string? after)
    {
        if (before is not null && after is not null && before != after)
        {
            Note(now, $"{what} was {before}, is {after}");
        }
    }

    private void Note(long now, string text)
    {
        if (_changes.Count == MostChanges)
        {
            _changes.RemoveAt(0);
        }

        _changes.Add(new Change(now, time.GetUtcNow(), text));
    }

    private static string? Memory(long? bytes) => bytes switch
    {
        null => null,
        0 => "none",
        { } some => string.Create(CultureInfo.InvariantCulture, $"{some} B ({GaugeAmount.Bytes(some):L})"),
    };

    internal sealed record Change(long Stamp, DateTimeOffset At, string Text);
}

/// <summary>What looks one after the other say.</summary>
/// <param name="EvictedPerSecond">Keys that were evicted since the last look; null when that is not known.</param>
/// <param name="Rejected">Connections that were turned away since the last look.</param>
/// <param name="Changes">What changed lately, the oldest first, and how long ago.</param>
internal sealed record RedisTrend(double? EvictedPerSecond, long? Rejected, IReadOnlyList<(RedisHistory.Change Change, TimeSpan Ago)> Changes);
