using System.Globalization;
using System.Text.RegularExpressions;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.Conformance;

/// <summary>Every check type has a page, and the page tells all of it.</summary>
public partial class PageTests
{
    /// <summary>Reasons that the monitor gives to any check.</summary>
    private static readonly string[] Monitor =
        ["src/HealthKit/Monitoring/Engine", "src/HealthKit/Monitoring/HealthMonitor.cs", "src/HealthKit/Results"];

    public static TheoryData<string> All => CheckTypeTests.All;

    [Theory]
    [InlineData("DiskSpace", "disk-space.md")]
    [InlineData("Memory", "memory.md")]
    [InlineData("HealthKit", "healthkit.md")]
    [InlineData("DnsName", "dns-name.md")]
    [InlineData("OomKills", "oom-kills.md")]
    [InlineData("SQLQuery", "sql-query.md")]
    public void The_page_of_a_type_is_its_name_in_kebab_case(string type, string file) => Assert.Equal(file, CheckPage.FileOf(type));

    [Theory]
    [MemberData(nameof(All))]
    public void The_page_says_how_it_is_called_and_has_the_common_sections(string type)
    {
        var page = CheckPage.Of(type);

        Assert.StartsWith("# ", page.Text, StringComparison.Ordinal);
        Assert.Contains($"Type `{type}`", page.Text, StringComparison.Ordinal);
        Assert.All(
            ["States", "Options", "Readings", "Reasons", "What it cannot see"],
            section => Assert.True(page.Has(section), $"{page.Path} has no section '{section}'."));
        Assert.All(
            ConformanceCases.Of(type).Type.Descriptor.States.Keys,
            status => Assert.Contains(status.ToString(), page.Text, StringComparison.Ordinal));
        if (ConformanceCases.Of(type) is { IsForUsers: true } one)
        {
            Assert.True(page.Names(one.MethodName), $"{page.Path} does not name {one.MethodName}.");
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_page_tells_every_option_and_its_default(string type)
    {
        var page = CheckPage.Of(type);
        var options = ConformanceCases.Of(type).OptionsType;
        var defaults = Activator.CreateInstance(options);

        Assert.Equal(
            OptionPage.OptionsOf(options).Select(option => option.Name).Order(StringComparer.Ordinal),
            page.Options.Select(option => option.Name).Order(StringComparer.Ordinal));
        foreach (var documented in page.Options)
        {
            Assert.NotEqual("", documented.Range);
            var value = options.GetProperty(documented.Name)!.GetValue(defaults);
            var text = value switch
            {
                null => "",
                bool truth => truth ? "true" : "false",
                string given => given,
                IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
                _ => "",
            };
            Assert.NotEqual("", documented.Default);
            Assert.Contains(text, documented.Default, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_documentation_in_the_editor_tells_of_every_number_and_time_what_the_page_does(string type)
    {
        var options = ConformanceCases.Of(type).OptionsType;
        var measured = OptionPage.OptionsOf(options).Where(option => OptionPage.IsNumber(option) || OptionPage.IsTime(option)).ToDictionary(option => option.Name);
        foreach (var documented in CheckPage.Of(type).Options.Where(option => measured.ContainsKey(option.Name)))
        {
            Assert.EndsWith(
                $"Allowed: {documented.Range}. Default: {documented.Default}.".Replace("`", "", StringComparison.Ordinal),
                XmlDocumentation.SummaryOf(measured[documented.Name]),
                StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_page_tells_every_reason_in_the_source_and_no_other(string type)
    {
        var one = ConformanceCases.Of(type);
        var inSource = Reasons([FolderOf(one.OptionsType), .. one.MoreSources]);
        inSource.UnionWith(one.MoreReasons);

        Assert.NotEmpty(inSource);
        Assert.Empty(inSource.Except(CheckPage.Of(type).Reasons));
        Assert.Empty(CheckPage.Of(type).Reasons.Except(inSource).Except(Reasons(Monitor)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task The_page_tells_every_key_of_the_data_and_the_unit_of_every_reading(string type)
    {
        var one = ConformanceCases.Of(type);
        var page = CheckPage.Of(type);
        foreach (var scenario in Enum.GetValues<Scenario>())
        {
            var result = await one.RunRawAsync(scenario);
            var items = result.Data.GetValueOrDefault("items") as IReadOnlyDictionary<string, object>;
            var keys = result.Data.Keys
                .Concat(items?.Values.OfType<IReadOnlyDictionary<string, object>>().SelectMany(item => item.Keys) ?? [])
                .Except(["reason"]);
            Assert.All(keys, key => Assert.True(page.Names(key), $"{page.Path} does not name `{key}`."));
            Assert.All(
                keys.Where(key => Reading.UnitOf(key) is not null),
                key => Assert.Contains(page.Readings, reading => reading.Name == key));
        }

        Assert.All(page.Readings, reading => Assert.Equal(Reading.UnitOf(reading.Name), reading.Unit));
    }

    [Fact]
    public void The_runbook_tells_every_reason_that_the_monitor_gives()
    {
        Assert.Equal(Reasons(Monitor).Order(StringComparer.Ordinal), MonitorReasons.All.Select(reason => reason.Code).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_runbook_is_what_the_descriptors_say() => Approved.Check("docs/runbook.md", Runbook.Write(ConformanceCases.Types()));

    [Fact]
    public void The_runbook_says_nothing_twice()
    {
        var rows = Repository.Read("docs/runbook.md").Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).ToList();

        Assert.Equal(rows.Distinct(), rows);
        Assert.All(
            ConformanceCases.Types().SelectMany(type => type.Descriptor.RemedyByReason),
            remedy => Assert.Contains(rows, row => row.StartsWith($"| `{remedy.Key}` | {Markdown.Cell(remedy.Value)} |", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_index_of_the_checks_is_complete()
    {
        Approved.Check("docs/checks/README.md", CheckIndex.Write());
        Assert.Equal(
            ConformanceCases.Types().Select(type => CheckPage.FileOf(type.Name)).Append("README.md").Order(StringComparer.Ordinal),
            Directory.GetFiles(Repository.PathOf("docs", "checks")).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
    }

    /// <summary>The folder of a check is where its options are.</summary>
    private static string FolderOf(Type options)
    {
        var file = Directory.GetFiles(Repository.PathOf("src"), options.Name + ".cs", SearchOption.AllDirectories);
        return Path.GetRelativePath(Repository.Root, Path.GetDirectoryName(Assert.Single(file))!);
    }

    /// <summary>The string literals in some sources that have the form of a reason.</summary>
    private static HashSet<string> Reasons(IEnumerable<string> sources) =>
    [
        .. sources
            .Select(source => Repository.PathOf(source))
            .SelectMany(path => File.Exists(path) ? [path] : Directory.GetFiles(path, "*.cs", SearchOption.AllDirectories))
            .SelectMany(file => Reason().Matches(File.ReadAllText(file)))
            .Select(match => match.Groups[1].Value),
    ];

    [GeneratedRegex("\"([a-z][A-Za-z]*(?:\\.[a-z][A-Za-z]*)+)\"")]
    private static partial Regex Reason();
}
