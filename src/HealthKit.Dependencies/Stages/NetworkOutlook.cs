using System.Collections.Concurrent;
using System.Net;

namespace HealthKit;

/// <summary>
/// Tells "no way out" from "that one is down": when the latest runs of all checks that went through a stage failed at it, before they reached
/// anybody, it is this machine's network or its name servers. Targets on this machine have no part in it. Safe for several threads.
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
    /// <param name="reached">The last stage that it went through; null for none.</param>
    /// <returns>How many hosts cannot be reached, when that are all there are, and two at least; else 0.</returns>
    public int Tell(object check, string host, Stage? failedAt, Stage? reached)
    {
        if (IsHere(host))
        {
            return 0;
        }

        var stage = failedAt is Stage.Resolve or Stage.Connect ? failedAt : null;
        _latest[check] = new Latest(host, stage, IPAddress.TryParse(host, out _) ? Stage.Connect : Stage.Resolve, stage ?? reached, time.GetTimestamp());
        if (stage is null)
        {
            return 0;
        }

        HashSet<string> hosts = new(StringComparer.OrdinalIgnoreCase);
        foreach (var (_, latest) in _latest)
        {
            // What was not tried says nothing: a lookup alone nothing about connections, an address nothing about names.
            if (time.GetElapsedTime(latest.At) > Remembered || stage < latest.From || !(stage <= latest.To))
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

    private sealed record Latest(string Host, Stage? FailedAt, Stage From, Stage? To, long At);
}
