using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>Whether a server's certificate is good, and for how long still.</summary>
internal sealed class TlsCertificateCheck(Network network, Func<TlsCertificateOptions> options) : DependencyCheck<TlsCertificateOptions>(network, options)
{
    public static readonly CheckType<TlsCertificateOptions> Type = CheckType.Create<TlsCertificateOptions>(
        new CheckDescriptor(
            "Tls",
            "Whether a server shows a certificate that this machine accepts, for how long that is still valid, and which version of TLS is agreed on.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "The certificate is accepted and valid for long enough.",
                [HealthStatus.Degraded] = "The certificate will soon expire, or it took longer than DegradedAboveLatency.",
                [HealthStatus.Unhealthy] =
                    "The certificate expires at once or has expired, is for another name, leads to no trusted authority or is not the pinned one; the protocol is too old; or the server cannot be reached.",
            },
            "openssl s_client -connect <host>:<port> -servername <name> -showcerts shows what the server sends, openssl x509 -noout -text what is in it.",
            "Renew the certificate, and have the server load it: many read it at their start only.")
        {
            RemedyByReason = StageRemedies.UpTo(Stage.Tls, new Dictionary<string, string>
            {
                ["tls.expiring"] = "See why it was not renewed (certbot certificates, its timer), renew it, and have the server load it: many read it at their start only.",
                ["tls.clientCertificate"] = "This check has no certificate to show. Over TLS 1.3 the server's can be seen all the same; else watch its file where it is.",
            }),
            DefaultTags = ["ready"],
        },
        static options => options.Validate(),
        static (services, options) => new TlsCertificateCheck(services.GetRequiredService<Network>(), options));

    private static readonly TimeSpan Soon = TimeSpan.FromDays(14);
    private static readonly TimeSpan VerySoon = TimeSpan.FromDays(3);

    protected override string TargetOf(TlsCertificateOptions options) => options.Target;

    protected override string? HostOf(TlsCertificateOptions options) => options.Host;

    protected override async Task<DependencyFinding> ProbeAsync(StageRun run, TlsCertificateOptions options)
    {
        var socket = await Connector.ConnectAsync(run, options.Host!, options.Port).ConfigureAwait(false);
        var name = HostRules.TlsName(options.ServerName ?? options.Host!);
        var stream = run.Own(new NetworkStream(socket, ownsSocket: false));
        await TlsClient.AuthenticateAsync(run, stream, name, CertificatePins.Parse(options.PinnedSha256)).ConfigureAwait(false);
        return run.TlsProtocol is { } protocol && IsOlder(protocol, options.MinimumProtocol)
            ? DependencyFinding.Unhealthy("tls.protocol", $"{protocol} was agreed on, which is older than {Text(options.MinimumProtocol)}")
            : Judge(run, options, name);
    }

    private static bool IsOlder(string protocol, TlsVersion minimum) =>
        protocol is not "TLS 1.3" && (minimum == TlsVersion.Tls13 || protocol is not "TLS 1.2");

    private static string Text(TlsVersion version) => version == TlsVersion.Tls13 ? "TLS 1.3" : "TLS 1.2";

    private DependencyFinding Judge(StageRun run, TlsCertificateOptions options, string name)
    {
        var certificate = run.Certificate!;
        var now = Network.Time.GetUtcNow();
        var lifetime = certificate.NotAfter - certificate.NotBefore;
        var unhealthy = options.UnhealthyBelowLeft ?? Least(VerySoon, lifetime / 10, options.DegradedBelowLeft);
        var degraded = options.DegradedBelowLeft ?? Most(Least(Soon, lifetime / 4, null), unhealthy);

        var (left, who) = (certificate.NotAfter - now, $"the certificate for {name}");
        if (run.ChainEnds is { } chain && chain.NotAfter < certificate.NotAfter)
        {
            (left, who) = (chain.NotAfter - now, $"the authority that the certificate depends on ({chain.Subject})");
        }

        var until = (now + left).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
        var facts = $"{who} is valid for {Latency.Text(left)} still, until {until}Z; issued by {certificate.Issuer}; {run.TlsProtocol}";
        return left < unhealthy ? DependencyFinding.Unhealthy("tls.expiring", $"expires soon (unhealthy below {Latency.Text(unhealthy)}): {facts}")
            : left < degraded ? DependencyFinding.Degraded("tls.expiring", $"expires soon (degraded below {Latency.Text(degraded)}): {facts}")
            : DependencyFinding.Healthy(facts);
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other, TimeSpan? third)
    {
        var least = one < other ? one : other;
        return third < least ? third.Value : least;
    }

    private static TimeSpan Most(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
