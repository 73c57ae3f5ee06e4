using System.Text.RegularExpressions;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Docs;

/// <summary>The code in the docs is code that is compiled and run here.</summary>
public partial class DocumentedCodeTests
{
    [Theory]
    [InlineData("docs/writing-checks.md", "tests/HealthKit.Tests/Docs/WritingChecksSamples.cs")]
    [InlineData("docs/getting-started.md", "tests/HealthKit.Tests/Docs/GettingStartedSamples.cs")]
    [InlineData("docs/incidents.md", "tests/HealthKit.Tests/Docs/IncidentsSamples.cs")]
    [InlineData("docs/sentry.md", "tests/HealthKit.Tests/Docs/SentrySamples.cs")]
    [InlineData("docs/log-summary.md", "tests/HealthKit.Tests/Docs/LogSummarySamples.cs")]
    [InlineData("docs/log-trimming.md", "tests/HealthKit.Tests/Docs/LogTrimmingSamples.cs")]
    [InlineData("docs/guides/runaway-log.md", "tests/HealthKit.Tests/Docs/LogTrimmingSamples.cs")]
    [InlineData("docs/guides/queues.md", "tests/HealthKit.IntegrationTests/Docs/DataStoreSamples.cs")]
    [InlineData("docs/checks/queue.md", "tests/HealthKit.IntegrationTests/Docs/DataStoreSamples.cs")]
    [InlineData("docs/checks/sql.md", "tests/HealthKit.IntegrationTests/Docs/DataStoreSamples.cs")]
    [InlineData("docs/checks/mysql.md", "tests/HealthKit.IntegrationTests/Docs/DataStoreSamples.cs")]
    [InlineData("docs/checks/postgresql.md", "tests/HealthKit.IntegrationTests/Docs/DataStoreSamples.cs")]
    [InlineData("docs/checks/redis.md", "tests/HealthKit.IntegrationTests/Docs/DataStoreSamples.cs")]
    [InlineData("docs/checks/rabbitmq.md", "tests/HealthKit.IntegrationTests/Docs/DataStoreSamples.cs")]
    [InlineData("docs/deployment.md", "tests/HealthKit.IntegrationTests.Child/ContainerHealthCheck.cs")]
    [InlineData("README.md", "samples/Quickstart/Program.cs")]
    public void Every_block_of_code_stands_in_a_compiled_file(string page, string source)
    {
        var code = Normalize(File.ReadAllText(Repository.PathOf(source)));
        var blocks = CodeBlock().Matches(File.ReadAllText(Repository.PathOf(page)));
        Assert.NotEmpty(blocks);
        Assert.All(blocks, block => Assert.Contains(Normalize(block.Groups[1].Value), code, StringComparison.Ordinal));
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

    private static string Normalize(string code) => WhiteSpace().Replace(code, " ").Trim();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

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
