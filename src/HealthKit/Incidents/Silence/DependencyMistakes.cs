namespace HealthKit;

/// <summary>What is wrong with the dependencies of checks: names of no check, and loops.</summary>
internal static class DependencyMistakes
{
    /// <param name="policies">Every check's policy, by its registered name.</param>
    /// <returns>The check and what is wrong with it; one mistake for each loop that shares no check with one already told.</returns>
    public static IEnumerable<(string Check, OptionError Error)> Find(IReadOnlyCollection<NamedPolicy> policies) =>
        policies.Any(policy => policy.Policy.DependsOn.Count > 0) ? FindAmong(policies) : []; // most apps declare none, and start faster so

    private static IEnumerable<(string Check, OptionError Error)> FindAmong(IReadOnlyCollection<NamedPolicy> policies)
    {
        var names = new RegisteredNames(policies.Select(policy => policy.Name));
        var causes = new Dictionary<string, List<string>>(StringComparer.OrdinalIgnoreCase);
        foreach (var (check, policy) in policies)
        {
            List<string> found = [];
            foreach (var name in policy.DependsOn)
            {
                if (names.Find(name) is not { } cause)
                {
                    yield return (check, Error(name, $"registered checks: {names}"));
                }
                else if (cause.Equals(check, StringComparison.OrdinalIgnoreCase))
                {
                    yield return (check, Error(name, $"other checks, not the check itself ({check} → {check})"));
                }
                else
                {
                    found.Add(cause);
                }
            }

            causes[check] = found;
        }

        RemoveWhatIsInNoLoop(causes);
        var told = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (check, policy) in policies)
        {
            if (causes.ContainsKey(check) && !told.Contains(check) && ShortestLoop(check, causes) is { } loop)
            {
                told.UnionWith(loop);
                yield return (check, Error(policy.DependsOn, $"checks that do not depend on it in turn; the loop is {string.Join(" → ", loop)}"));
            }
        }
    }

    private static OptionError Error(object value, string allowed) => new(nameof(CheckPolicy.DependsOn), value, allowed);

    /// <summary>Takes away, again and again, checks that depend on nothing that is left: what remains are loops and what leads to them.</summary>
    private static void RemoveWhatIsInNoLoop(Dictionary<string, List<string>> causes)
    {
        var open = causes.ToDictionary(pair => pair.Key, pair => pair.Value.Count, StringComparer.OrdinalIgnoreCase);
        var dependents = causes.SelectMany(pair => pair.Value, (pair, cause) => (pair.Key, Cause: cause)).ToLookup(
            pair => pair.Cause, pair => pair.Key, StringComparer.OrdinalIgnoreCase);
        var free = new Queue<string>(open.Where(pair => pair.Value == 0).Select(pair => pair.Key));
        while (free.TryDequeue(out var check))
        {
            causes.Remove(check);
            foreach (var dependent in dependents[check])
            {
                if (--open[dependent] == 0)
                {
                    free.Enqueue(dependent);
                }
            }
        }
    }

    /// <summary>The check, what leads from it back to it, and the check again; null when nothing does.</summary>
    private static List<string>? ShortestLoop(string start, Dictionary<string, List<string>> causes)
    {
        var cameFrom = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var next = new Queue<string>([start]);
        while (next.TryDequeue(out var check))
        {
            foreach (var cause in causes.GetValueOrDefault(check, []))
            {
                if (!cameFrom.TryAdd(cause, check))
                {
                    continue;
                }

                if (!cause.Equals(start, StringComparison.OrdinalIgnoreCase))
                {
                    next.Enqueue(cause);
                    continue;
                }

                List<string> loop = [cause];
                for (var at = check; !at.Equals(start, StringComparison.OrdinalIgnoreCase); at = cameFrom[at])
                {
                    loop.Add(at);
                }

                loop.Add(start);
                loop.Reverse();
                return loop;
            }
        }

        return null;
    }
}
