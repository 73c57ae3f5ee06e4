using System.Text;
using HealthKit.Tests.Dependencies;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

internal sealed class TcpCase() : DependencyCase<TcpOptions>(TcpCheck.Type, static (network, options) => new TcpCheck(network, options), Stage.Connect)
{
    private static readonly Lazy<RawServer> Server = new(static () => RawServer.Silent());

    protected override void Configure(Scenario scenario, TcpOptions options)
    {
        options.Host = scenario == Scenario.Unmeasurable ? "db.example" : "127.0.0.1";
        options.Port = scenario == Scenario.Failing ? RefusingPort : Server.Value.Port;
    }

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory)
    {
        var greeter = RawServer.Greeting(Encoding.ASCII.GetBytes($"SSH-2.0-{text}\r\n"));
        builder
            .AddTcpCheck(Planted(text), RefusingPort, name: "host")
            .AddTcpCheck("127.0.0.1", greeter.Port, name: "greeting");
    }
}
