using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;

namespace HealthKit.IntegrationTests;

/// <summary>
/// Packs every project under src/ once for the tests of this collection. Nothing is built inside the repository: the output goes to a
/// directory of its own, so that tests which run meanwhile find their files untouched.
/// </summary>
public sealed class BuiltPackages : IDisposable
{
    /// <summary>No published package can have it, so an install can only come from our feed.</summary>
    public const string Version = "0.0.1-packed";

    /// <summary>A cold build of everything on a slow machine.</summary>
    private static readonly TimeSpan BuildDeadline = TimeSpan.FromMinutes(5);

    private readonly string _root = Directory.CreateTempSubdirectory("healthkit-packages-").FullName;

    public BuiltPackages()
    {
        try
        {
            Repository = FindRepository();
            Projects = [.. Directory.EnumerateFiles(Path.Combine(Repository, "src"), "*.csproj", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
            var filter = Path.Combine(_root, "src.slnf");
            File.WriteAllText(filter, JsonSerializer.Serialize(new
            {
                solution = new { path = Path.Combine(Repository, "HealthKit.sln"), projects = Projects.Select(p => Path.GetRelativePath(Repository, p)) },
            }));
            PackOutput = Dotnet(
                Repository, null, "pack", filter, "-c", "Release", "-o", Feed, "--artifacts-path", Artifacts, $"-p:Version={Version}", "-warnaserror");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The top of the repository.</summary>
    public string Repository { get; }

    /// <summary>The project files under src/.</summary>
    public IReadOnlyList<string> Projects { get; }

    /// <summary>What <c>dotnet pack</c> said.</summary>
    public string PackOutput { get; }

    /// <summary>The folder with the packages, which serves as a source.</summary>
    public string Feed => Path.Combine(_root, "feed");

    /// <summary>Where the builds of these tests put their outputs.</summary>
    public string Artifacts => Path.Combine(_root, "artifacts");

    /// <summary>A new directory below the one that goes at the end.</summary>
    public string NewDirectory(string name) => Directory.CreateDirectory(Path.Combine(_root, name)).FullName;

    /// <summary>Makes the packed packages known to what is restored in a directory. Only adds a source: the machine's own stay, for what is not ours.</summary>
    public Task AddFeedAsync(string directory) => File.WriteAllTextAsync(
        Path.Combine(directory, "nuget.config"),
        new XElement(
            "configuration",
            new XElement("packageSources", new XElement("add", new XAttribute("key", "packed"), new XAttribute("value", Feed)))).ToString());

    /// <summary>Runs the SDK's command to its end and returns what it printed; fails unless it succeeds.</summary>
    public static string Dotnet(string workingDirectory, IReadOnlyDictionary<string, string>? environment, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = workingDirectory };

        // Nodes that wait for more builds would outlive the test.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var dotnet = ChildProcess.Start(start);
        var output = string.Join('\n', dotnet.ReadToEnd(BuildDeadline));
        return dotnet.WaitForExit() == 0
            ? output
            : throw new InvalidOperationException($"{dotnet.Command} failed in {workingDirectory}:\n{output}\n{dotnet.Errors}");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static string FindRepository()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "HealthKit.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"No HealthKit.sln above {AppContext.BaseDirectory}: these tests pack the repository they were built in.");
    }
}
