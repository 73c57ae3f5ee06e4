using System.Globalization;
using System.Text.Json.Nodes;

namespace HealthKit.IntegrationTests;

/// <summary>
/// Sentry's own code, run by Node. tests/run.sh installs it (<c>node_oracles</c>). Node 20.19 or later is needed, which not every machine has:
/// without it the tests fail in CI, and elsewhere say that they compared nothing.
/// </summary>
internal static class SentryOracle
{
    private static readonly Version OldestNode = new(20, 19);

    /// <summary>Where tests/run.sh puts the packages.</summary>
    public static string Packages { get; } = Path.Combine(Repository(), "artifacts", "node-oracles");

    /// <summary>Why there is no Node to ask; null when there is. A failure in CI.</summary>
    public static string? WhyNot()
    {
        var why = FindProblem();
        return why is not null && Environment.GetEnvironmentVariable("CI") is { Length: > 0 } ? throw new InvalidOperationException(why) : why;
    }

    /// <summary>Asks it; one process an answer.</summary>
    public static JsonNode Ask(JsonObject question)
    {
        using var node = ChildProcess.Start("node", Script("oracle.cjs"), Packages);
        node.WriteLine(question.ToJsonString());
        node.EndInput();
        var answer = string.Concat(node.ReadToEnd(TimeSpan.FromSeconds(60)));
        return node.WaitForExit() == 0
            ? JsonNode.Parse(answer)!
            : throw new InvalidOperationException($"{node.Command} failed: {node.Errors}");
    }

    /// <summary>A script beside the tests, which needs the packages.</summary>
    public static string Script(string name)
    {
        foreach (var package in new[] { "@sentry/core", "@sentry/node", "@spotlightjs/spotlight" })
        {
            if (!Directory.Exists(Path.Combine(Packages, "node_modules", package)))
            {
                throw new InvalidOperationException($"This test needs {package} in {Packages}: run tests/run.sh, or its step node_oracles.");
            }
        }

        return Path.Combine(Repository(), "tests", "HealthKit.IntegrationTests", "Sentry", name);
    }

    private static string? FindProblem()
    {
        const string Need = "These tests compare with Sentry's own code, which needs Node 20.19 or later";
        string version;
        try
        {
            version = Tool.Run("node", "--version").Trim();
        }
        catch (InvalidOperationException e)
        {
            return $"{Need}: {e.Message}";
        }

        return Version.TryParse(version.TrimStart('v'), out var found) && found >= OldestNode
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{Need}; this machine has {version}.");
    }

    private static string Repository()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "HealthKit.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"No HealthKit.sln above {AppContext.BaseDirectory}.");
    }
}
