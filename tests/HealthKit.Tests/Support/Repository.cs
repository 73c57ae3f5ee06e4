namespace HealthKit.Tests.Support;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The text of a file, named from the root.</summary>
    public static string Read(string relative)
    {
        var path = PathOf(relative);
        Assert.True(File.Exists(path), $"{relative} is missing.");
        return File.ReadAllText(path).ReplaceLineEndings("\n");
    }

    /// <summary>The packages, by their folders below <c>src</c>.</summary>
    public static IReadOnlyList<string> Packages() =>
    [
        .. Directory.GetDirectories(PathOf("src"))
            .Where(folder => Directory.GetFiles(folder, "*.csproj").Length > 0)
            .Select(folder => Path.GetFileName(folder))
            .Order(StringComparer.Ordinal),
    ];

    private static string Find()
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
