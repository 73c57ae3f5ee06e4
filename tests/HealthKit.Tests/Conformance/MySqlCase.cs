using HealthKit.Tests.Dependencies;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

internal sealed class MySqlCase() : DependencyCase<MySqlOptions>(
    MySqlCheck.Type, static (network, options) => new MySqlCheck(network, options, new ServiceCollection().BuildServiceProvider()), Stage.Use)
{
    private static readonly Lazy<FakeMySql> Healthy = new(static () =>
    {
        // Two sources and an account with a limit: every reading there is.
        var server = new FakeMySql("conformance-mysql") { Session = ["utf8mb4", null, "utf8mb4", "shop", "app@%", "\U0001F603", 5L] };
        server.Channels.Add(["Yes", "Yes", 1, 0, "10.0.0.1", 3306, "one", 0, "", 0, ""]);
        server.Channels.Add(["Yes", "Yes", 2, 0, "10.0.0.2", 3306, "two", 0, "", 0, ""]);
        return server;
    });

    // The driver does TLS and the login within opening: they have no time of their own, and it says less of certificates.
    public override IEnumerable<string> MoreSources => [.. base.MoreSources.Where(source => !source.EndsWith("ShownCertificate.cs", StringComparison.Ordinal)), "src/HealthKit.Dependencies/Sql"];

    public override IEnumerable<string> MoreReasons => base.MoreReasons.Except(["tls.timeout", "tls.slow", "auth.slow"]);

    protected override void Configure(Scenario scenario, MySqlOptions options)
    {
        FakeDatabases.Connect(options, scenario);
        if (scenario != Scenario.Failing)
        {
            options.ConnectionString = options.ConnectionString!.Replace("conformance-healthy", Healthy.Value.Server.Name, StringComparison.Ordinal);
        }
    }

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory)
    {
        // Every text of the server.
        var planted = new FakeMySql { Session = [text, text, text, text, text, text, 0L], Bytes = (text, text) };
        planted.Variables["version"] = planted.Variables["version_comment"] = planted.Variables["read_only"] = text;
        planted.Channels.Add([text, text, text, text, text, text, text, text, text, text, text]);
        planted.NarrowColumns.Add([text, text, text]);
        var refusing = new FakeMySql { ErrorText = text };
        refusing.Errors["SHOW "] = 1105;
        builder
            .AddMySqlCheck(new FakeDataSource(planted.Server.ConnectionString), name: "source")
            .AddMySqlCheck(new FakeDataSource(refusing.Server.ConnectionString), options => options.KnownNarrowColumns = [$"{text}.*"], name: "statement")
            .AddMySqlCheck(_ => new FakeConnection { ConnectionString = FakeDatabases.Refusing(text).ConnectionString }, name: "factory");
    }
}
