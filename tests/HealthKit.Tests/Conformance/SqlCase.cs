using HealthKit.Tests.Dependencies;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

internal sealed class SqlCase() : DependencyCase<SqlOptions>(
    SqlCheck.Type, static (network, options) => new SqlCheck(network, options, new ServiceCollection().BuildServiceProvider()), Stage.Use)
{
    // The driver does TLS and the login within opening: they have no time of their own, and it says less of certificates.
    public override IEnumerable<string> MoreSources => [.. base.MoreSources.Where(source => !source.EndsWith("ShownCertificate.cs", StringComparison.Ordinal))];

    public override IEnumerable<string> MoreReasons => base.MoreReasons.Except(["tls.timeout", "tls.slow", "auth.slow"]);

    protected override void Configure(Scenario scenario, SqlOptions options) => FakeDatabases.Connect(options, scenario);

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory)
    {
        var planted = FakeDatabases.Planted(text);
        builder
            .AddSqlCheck(new FakeDataSource(planted.ConnectionString), options => options.Facts.Add(new SqlFact("planted", $"SELECT '{text}'") { Grant = text, Quantity = text }), name: "source")
            .AddSqlCheck(_ => new FakeConnection { ConnectionString = FakeDatabases.Refusing(text).ConnectionString }, options => options.Statement = $"SELECT '{text}'", name: "factory");
    }
}
