using System.Collections.Concurrent;
using System.Net;

namespace HealthKit;

/// <summary>
/// Tells "no way out" from "that one is down": when the latest runs of all checks failed before they reached anybody, at one stage, it is
/// this machine's network or its name servers. Targets on this machine have no part in it. Safe for several threads.
/// </summary>
internal sealed class NetworkOutlook(TimeProvider time)
{
    /// <summary>What is older says nothing about now.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<object, Latest> _latest = new();

    /// <summary>Tells how a check's run ended.</summary>
    /// <param name="check">The check.</param>
    /// <param name="host">What it wanted to reach.</param>
    /// <param name="failedAt">The stage at which it failed; null when it reached its target, whatever that then said.</param>
    /// <returns>How many hosts cannot be reached, when that are all there are, and two at least; else 0.</returns>
    public int Tell(object check, string host, Stage? failedAt)
    {
        if (IsHere(host))
        {
            return 0;
        }

        var stage = failedAt is Stage.Resolve or Stage.Connect ? failedAt : null;
        _latest[check] = new Latest(host, stage, time.GetTimestamp());
        if (stage is null)
        {
            return 0;
        }

        HashSet<string> hosts = new(StringComparer.OrdinalIgnoreCase);
        foreach (var (_, latest) in _latest)
        {
            if (time.GetElapsedTime(latest.At) > Remembered)
            {
                continue;
            }

            if (latest.FailedAt != stage)
            {
                return 0;
            }

            hosts.Add(latest.Host);
        }

        return hosts.Count > 1 ? hosts.Count : 0;
    }

    /// <summary>Forgets a check that ended.</summary>
    public void Forget(object check) => _latest.TryRemove(check, out _);

    private static bool IsHere(string host) =>
        IPAddress.TryParse(host, out var address) ? IPAddress.IsLoopback(address)
        : host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);

    private sealed record Latest(string Host, Stage? FailedAt, long At);
}
