using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Incidents;

public class DependencyTests
{
    private const int Count = 50;

    [Fact]
    public void A_graph_without_a_loop_is_accepted_and_any_loop_in_it_is_named() =>
        Prop.ForAll<int, byte>((seed, size) =>
        {
            var random = new Random(seed);
            var edges = Acyclic(random);
            Assert.Empty(Mistakes(edges));

            // A loop of 1 to 5 checks, somewhere.
            var loop = Enumerable.Range(0, Count).OrderBy(_ => random.Next()).Take(1 + size % 5).ToArray();
            for (var i = 0; i < loop.Length; i++)
            {
                edges.Add((loop[i], loop[(i + 1) % loop.Length]));
            }

            Assert.NotEmpty(Mistakes(edges));
            Assert.All(Mistakes(edges), mistake => AssertReal(mistake, edges));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_graph_is_rejected_exactly_when_it_has_a_loop() =>
        Prop.ForAll<int, byte>((seed, density) =>
        {
            var random = new Random(seed);
            HashSet<(int, int)> edges = [];
            for (var i = 0; i < density % 80; i++)
            {
                edges.Add((random.Next(Count), random.Next(Count)));
            }

            var reach = Closure(edges);
            var mistakes = Mistakes(edges);
            Assert.Equal(Enumerable.Range(0, Count).Any(i => reach[i, i]), mistakes.Count > 0);
            Assert.All(mistakes, mistake => AssertReal(mistake, edges));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Causes_and_dependents_are_all_there_are_the_nearest_first() =>
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var edges = Acyclic(random);
            var off = Enumerable.Range(0, Count).Where(_ => random.Next(8) == 0).ToHashSet();
            var graph = new DependencyGraph(Policies(edges, off));
            var reach = Closure(edges);
            for (var i = 0; i < Count; i++)
            {
                var causes = Enumerable.Range(0, Count).Where(j => reach[i, j] && !off.Contains(j)).Select(Name);
                var dependents = Enumerable.Range(0, Count).Where(j => reach[j, i] && !off.Contains(j)).Select(Name);
                Assert.Equal(causes.Order(StringComparer.Ordinal), graph.CausesOf(Name(i)).Order(StringComparer.Ordinal));
                Assert.Equal(dependents.Order(StringComparer.Ordinal), graph.DependentsOf(Name(i).ToUpperInvariant()).Order(StringComparer.Ordinal));
                var distances = graph.CausesOf(Name(i)).Select(cause => Distance(i, Number(cause), edges)).ToList();
                Assert.Equal(distances.Order(), distances);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Names_compare_ignoring_case_and_come_back_as_they_are_registered()
    {
        var graph = new DependencyGraph([Policy("Api", "DB"), Policy("db", "Disk"), Policy("disk")]);
        Assert.Equal(["db", "disk"], graph.CausesOf("api"));
        Assert.Equal(["db", "Api"], graph.DependentsOf("DISK"));
        Assert.Empty(graph.CausesOf("nobody"));
        Assert.Empty(graph.DependentsOf("nobody"));
    }

    [Fact]
    public void A_check_that_is_off_is_no_cause_but_what_it_depends_on_is()
    {
        var graph = new DependencyGraph([Policy("api", "db"), Off(Policy("db", "disk")), Policy("disk")]);
        Assert.Equal(["disk"], graph.CausesOf("api"));
        Assert.Equal(["api"], graph.DependentsOf("disk"));

        static NamedPolicy Off(NamedPolicy policy) => policy with { Policy = policy.Policy with { Enabled = false } };
    }

    [Fact]
    public void Unknown_names_are_told_each_with_those_that_are_allowed()
    {
        var mistakes = DependencyMistakes.Find([Policy("api", "db", "dbb"), Policy("db", "", "disc")]).ToList();
        Assert.Equal([("api", (object?)"dbb"), ("db", ""), ("db", "disc")], mistakes.Select(mistake => (mistake.Check, mistake.Error.Value)));
        Assert.All(mistakes, mistake => Assert.Equal("registered checks: api, db", mistake.Error.Allowed));
    }

    [Fact]
    public void Two_loops_apart_are_two_mistakes_and_what_leads_to_them_is_none()
    {
        var mistakes = DependencyMistakes.Find(
            [Policy("x", "a", "c"), Policy("a", "b"), Policy("b", "a"), Policy("c", "D"), Policy("d", "e"), Policy("e", "C")]).ToList();
        Assert.Equal(["a", "c"], mistakes.Select(mistake => mistake.Check));
        Assert.EndsWith("the loop is a → b → a", mistakes[0].Error.Allowed, StringComparison.Ordinal);
        Assert.EndsWith("the loop is c → d → e → c", mistakes[1].Error.Allowed, StringComparison.Ordinal);
    }

    private static string Name(int i) => $"check{i}";

    private static int Number(string name) => int.Parse(name.AsSpan("check".Length), System.Globalization.CultureInfo.InvariantCulture);

    private static NamedPolicy Policy(string name, params string[] dependsOn) => new(name, new CheckPolicy { DependsOn = dependsOn });

    private static List<NamedPolicy> Policies(HashSet<(int From, int To)> edges, HashSet<int>? off = null) =>
    [
        .. Enumerable.Range(0, Count).Select(i => new NamedPolicy(Name(i), new CheckPolicy
        {
            Enabled = off?.Contains(i) != true,
            DependsOn = [.. edges.Where(edge => edge.From == i).Select(edge => Name(edge.To).ToUpperInvariant())],
        })),
    ];

    private static List<string> Mistakes(HashSet<(int, int)> edges) =>
        [.. DependencyMistakes.Find(Policies(edges)).Select(mistake => mistake.Error.Allowed)];

    private static HashSet<(int From, int To)> Acyclic(Random random)
    {
        var order = Enumerable.Range(0, Count).OrderBy(_ => random.Next()).ToArray();
        HashSet<(int, int)> edges = [];
        for (var n = random.Next(150); n > 0; n--)
        {
            var (a, b) = (random.Next(Count), random.Next(Count));
            if (a != b)
            {
                edges.Add((order[Math.Max(a, b)], order[Math.Min(a, b)]));
            }
        }

        return edges;
    }

    /// <summary>The loop in the message goes along dependencies that are there, and back to where it began.</summary>
    private static void AssertReal(string message, HashSet<(int From, int To)> edges)
    {
        var text = message[(message.LastIndexOf(message.Contains('(', StringComparison.Ordinal) ? "(" : " is ", StringComparison.Ordinal) + 1)..];
        var loop = text.Replace("is ", "", StringComparison.Ordinal).TrimEnd(')').Split(" → ").Select(Number).ToList();
        Assert.True(loop.Count > 1);
        Assert.Equal(loop[0], loop[^1]);
        Assert.Equal(loop.Count - 1, loop.Distinct().Count());
        Assert.All(loop.Zip(loop.Skip(1)), step => Assert.Contains((step.First, step.Second), edges));
    }

    private static bool[,] Closure(HashSet<(int From, int To)> edges)
    {
        var reach = new bool[Count, Count];
        foreach (var (from, to) in edges)
        {
            reach[from, to] = true;
        }

        for (var k = 0; k < Count; k++)
        {
            for (var i = 0; i < Count; i++)
            {
                for (var j = 0; j < Count && reach[i, k]; j++)
                {
                    reach[i, j] |= reach[k, j];
                }
            }
        }

        return reach;
    }

    private static int Distance(int from, int to, HashSet<(int From, int To)> edges)
    {
        HashSet<int> seen = [from];
        for (var distance = 0; ; distance++)
        {
            if (seen.Contains(to))
            {
                return distance;
            }

            seen.UnionWith([.. edges.Where(edge => seen.Contains(edge.From)).Select(edge => edge.To)]);
        }
    }
}
