using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace HealthKit;

/// <summary>Goes through the stage of TLS, and says what was wrong in terms that people can act on.</summary>
internal static class TlsClient
{
    /// <summary>Encrypts a connection. The stream is closed with the run.</summary>
    /// <param name="run">The run; it learns of the certificate, valid or not.</param>
    /// <param name="inner">The connection.</param>
    /// <param name="host">The name that the certificate must be for.</param>
    /// <param name="pins">Fingerprints (SHA-256) of which the certificate must have one, instead of a trusted authority and the name.</param>
    /// <param name="protocols">What is spoken: null for HTTP's, by ALPN (RFC 7301).</param>
    /// <exception cref="StageException">There is no TLS there, no common protocol, or the certificate is not accepted.</exception>
    public static async Task<SslStream> AuthenticateAsync(
        StageRun run, Stream inner, string host, IReadOnlyCollection<string> pins, List<SslApplicationProtocol>? protocols = null)
    {
        List<(string Reason, string Text)> problems = [];
        var wantsCertificate = false;
        var stream = run.Own(new SslStream(inner, leaveInnerStreamOpen: false));
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            ApplicationProtocols = protocols,
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                if (certificate is null)
                {
                    problems.Add(("tls.noCertificate", "no certificate was shown"));
                    return false;
                }

                using var shown = new X509Certificate2(certificate);
                run.Certificate = ShownCertificate.Of(shown);
                run.ChainEnds = chain is { ChainElements.Count: > 1 } && pins.Count == 0
                    ? ShownCertificate.Of(chain.ChainElements.Skip(1).MinBy(element => element.Certificate.NotAfter)!.Certificate)
                    : null;
                problems.AddRange(CertificateProblems.Find(run.Certificate, chain, errors, host, pins, run.Network.Time.GetUtcNow()));
                return problems.Count == 0;
            },
            LocalCertificateSelectionCallback = (_, _, _, shown, _) =>
            {
                // Called without one before the handshake, and with the server's when that asks for ours. We have none.
                wantsCertificate |= shown is not null;
                return null!;
            },
            CertificateChainPolicy = new X509ChainPolicy
            {
                // What a server leaves out, other clients lack too; and a health check asks nobody else.
                DisableCertificateDownloads = true,
                RevocationMode = X509RevocationMode.NoCheck,
                VerificationTime = run.Network.Time.GetUtcNow().UtcDateTime,
            },
        };
        await run.DoAsync(Stage.Tls, async token =>
        {
            try
            {
                await stream.AuthenticateAsClientAsync(options, token).ConfigureAwait(false);
            }
            catch (Exception e) when (problems.Count > 0 && e is not OperationCanceledException)
            {
                throw new StageException(Stage.Tls, problems[0].Reason, string.Join("; ", problems.Select(problem => problem.Text)), e);
            }
            catch (Exception e) when (e is AuthenticationException or IOException or SocketException)
            {
                var (reason, text) = wantsCertificate
                    ? ("tls.clientCertificate", "it wants a certificate of this client, and ends the handshake without one")
                    : Explain(e);
                throw new StageException(Stage.Tls, reason, text, e);
            }
        }).ConfigureAwait(false);
        run.TlsProtocol = Name(stream.SslProtocol);
        return stream;
    }

    /// <summary>Why a handshake failed.</summary>
    internal static (string Reason, string Text) Explain(Exception error)
    {
        for (var e = error; e is not null; e = e.InnerException)
        {
            if (e is SocketException { SocketErrorCode: SocketError.ConnectionReset })
            {
                return ("tls.reset", "the connection was reset during the handshake");
            }

            // OpenSSL's reasons (ERR_reason_error_string(3)), which .NET hands on as text only.
            var text = e.Message;
            if (Has(text, "frame size or a corrupted frame") || Has(text, "wrong version number") || Has(text, "packet length too long") || Has(text, "http request"))
            {
                return ("tls.notTls", "what answers there does not speak TLS");
            }

            if (Has(text, "protocol version") || Has(text, "unsupported protocol") || Has(text, "no protocols available"))
            {
                return ("tls.protocol", "it speaks no version of TLS that this machine accepts");
            }

            // What a server of TLS 1.0 says to ciphers that it does not know: this machine offers none of that time.
            if (Has(text, "handshake failure") || Has(text, "no shared cipher") || Has(text, "insufficient security"))
            {
                return ("tls.protocol", "it refuses every version of TLS and every cipher that this machine offers, as one that only speaks TLS 1.0 or 1.1 does");
            }

            if (Has(text, "certificate required") || Has(text, "bad certificate") || Has(text, "unknown ca"))
            {
                return ("tls.clientCertificate", "it wants a certificate of this client, or does not accept it");
            }

            if (Has(text, "unrecognized name"))
            {
                return ("tls.unrecognizedName", "it knows no site of that name");
            }

            if (Has(text, "unexpected EOF") || Has(text, "0 bytes from the transport stream"))
            {
                return ("tls.closed", "the connection was closed during the handshake");
            }
        }

        return error is IOException
            ? ("tls.closed", $"the connection broke during the handshake: {error.Message}")
            : ("tls.failed", $"the handshake failed: {error.InnerException?.Message ?? error.Message}");
    }

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);

    private static string Name(SslProtocols protocol) => protocol switch
    {
        SslProtocols.Tls13 => "TLS 1.3",
        SslProtocols.Tls12 => "TLS 1.2",
        _ => protocol.ToString(),
    };
}
