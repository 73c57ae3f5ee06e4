using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace HealthKit;

/// <summary>A certificate that a server showed: what people want to know of it. Only public things.</summary>
/// <param name="Subject">Whom it names.</param>
/// <param name="Issuer">Who signed it.</param>
/// <param name="NotBefore">Valid from.</param>
/// <param name="NotAfter">Valid until.</param>
/// <param name="Names">The host names it is for (subject alternative names), at most twenty.</param>
/// <param name="Sha256">Its fingerprint in upper-case hexadecimal, as <c>openssl x509 -fingerprint -sha256</c> gives it without colons.</param>
/// <param name="IsSelfSigned">Subject and issuer are one.</param>
internal sealed record ShownCertificate(
    string Subject, string Issuer, DateTimeOffset NotBefore, DateTimeOffset NotAfter, IReadOnlyList<string> Names, string Sha256, bool IsSelfSigned)
{
    private const int MostNames = 20;
    private const int LongestText = 200;

    public static ShownCertificate Of(X509Certificate2 certificate)
    {
        List<string> names = [];
        try
        {
            foreach (var extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
            {
                names.AddRange(extension.EnumerateDnsNames().Select(Short));
                names.AddRange(extension.EnumerateIPAddresses().Select(address => address.ToString()));
            }
        }
        catch (CryptographicException)
        {
            // What is no list of names names nobody: those before are all there are.
        }

        return new ShownCertificate(
            Short(certificate.Subject),
            Short(certificate.Issuer),
            new DateTimeOffset(certificate.NotBefore.ToUniversalTime()),
            new DateTimeOffset(certificate.NotAfter.ToUniversalTime()),
            names.Count > MostNames ? names[..MostNames] : names,
            certificate.GetCertHashString(HashAlgorithmName.SHA256),
            certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData));
    }

    private static string Short(string text) => ForeignText.Shown(text, LongestText);
}

/// <summary>What is wrong with a certificate; the first is the one to begin with.</summary>
internal static class CertificateProblems
{
    /// <param name="certificate">The certificate.</param>
    /// <param name="chain">How the system tried to lead it back to an authority it trusts.</param>
    /// <param name="errors">What the system found.</param>
    /// <param name="host">The name it must be for.</param>
    /// <param name="pins">Fingerprints (SHA-256) of which it must have one; then nothing else but its time counts.</param>
    /// <param name="now">The time to judge by.</param>
    public static IEnumerable<(string Reason, string Text)> Find(
        ShownCertificate certificate, X509Chain? chain, SslPolicyErrors errors, string host, IReadOnlyCollection<string> pins, DateTimeOffset now)
    {
        if (now > certificate.NotAfter)
        {
            yield return ("tls.expired", $"the certificate expired {Latency.Text(now - certificate.NotAfter)} ago, on {certificate.NotAfter:yyyy-MM-dd HH:mm}Z");
        }
        else if (now < certificate.NotBefore)
        {
            yield return ("tls.notYetValid", $"the certificate is not valid before {certificate.NotBefore:yyyy-MM-dd HH:mm}Z");
        }

        if (pins.Count > 0)
        {
            if (!pins.Contains(certificate.Sha256, StringComparer.OrdinalIgnoreCase))
            {
                yield return ("tls.pin", $"the certificate is not a pinned one: its SHA-256 is {certificate.Sha256}");
            }

            yield break;
        }

        if ((errors & SslPolicyErrors.RemoteCertificateNameMismatch) != 0)
        {
            var names = certificate.Names.Count > 0 ? string.Join(", ", certificate.Names) : "no name";
            yield return ("tls.wrongName", $"the certificate is not for {host} but for {names}");
        }

        if ((errors & SslPolicyErrors.RemoteCertificateChainErrors) != 0)
        {
            // Its time was judged above; a chain whose upper parts expired is an untrusted one.
            var status = chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status) ?? X509ChainStatusFlags.NoError;
            if ((status & X509ChainStatusFlags.Revoked) != 0)
            {
                yield return ("tls.revoked", "the certificate was revoked");
            }
            else if (certificate.IsSelfSigned && (status & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0)
            {
                yield return ("tls.selfSigned", "the certificate is self-signed, and not pinned");
            }
            else if ((status & X509ChainStatusFlags.PartialChain) != 0)
            {
                yield return ("tls.incompleteChain", $"no path leads to a trusted authority: the server leaves out an intermediate certificate, or {certificate.Issuer} is unknown here");
            }
            else if ((status & ~(X509ChainStatusFlags.NotTimeValid | X509ChainStatusFlags.NoError)) != 0 || chain?.ChainElements.Count > 1)
            {
                var rest = status & ~X509ChainStatusFlags.NotTimeValid;
                if (rest != 0 || now <= certificate.NotAfter)
                {
                    yield return ("tls.untrusted", $"the certificate's authority is not trusted here ({(rest == 0 ? status : rest)}): {certificate.Issuer}");
                }
            }
        }
    }
}
