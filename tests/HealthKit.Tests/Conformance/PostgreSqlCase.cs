using HealthKit.Tests.Dependencies;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

internal sealed class PostgreSqlCase() : DependencyCase<PostgresOptions>(
    PostgresCheck.Type, static (network, options) => new PostgresCheck(network, options, new ServiceCollection().BuildServiceProvider()), Stage.Use)
{
    public override string MethodName => "AddPostgresCheck";

    public override IEnumerable<string> MoreSources => [.. base.MoreSources, "src/HealthKit.Dependencies/Sql"];

    protected override void Configure(Scenario scenario, PostgresOptions options) => FakeDatabases.Connect(options, scenario);

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory)
    {
        var planted = FakeDatabases.Planted(text);
        builder
            .AddPostgresCheck(new FakeDataSource(planted.ConnectionString), name: "source")
            .AddPostgresCheck(_ => new FakeConnection { ConnectionString = FakeDatabases.Refusing(text).ConnectionString }, options => options.Statement = $"SELECT '{text}'", name: "factory");
    }
}
