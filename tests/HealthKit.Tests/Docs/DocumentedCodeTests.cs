using System.Text.RegularExpressions;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Docs;

/// <summary>The code in the docs is code that is compiled and run here.</summary>
public partial class DocumentedCodeTests
{
    /// <summary>What is compiled with the solution and may be shown on a page. The sample beside the official SDK is built by hand: its package is not everywhere.</summary>
    private static readonly string[] Compiled =
    [
        "tests/HealthKit.Tests/Docs", "tests/HealthKit.IntegrationTests/Docs", "tests/HealthKit.IntegrationTests.Child/ContainerHealthCheck.cs",
        "samples/Quickstart/Program.cs", "samples/OfficialSentry/HubSender.cs", "samples/OfficialSentry/Program.cs",
    ];

    public static TheoryData<string> PagesWithCode => DocPage.With("csharp");

    [Theory]
    [MemberData(nameof(PagesWithCode))]
    public void Every_block_of_code_stands_in_a_compiled_file(string page)
    {
        var sources = Compiled
            .Select(path => Repository.PathOf(path))
            .SelectMany(path => File.Exists(path) ? [path] : Directory.GetFiles(path, "*.cs"))
            .Select(path => Normalize(File.ReadAllText(path)))
            .ToList();

        // A line with an ellipsis alone leaves something out.
        var parts = DocPage.Blocks(page, "csharp").SelectMany(block => block.Split("\n…\n")).ToList();
        Assert.NotEmpty(parts);
        Assert.All(parts, part => Assert.True(
            sources.Exists(source => source.Contains(Normalize(part), StringComparison.Ordinal)), $"{page} shows what no file of {string.Join(", ", Compiled)} holds:\n{part}"));
    }

    [Fact]
    public void The_code_of_the_readme_is_the_quickstart()
    {
        Assert.Equal(Normalize(Repository.Read("samples/Quickstart/Program.cs")), Normalize(DocPage.Blocks("README.md", "csharp")[0]));
    }

    [Fact]
    public async Task The_documented_delegate_check_works()
    {
        var builder = TestHost.Builder(("AddDefaultChecks", "false"));
        WritingChecksSamples.Delegate(builder, new Inbox(1_200));
        await using var host = await TestHost.Start(builder);
        var state = await host.Until("inbox", check => check.Condition == CheckCondition.Current);
        Assert.Equal(HealthStatus.Degraded, state.Status);
        Assert.Equal([new Reading("waitingCount", 1_200, "count")], state.Readings);
    }

    [Fact]
    public async Task The_documented_no_news_ages_to_unknown()
    {
        var import = new Import { Finished = 5 };
        var builder = TestHost.Builder(
            ("AddDefaultChecks", "false"), ("Defaults:Period", "00:00:00.1"), ("Defaults:Timeout", "00:00:00.1"));
        WritingChecksSamples.NoNews(builder, import);
        await using var host = await TestHost.Start(builder);
        Assert.Contains("imported 5 rows", (await host.Until("import", check => check.CheckedAt is not null)).Description, StringComparison.Ordinal);
        var stale = await host.Until("import", check => check.Condition == CheckCondition.Stale);
        Assert.Equal((HealthStatus.Unhealthy, "check.stale"), (stale.Status, stale.Reason));
    }

    [Fact]
    public async Task The_documented_check_type_works_in_code_and_in_configuration()
    {
        var builder = TestHost.Builder(
            ("AddDefaultChecks", "false"), ("Checks:orders:Type", "Inbox"), ("Checks:orders:Folder", "orders"), ("Checks:orders:DegradedAboveCount", "200"));
        builder.Services.AddSingleton<IInbox>(new Inbox(300));
        WritingChecksSamples.CheckType(builder);
        builder.Services.AddHealthChecks().AddInboxCheck("mail");
        builder.Services.AddHealthKit().AddInboxCheck("post").Configure("inbox_post", policy => policy with { Period = TimeSpan.FromMinutes(1) });
        await using var host = await TestHost.Start(builder);
        var orders = await host.Until("orders", check => check.Condition == CheckCondition.Current);
        Assert.Equal((HealthStatus.Degraded, "inbox.full", "Start a second consumer."), (orders.Status, orders.Reason, orders.Remedy));
        Assert.Equal(HealthStatus.Healthy, (await host.Until("inbox_mail", check => check.Condition == CheckCondition.Current)).Status);
        Assert.Equal(HealthStatus.Healthy, (await host.Until("inbox_post", check => check.Condition == CheckCondition.Current)).Status);
    }

    [Fact]
    public async Task The_documented_sinks_work()
    {
        var builder = TestHost.Builder(("AddDefaultChecks", "false"));
        builder.Services.AddSingleton<IncidentsSamples.MailSink>();
        builder.Services.AddSingleton<IMailer, Mailer>();
        IncidentsSamples.Sinks(builder, "http://127.0.0.1:9/hook");
        await using var host = await TestHost.Start(builder);
        await IncidentsSamples.Test(host.Host.Services.GetRequiredService<HealthIncidents>());
        Assert.Equal("Test: alerts of " + builder.Environment.ApplicationName, ((Mailer)host.Host.Services.GetRequiredService<IMailer>()).Title?.Split(" on ")[0]);
    }

    private static string Normalize(string code) => WhiteSpace().Replace(Comment().Replace(code, ""), " ").Trim();

    [GeneratedRegex(@"(?<=^|\s)//[^\n]*", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();

    private sealed class Inbox(int waiting) : IInbox
    {
        public Task<int> CountAsync(CancellationToken token) => Task.FromResult(waiting);

        public Task<int> CountAsync(string folder, CancellationToken token) => Task.FromResult(waiting);
    }

    private sealed class Mailer : IMailer
    {
        public string? Title { get; private set; }

        public Task SendAsync(string title, string body, CancellationToken token)
        {
            Title = title;
            return Task.CompletedTask;
        }
    }

    private sealed class Import : IImport
    {
        public int? Finished { get; set; }

        public int? TakeLastFinished() => (Finished, Finished = null).Item1;
    }
}
