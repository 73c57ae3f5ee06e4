namespace HealthKit;

/// <summary>What kind of program an answerer is.</summary>
internal enum AnswererKind
{
    /// <summary>It hands requests on to others: a reverse proxy, a load balancer, a CDN.</summary>
    Gateway,

    /// <summary>It runs apps within itself, or apps are made with it.</summary>
    Server,

    /// <summary>The app, which signs its answers.</summary>
    App,
}

/// <summary>Who gave an answer.</summary>
/// <param name="Name">The program; the app's own name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="IsAuthor">Whether the answer is its own; else it came by way of it, and somebody behind it made it, or it is a page of its own that we do not know.</param>
internal sealed record HttpAnswerer(string Name, AnswererKind Kind, bool IsAuthor)
{
    /// <summary>As sentences go on: <c>502 Bad Gateway by nginx</c>.</summary>
    public string Clause => (Kind, IsAuthor) switch
    {
        (AnswererKind.App, _) => $"by the app itself ({Name})",
        (AnswererKind.Server, _) => $"by an app on {Name}",
        (_, true) => $"by {Name}",
        _ => $"through {Name}",
    };

    /// <summary>As data has it.</summary>
    public override string ToString() => (Kind, IsAuthor) switch
    {
        (AnswererKind.App, _) => $"app {Name}",
        (AnswererKind.Server, _) => $"app on {Name}",
        (_, true) => Name,
        _ => $"behind {Name}",
    };
}
