using System.Data.Common;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace HealthKit.Tests.Dependencies;

/// <summary>What the start of an app says to options of databases.</summary>
public class SqlStartTests
{
    [Theory]
    [InlineData("Sql")]
    [InlineData("PostgreSql")]
    public async Task Without_a_way_to_a_connection_the_start_fails_and_names_both(string type)
    {
        var error = await Start(("Type", type));
        Assert.Contains("HealthKit:Checks:db:DataSource is missing; allowed: ", error, StringComparison.Ordinal);
        Assert.Contains("either DataSource, the key of a DbDataSource", error, StringComparison.Ordinal);
        Assert.Contains("or Provider, the invariant name of a DbProviderFactory", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_named_and_not_there_is_named_with_what_is()
    {
        FakeServer.Register();
        var error = await Start(("Type", "Sql"), ("DataSource", "shop"));
        Assert.Contains("HealthKit:Checks:db:DataSource = 'shop'; allowed: the key of a DbDataSource", error, StringComparison.Ordinal);
        Assert.Contains("registered: default, orders", error, StringComparison.Ordinal);

        error = await Start(("Type", "Sql"), ("Provider", "Nobody"), ("ConnectionString", "Host=db;Password=hunter2hunter2"));
        Assert.Contains("HealthKit:Checks:db:Provider = 'Nobody'; allowed: ", error, StringComparison.Ordinal);
        Assert.Contains(FakeServer.Provider, error, StringComparison.Ordinal);

        error = await Start(("Type", "Sql"), ("Provider", FakeServer.Provider), ("ConnectionString", "hunter2hunter2"));
        Assert.Contains("in configuration also the name of one under ConnectionStrings", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);

        Assert.Contains("with Provider, a connection string", await Start(("Type", "Sql"), ("Provider", FakeServer.Provider)), StringComparison.Ordinal);
        Assert.Contains("with ConnectionString, the invariant name", await Start(("Type", "Sql"), ("ConnectionString", "Host=db")), StringComparison.Ordinal);
        Assert.Contains("not both", await Start(("Type", "Sql"), ("DataSource", "orders"), ("Provider", FakeServer.Provider), ("ConnectionString", "Host=db")), StringComparison.Ordinal);
        Assert.Contains("a statement that begins with DELETE", await Start(("Type", "Sql"), ("DataSource", "orders"), ("Statement", "DELETE FROM x")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("orders")]
    [InlineData("default")]
    public async Task A_data_source_of_the_app_is_found_by_its_key(string key)
    {
        var server = new FakeServer();
        var builder = TestHost.Builder(("Checks:db:Type", "Sql"), ("Checks:db:DataSource", key));
        AddSources(builder.Services, server);
        builder.AddHealthKit(options => options.AddDefaultChecks = false).AddDependencyChecks();
        await using var host = await TestHost.Start(builder);

        Assert.Equal(HealthStatus.Healthy, (await host.Monitor.RunAsync("db")).Status);
        Assert.Equal((1, 0), (server.Opened, server.Open));
    }

    [Fact]
    public async Task A_connection_string_is_found_by_its_name_and_its_password_is_hidden_everywhere()
    {
        var server = new FakeServer { OnOpen = _ => throw new FakeException("hunter2hunter2 is wrong", "28P01") };
        var builder = TestHost.Builder(("Checks:db:Type", "Sql"), ("Checks:db:Provider", FakeServer.Provider), ("Checks:db:ConnectionString", "Shop"));
        builder.Configuration["ConnectionStrings:Shop"] = server.ConnectionString;
        builder.AddHealthKit(options => options.AddDefaultChecks = false).AddDependencyChecks();
        await using var host = await TestHost.Start(builder);

        var state = await host.Monitor.RunAsync("db");

        Assert.Equal("auth.rejected", state.Reason);
        Assert.Contains("*** is wrong", state.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void Facts_are_validated_by_name()
    {
        var options = new SqlOptions { Source = new FakeDataSource("Host=db") };
        options.Facts.Add(new SqlFact("Bad name", "SELECT 1"));
        options.Facts.Add(new SqlFact("one", "DROP TABLE x", GaugeUnit.Percent) { UnhealthyLimit = 101, MaxRows = 0, Period = TimeSpan.FromDays(8), Reason = "bad", ForecastReason = "x.y" });
        options.Facts.Add(new SqlFact("one", "SELECT 1"));

        var errors = options.Validate().Select(error => error.Property).ToList();

        Assert.Equal(
            ["Facts.Name", "Facts[one].Statement", "Facts[one].MaxRows", "Facts[one].Period", "Facts[one].Reason", "Facts[one].UnhealthyLimit", "Facts"],
            errors);
    }

    [Fact]
    public void A_fact_has_a_name_that_nothing_else_has()
    {
        var source = new FakeDataSource("Host=db");
        foreach (var (options, names) in new (DatabaseOptions, string[])[]
        {
            (new SqlOptions { Source = source }, []),
            (new MySqlOptions { Source = source }, ["size", "Connections", "replicationLag", "mostConnections"]),
            (new PostgreSqlOptions { Source = source }, ["size", "connections", "replicationLag", "standbyLag", "standbyBehind", "lostSlots", "retainedWal", "transactionAge", "wraparound"]),
        })
        {
            options.Facts.Add(new SqlFact("mine", "SELECT 1"));
            options.Facts.Add(new SqlFact("mineAge", "SELECT 1", GaugeUnit.Seconds));
            options.Facts.Add(null!);
            options.Facts.Add(new SqlFact("use", "SELECT 1", GaugeUnit.Seconds));
            options.Facts.Add(new SqlFact("tlsSeconds", "SELECT 1", GaugeUnit.Seconds));
            foreach (var name in names)
            {
                options.Facts.Add(new SqlFact(char.ToLowerInvariant(name[0]) + name[1..], "SELECT 1"));
            }

            var errors = options.ValidateDatabase().ToList();

            Assert.Equal(
                ["mineAge", "", "use", "tlsSeconds", .. names],
                errors.Select(error => error.Value?.ToString() ?? ""),
                StringComparer.OrdinalIgnoreCase);
            Assert.Equal("Facts[2]", errors[1].Property);
        }
    }

    [Fact]
    public async Task A_connection_string_that_the_driver_cannot_read_stops_the_start_and_is_not_shown()
    {
        var error = await Start(("Type", "Sql"), ("Provider", FakeServer.Provider), ("ConnectionString", "Host=db;Password=hunter2;tail9"));

        Assert.Contains($"that can be read by {FakeServer.Provider}; quote values that hold ';' or '='", error, StringComparison.Ordinal);
        Assert.DoesNotContain("tail9", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
    }

    private static void AddSources(IServiceCollection services, FakeServer server)
    {
        services.AddSingleton<DbDataSource>(_ => new FakeDataSource(server.ConnectionString));
        services.AddKeyedSingleton<DbDataSource>("orders", (_, _) => new FakeDataSource(server.ConnectionString));
    }

    private static async Task<string> Start(params (string Key, string Value)[] options)
    {
        var builder = TestHost.Builder([.. options.Select(option => ($"Checks:db:{option.Key}", (string?)option.Value))]);
        AddSources(builder.Services, new FakeServer());
        builder.AddHealthKit().AddDependencyChecks();
        return (await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(builder))).Message;
    }
}
