namespace HealthKit;

/// <summary>Which checks explain which others' failure. Computed once; immutable.</summary>
/// <remarks>
/// A check that is turned off is nobody's cause, for nothing is known of it; what it depends on is a cause of its dependents all the same.
/// </remarks>
internal sealed class DependencyGraph
{
    private readonly Dictionary<string, IReadOnlyList<string>> _causes = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, IReadOnlyList<string>> _dependents = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="policies">Every check's policy, by its registered name. Names of no check and loops, which validation rejects, are passed over.</param>
    public DependencyGraph(IReadOnlyCollection<NamedPolicy> policies)
    {
        var names = policies.ToDictionary(policy => policy.Name, StringComparer.OrdinalIgnoreCase);
        var causes = new Dictionary<string, List<string>>(StringComparer.OrdinalIgnoreCase);
        var dependents = new Dictionary<string, List<string>>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, policy) in policies)
        {
            foreach (var cause in policy.DependsOn)
            {
                if (names.TryGetValue(cause, out var found))
                {
                    Add(causes, name, found.Name);
                    Add(dependents, found.Name, name);
                }
            }
        }

        foreach (var name in causes.Keys)
        {
            _causes[name] = Reach(name, causes, names);
        }

        foreach (var name in dependents.Keys)
        {
            _dependents[name] = Reach(name, dependents, names);
        }
    }

    /// <summary>All checks that this one depends on, also by way of others, the nearest first.</summary>
    /// <param name="check">A check's name; of one that is not registered there are none.</param>
    public IReadOnlyList<string> CausesOf(string check) => _causes.GetValueOrDefault(check, []);

    /// <summary>All checks that depend on this one, also by way of others, the nearest first.</summary>
    /// <param name="check">A check's name; of one that is not registered there are none.</param>
    public IReadOnlyList<string> DependentsOf(string check) => _dependents.GetValueOrDefault(check, []);

    private static void Add(Dictionary<string, List<string>> edges, string from, string to)
    {
        if (edges.TryGetValue(from, out var list))
        {
            list.Add(to);
        }
        else
        {
            edges.Add(from, [to]);
        }
    }

    private static string[] Reach(
        string start, Dictionary<string, List<string>> edges, Dictionary<string, NamedPolicy> names)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { start };
        List<string> order = [start];
        for (var i = 0; i < order.Count; i++)
        {
            order.AddRange(edges.GetValueOrDefault(order[i], []).Where(seen.Add));
        }

        return [.. order.Skip(1).Where(name => names[name].Policy.Enabled)];
    }
}
