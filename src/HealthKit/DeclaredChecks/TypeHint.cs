namespace HealthKit;

/// <summary>What helps whoever wrote a check type that is not registered: the name that was meant, the call that is missing.</summary>
internal static class TypeHint
{
    private const int MaxDistance = 2;
    private const int MinPrefix = 3;

    /// <summary>The packages whose types are known after a call. Their names are only for this hint: an app may have none of them.</summary>
    private static readonly (string Call, string[] Types)[] Packages =
    [
        ("AddDependencyChecks() of HealthKit.Dependencies", ["Tcp", "Dns", "Tls", "Http", "Inventory", "Redis", "MySql", "PostgreSql", "Sql", "Queue"]),
        ("AddRabbitMqChecks() of HealthKit.RabbitMq", ["RabbitMq"]),
    ];

    /// <summary>What follows the error; nothing when there is nothing to say.</summary>
    public static string For(string typed, IEnumerable<string> registered)
    {
        var known = registered.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var missing = Array.FindAll(Packages, package => !package.Types.Any(known.Contains));
        if (Nearest(typed, known.Concat(missing.SelectMany(package => package.Types))) is { } near)
        {
            var call = Array.Find(missing, package => package.Types.Contains(near)).Call;
            var meant = near.Equals(typed, StringComparison.OrdinalIgnoreCase) ? near : $"Did you mean {near}? It";
            return call is null ? $". Did you mean {near}?" : $". {meant} is known once {call} is called beside AddHealthKit()";
        }

        return missing.Length == 0
            ? string.Empty
            : $". A type of another package is known once its call stands beside AddHealthKit(): {string.Join(", ", missing.Select(package => package.Call))}";
    }

    private static string? Nearest(string typed, IEnumerable<string> names) => names
        .Select(name => (Name: name, Distance: Distance(typed, name)))
        .Where(near => near.Distance <= Math.Min(MaxDistance, near.Name.Length / 2))
        .OrderBy(near => near.Distance)
        .ThenBy(near => near.Name, StringComparer.Ordinal)
        .Select(near => near.Name)
        .FirstOrDefault();

    /// <summary>How many characters differ (Levenshtein), ignoring case; one where the shorter begins the longer: Postgres, PostgreSql.</summary>
    private static int Distance(string a, string b)
    {
        (a, b) = (a.ToUpperInvariant(), b.ToUpperInvariant());
        if (a == b || Math.Abs(a.Length - b.Length) > b.Length)
        {
            return a == b ? 0 : int.MaxValue; // bounded: the text is anybody's
        }

        if (Math.Min(a.Length, b.Length) >= MinPrefix && (a.StartsWith(b, StringComparison.Ordinal) || b.StartsWith(a, StringComparison.Ordinal)))
        {
            return 1;
        }

        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
