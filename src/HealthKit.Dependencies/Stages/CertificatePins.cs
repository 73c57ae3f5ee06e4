namespace HealthKit;

/// <summary>Fingerprints of certificates as options give them.</summary>
internal static class CertificatePins
{
    /// <summary>What errors say is allowed.</summary>
    public const string Allowed =
        "the SHA-256 fingerprint of a certificate, 64 hexadecimal digits with or without colons, as openssl x509 -noout -fingerprint -sha256 prints it";

    /// <summary>A fingerprint as <see cref="ShownCertificate.Sha256"/> writes it; null when the text is none.</summary>
    public static string? Parse(string? text)
    {
        var digits = text?.Replace(":", "", StringComparison.Ordinal);
        return digits is { Length: 64 } && digits.All(char.IsAsciiHexDigit) ? digits.ToUpperInvariant() : null;
    }

    /// <summary>All that are ones.</summary>
    public static IReadOnlyCollection<string> Parse(IEnumerable<string>? texts) => [.. (texts ?? []).Select(Parse).OfType<string>()];
}
