using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>Which messages a sink is told, and as what.</summary>
internal sealed class SinkFilter(SinkDefinition sink)
{
    private readonly SinkPolicy _policy = sink.Policy;

    /// <summary>The message as this sink is to be told it; null when it is not.</summary>
    public IncidentMessage? Pass(IncidentMessage message)
    {
        var incident = message.Incident;
        if (message.Kind == IncidentMessageKind.Test)
        {
            return message;
        }

        if ((message.IsSilent && !_policy.IncludeSilent)
            || IsMilder(incident.WorstStatus)
            || !Covers(incident.Check, incident.Tags)
            // What it fails to deliver it cannot tell itself: the others are told.
            || incident.Check.Equals(sink.CheckName, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // It may have got as bad as this sink hears of while nobody was told.
        if (message is { Kind: IncidentMessageKind.Resolved, ToldBefore: { } told } && IsMilder(told) && !_policy.IncludeSilent)
        {
            return null;
        }

        return message.Kind == IncidentMessageKind.Updated && WasNotTold(message) ? message with { Kind = IncidentMessageKind.Opened } : message;
    }

    /// <summary>Whether it is told of a check of that name and these tags at all.</summary>
    public bool Covers(string check, IReadOnlyList<string> tags) =>
        (_policy.Tags.Count == 0 || tags.Any(tag => _policy.Tags.Contains(tag, StringComparer.OrdinalIgnoreCase)))
        && (_policy.Checks.Count == 0 || _policy.Checks.Any(pattern => Matches(pattern, check)));

    // Healthy is the greatest number and unhealthy the least.
    private bool IsMilder(HealthStatus status) => status > _policy.MinimumStatus;

    /// <summary>One that is told of silent incidents too has heard of this one, unless it was too mild.</summary>
    private bool WasNotTold(IncidentMessage message) => message.ToldBefore is { } before ? IsMilder(before) : !_policy.IncludeSilent;

    /// <summary>Whether a name fits a pattern, ignoring case; <c>*</c> stands for any characters. Linear in the length of both, but for stars.</summary>
    internal static bool Matches(string pattern, string name)
    {
        var (p, n, star, resume) = (0, 0, -1, 0);
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, resume) = (p++, n);
            }
            else if (p < pattern.Length && char.ToUpperInvariant(pattern[p]) == char.ToUpperInvariant(name[n]))
            {
                p++;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++resume;
            }
            else
            {
                return false;
            }
        }

        while (p < pattern.Length && pattern[p] == '*')
        {
            p++;
        }

        return p == pattern.Length;
    }
}
