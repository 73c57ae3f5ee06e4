using System.Security.Cryptography.X509Certificates;
using HealthKit.Tests.Dependencies;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

internal sealed class TlsCase() : DependencyCase<TlsCertificateOptions>(TlsCertificateCheck.Type, static (network, options) => new TlsCertificateCheck(network, options), Stage.Tls)
{
    private static readonly Lazy<X509Certificate2> Certificate = new(static () => TestCertificates.Make());
    private static readonly Lazy<RawServer> Server = new(static () => TestCertificates.Serve(Certificate.Value));

    public override string MethodName => nameof(TlsCertificateCheckExtensions.AddTlsCertificateCheck);

    protected override void Configure(Scenario scenario, TlsCertificateOptions options)
    {
        options.Host = scenario == Scenario.Unmeasurable ? "shop.example" : "127.0.0.1";
        options.Port = Server.Value.Port;
        options.PinnedSha256 = [Certificate.Value.Sha256()];
        if (scenario == Scenario.Failing)
        {
            options.DegradedBelowLeft = options.UnhealthyBelowLeft = TimeSpan.FromDays(1_000);
        }
    }

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory)
    {
        var certificate = TestCertificates.Make($"CN=\"{text}\"", [Planted(text)]);
        var server = TestCertificates.Serve(certificate);
        builder
            .AddTlsCertificateCheck(Planted(text), RefusingPort, name: "host")
            .AddTlsCertificateCheck("127.0.0.1", server.Port, options => options.ServerName = Planted(text), name: "untrusted")
            .AddTlsCertificateCheck("127.0.0.1", server.Port, options => options.PinnedSha256 = [certificate.Sha256()], name: "pinned");
    }
}
