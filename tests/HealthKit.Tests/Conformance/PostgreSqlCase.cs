using HealthKit.Tests.Dependencies;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

internal sealed class PostgreSqlCase() : DependencyCase<PostgreSqlOptions>(
    PostgreSqlCheck.Type, static (network, options) => new PostgreSqlCheck(network, options, new ServiceCollection().BuildServiceProvider()), Stage.Use)
{
    public override string MethodName => "AddPostgreSqlCheck";

    // The driver does TLS and the login within opening: they have no time of their own, and it says less of certificates.
    public override IEnumerable<string> MoreSources => [.. base.MoreSources.Where(source => !source.EndsWith("ShownCertificate.cs", StringComparison.Ordinal)), "src/HealthKit.Dependencies/Sql"];

    public override IEnumerable<string> MoreReasons => base.MoreReasons.Except(["tls.timeout", "tls.slow", "auth.slow"]);

    protected override void Configure(Scenario scenario, PostgreSqlOptions options) => FakeDatabases.Connect(options, scenario);

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory)
    {
        var planted = FakeDatabases.Planted(text);
        builder
            .AddPostgreSqlCheck(new FakeDataSource(planted.ConnectionString), name: "source")
            .AddPostgreSqlCheck(_ => new FakeConnection { ConnectionString = FakeDatabases.Refusing(text).ConnectionString }, options => options.Statement = $"SELECT '{text}'", name: "factory");
    }
}
