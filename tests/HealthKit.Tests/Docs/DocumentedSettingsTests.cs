using System.Data.Common;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace HealthKit.Tests.Docs;

/// <summary>The JSON in the docs, pasted as it is into the settings of an app that has the packages, lets the app start.</summary>
public partial class DocumentedSettingsTests
{
    /// <summary>Checks that the app of a page has already, of its own or of other packages: what the page is about.</summary>
    private static readonly Dictionary<string, string[]> OwnChecks = new()
    {
        ["docs/incidents.md"] = ["data_disk", "uploads", "exports", "mysql", "queue"],
        ["docs/guides/with-aspnetcore-healthchecks.md"] = ["redis", "redis_write"],
    };

    /// <summary>JSON that is no settings of HealthKit, by its first name.</summary>
    private static readonly Dictionary<string, string> NotSettings = new()
    {
        ["docs/incidents.md event"] = "what a webhook gets",
        ["docs/guides/official-sentry-sdk.md Logging"] = "settings of the SDK",
    };

    public static TheoryData<string> PagesWithJson => DocPage.With("json");

    [Theory]
    [MemberData(nameof(PagesWithJson))]
    public void Every_block_of_settings_is_taken_by_an_app(string page)
    {
        foreach (var block in DocPage.Blocks(page, "json"))
        {
            using var json = JsonDocument.Parse(Whole(block));
            var first = json.RootElement.EnumerateObject().First();
            if (first.Name == "HealthKit")
            {
                var error = Record.Exception(() => Load(json.RootElement.GetRawText(), OwnChecks.GetValueOrDefault(page, [])));
                Assert.True(error is null, $"{page}: {error?.Message}\n{block}");
            }
            else
            {
                Assert.True(NotSettings.ContainsKey($"{page} {first.Name}"), $"{page} has JSON that no app loads:\n{block}");
            }
        }
    }

    [Fact]
    public void Settings_that_name_a_check_which_is_not_there_are_not_taken()
    {
        Assert.ThrowsAny<OptionsValidationException>(() => Load("""{ "HealthKit": { "Checks": { "redis": { "FailureThreshold": 3 } } } }""", []));
        Assert.ThrowsAny<OptionsValidationException>(
            () => Load("""{ "HealthKit": { "Maintenance": { "m": { "End": "2026-11-23T02:00:00Z", "Begin": "2026-11-22T22:00:00Z", "Checks": ["db"] } } } }""", []));
    }

    /// <summary>A block may be the section alone, or entries of its checks.</summary>
    private static string Whole(string block) =>
        block.StartsWith('{') ? block
        : block.StartsWith("\"HealthKit\"", StringComparison.Ordinal) ? $"{{ {block} }}"
        : Entry().IsMatch(block) ? $$"""{ "HealthKit": { "Checks": { {{block}} } } }"""
        : block;

    private static void Load(string json, IEnumerable<string> ownChecks)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.WebHost.UseTestServer();
        builder.Services.AddRouting();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Redis"] = "redis://cache.example",
            ["ConnectionStrings:Replica"] = "Data Source=replica.db",
            ["ConnectionStrings:Reports"] = "Data Source=reports.db",
            ["HealthKit:StateDirectory"] = Path.Combine(Path.GetTempPath(), "hk-test-" + Guid.NewGuid().ToString("N")),
        });
        builder.Configuration.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json)));
        var kit = builder.AddHealthKit().AddDependencyChecks().AddRabbitMqChecks().AddSentry().AddCheckType(InboxCheck.Type);
        builder.Services.AddSingleton<IInbox, NoInbox>();

        // Providers are registered once for the whole process. Sqlite stands for each: nothing connects here.
        DbProviderFactories.RegisterFactory("MySqlConnector", SqliteFactory.Instance);
        DbProviderFactories.RegisterFactory("Microsoft.Data.Sqlite", SqliteFactory.Instance);
        builder.Services.AddSingleton<DbDataSource>(SqliteFactory.Instance.CreateDataSource("Data Source=:memory:"));
        foreach (var name in new[] { "orders", "shop", "reports" })
        {
            builder.Services.AddKeyedSingleton<DbDataSource>(name, SqliteFactory.Instance.CreateDataSource("Data Source=:memory:"));
        }

        foreach (var name in ownChecks.Where(name => builder.Configuration[$"HealthKit:Checks:{name}:Type"] is null))
        {
            kit.AddDelegateCheck(name, _ => new(HealthCheckResult.Healthy()));
        }

        using var app = builder.Build();
        app.MapHealthKit();

        // What a start validates, it validates when its services are made; the checks themselves would ask hosts that are not there.
        Assert.NotEmpty(app.Services.GetServices<IHostedService>());
        Assert.NotEmpty(app.Services.GetRequiredService<HealthMonitor>().Catalog);
    }

    [GeneratedRegex("^\"[A-Za-z0-9_]+\": *\\{\\s*\"Type\"")]
    private static partial Regex Entry();

    private sealed class NoInbox : IInbox
    {
        public Task<int> CountAsync(CancellationToken token) => Task.FromResult(0);

        public Task<int> CountAsync(string folder, CancellationToken token) => Task.FromResult(0);
    }
}
