using HealthKit.Tests.Dependencies;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

internal sealed class PostgreSqlCase() : DependencyCase<PostgresOptions>(
    PostgresCheck.Type, static (network, options) => new PostgresCheck(network, options, new ServiceCollection().BuildServiceProvider()), Stage.Use)
{
    public override string MethodName => "AddPostgresCheck";

    // The driver does TLS and the login within opening: they have no time of their own, and it says less of certificates.
    public override IEnumerable<string> MoreSources => [.. base.MoreSources.Where(source => !source.EndsWith("ShownCertificate.cs", StringComparison.Ordinal)), "src/HealthKit.Dependencies/Sql"];

    public override IEnumerable<string> MoreReasons => base.MoreReasons.Except(["tls.timeout", "tls.slow", "auth.slow"]);

    protected override void Configure(Scenario scenario, PostgresOptions options) => FakeDatabases.Connect(options, scenario);

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory)
    {
        var planted = FakeDatabases.Planted(text);
        builder
            .AddPostgresCheck(new FakeDataSource(planted.ConnectionString), name: "source")
            .AddPostgresCheck(_ => new FakeConnection { ConnectionString = FakeDatabases.Refusing(text).ConnectionString }, options => options.Statement = $"SELECT '{text}'", name: "factory");
    }
}
