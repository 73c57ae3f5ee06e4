using System.Text.RegularExpressions;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.Docs;

/// <summary>The pages that users read: README.md, docs/, and the readme of each package.</summary>
internal static partial class DocPage
{
    /// <summary>Every page, named from the repository's root.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "README.md",
        .. Repository.Packages().Select(package => $"src/{package}/README.md"),
        .. Directory.GetFiles(Repository.PathOf("docs"), "*.md", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The pages that have blocks of a language.</summary>
    public static TheoryData<string> With(string language) => [.. All.Where(page => Blocks(page, language).Count > 0)];

    /// <summary>What stands between <c>```language</c> and <c>```</c>.</summary>
    public static IReadOnlyList<string> Blocks(string page, string language) =>
        [.. Block().Matches(Repository.Read(page)).Where(block => block.Groups[1].Value == language).Select(block => block.Groups[2].Value)];

    [GeneratedRegex("^```([a-z]+)\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}
