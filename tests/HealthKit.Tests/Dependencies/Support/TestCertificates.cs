using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HealthKit.Tests.Dependencies;

/// <summary>Certificates made for a test, and servers that show them.</summary>
internal static class TestCertificates
{
    /// <summary>A certificate; self-signed without an authority.</summary>
    public static X509Certificate2 Make(
        string subject = "CN=shop.example",
        string[]? names = null,
        double fromDays = -1,
        double toDays = 89.01,
        X509Certificate2? authority = null,
        bool isAuthority = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names ?? ["shop.example"])
        {
            if (IPAddress.TryParse(name, out var address))
            {
                alternatives.AddIpAddress(address);
            }
            else
            {
                alternatives.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, critical: true));
        if (!isAuthority)
        {
            request.CertificateExtensions.Add(alternatives.Build());
        }

        var (from, to) = (DateTimeOffset.UtcNow.AddDays(fromDays), DateTimeOffset.UtcNow.AddDays(toDays));
        if (authority is null)
        {
            using var self = request.CreateSelfSigned(from, to);
            return Loaded(self);
        }

        using var issued = request.Create(authority, from, to, RandomNumberGenerator.GetBytes(8));
        using var withKey = issued.CopyWithPrivateKey(key);
        return Loaded(withKey);
    }

    public static string Sha256(this X509Certificate2 certificate) => certificate.GetCertHashString(HashAlgorithmName.SHA256);

    /// <summary>A server that greets nobody before TLS stands, and then waits.</summary>
    public static RawServer Serve(X509Certificate2 certificate, Action<SslServerAuthenticationOptions>? configure = null, Func<CancellationToken, Task>? before = null) =>
        new(async (socket, token) =>
        {
            if (before is not null)
            {
                await before(token);
            }

            await using var stream = new SslStream(new System.Net.Sockets.NetworkStream(socket));
            var options = new SslServerAuthenticationOptions
            {
                ServerCertificateContext = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true),
                EnabledSslProtocols = SslProtocols.None,
            };
            configure?.Invoke(options);
            await stream.AuthenticateAsServerAsync(options, token);
            var bytes = new byte[1024];
            while (await stream.ReadAsync(bytes, token) > 0)
            {
            }
        });

    private static X509Certificate2 Loaded(X509Certificate2 certificate) =>
        X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
}
