using System.Text.RegularExpressions;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.Conformance;

/// <summary>The page of a check type in <c>docs/checks</c>.</summary>
internal sealed partial class CheckPage
{
    private CheckPage(string path, string text)
    {
        Path = path;
        Text = text;
    }

    public string Path { get; }

    public string Text { get; }

    public IReadOnlyList<OptionPage> Options => [.. Rows("Options", "option").Select(row => new OptionPage(Code(row[0]), row[1], row[2]))];

    public IReadOnlyList<string> Reasons => [.. Rows("Reasons", "reason").Select(row => Code(row[0]))];

    public IReadOnlyList<(string Name, string Unit)> Readings => [.. Rows("Readings", "reading").Select(row => (Code(row[0]), row[1]))];

    /// <summary>The file of a type: its name in kebab-case. HealthKit, PostgreSQL and MySQL are one word each.</summary>
    public static string FileOf(string type) =>
        WordStart().Replace(type, "-$0").ToLowerInvariant().Replace("health-kit", "healthkit", StringComparison.Ordinal)
            .Replace("postgre-sql", "postgresql", StringComparison.Ordinal).Replace("my-sql", "mysql", StringComparison.Ordinal).Replace("rabbit-mq", "rabbitmq", StringComparison.Ordinal) + ".md";

    public static CheckPage Of(string type)
    {
        var path = "docs/checks/" + FileOf(type);
        return new CheckPage(path, Repository.Read(path));
    }

    public bool Has(string section) => Section(section).Length > 0;

    /// <summary>Whether the page names something as code.</summary>
    public bool Names(string code) => Text.Contains($"`{code}`", StringComparison.Ordinal);

    private string Section(string heading)
    {
        var start = Text.IndexOf($"\n## {heading}\n", StringComparison.Ordinal);
        var end = start < 0 ? -1 : Text.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
        return start < 0 ? "" : end < 0 ? Text[start..] : Text[start..end];
    }

    /// <summary>The rows of the table in a section whose head begins with a word.</summary>
    private List<string[]> Rows(string heading, string head) =>
    [
        .. Section(heading).Split('\n')
            .SkipWhile(line => !line.StartsWith($"| {head} |", StringComparison.Ordinal))
            .TakeWhile(line => line.StartsWith('|'))
            .Skip(2)
            .Select(line => CellEnd().Split(line.Trim())[1..^1])
            .Select(cells => Array.ConvertAll(cells, cell => cell.Trim())),
    ];

    private static string Code(string cell) => cell.Trim('`');

    [GeneratedRegex("(?<!^)(?=[A-Z][a-z])|(?<=[a-z0-9])(?=[A-Z])")]
    private static partial Regex WordStart();

    // A bar in a cell is written \|.
    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex CellEnd();
}
