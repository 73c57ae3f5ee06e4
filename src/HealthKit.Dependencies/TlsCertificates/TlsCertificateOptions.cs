namespace HealthKit;

/// <summary>Whose certificate the TLS check looks at, and its limits.</summary>
public sealed class TlsCertificateOptions : DependencyOptions
{
    /// <summary>The host: a name or an IP address, without a port.</summary>
    public string? Host { get; set; }

    /// <summary>The port. TLS must begin there at once: not after STARTTLS. Allowed: 1 to 65535. Default: 443.</summary>
    public int Port { get; set; } = 443;

    /// <summary>The name that is asked for (SNI) and that the certificate must be for. Null: <see cref="Host"/>.</summary>
    public string? ServerName { get; set; }

    /// <summary>
    /// Degraded when the certificate, or one that it depends on, is valid for less than this. Allowed: 0 or more. Default: none, which means 14 days, or a quarter of
    /// the certificate's lifetime if that is less.
    /// </summary>
    public TimeSpan? DegradedBelowLeft { get; set; }

    /// <summary>
    /// Unhealthy when the certificate, or one that it depends on, is valid for less than this. Allowed: 0 or more. Default: none, which means 3 days, or a tenth of its
    /// lifetime if that is less.
    /// </summary>
    public TimeSpan? UnhealthyBelowLeft { get; set; }

    /// <summary>
    /// The certificate must be one of these, given by their SHA-256 fingerprints in hexadecimal, with or without colons. Then it need not lead to an
    /// authority and need not be for the name: so a self-signed one can be allowed. Its time counts all the same.
    /// </summary>
    public IList<string>? PinnedSha256 { get; set; }

    /// <summary>The oldest version of TLS that may be agreed on.</summary>
    public TlsVersion MinimumProtocol { get; set; } = TlsVersion.Tls12;

    internal string Target => HostRules.Target(Host!, Port);

    internal IEnumerable<OptionError> Validate()
    {
        if (!HostRules.IsHost(Host))
        {
            yield return HostRules.Reject(nameof(Host), Host, HostRules.AllowedHosts);
        }

        foreach (var error in HostRules.ValidatePort(nameof(Port), Port))
        {
            yield return error;
        }

        if (ServerName is not null && !HostRules.IsHost(ServerName))
        {
            yield return HostRules.Reject(nameof(ServerName), ServerName, HostRules.AllowedHosts);
        }

        if (DegradedBelowLeft < TimeSpan.Zero)
        {
            yield return new OptionError(nameof(DegradedBelowLeft), DegradedBelowLeft, "a time from zero; 14.00:00:00 is 14 days");
        }

        if (UnhealthyBelowLeft < TimeSpan.Zero)
        {
            yield return new OptionError(nameof(UnhealthyBelowLeft), UnhealthyBelowLeft, "a time from zero; 3.00:00:00 is 3 days");
        }

        if (DegradedBelowLeft < UnhealthyBelowLeft)
        {
            yield return new OptionError(nameof(DegradedBelowLeft), DegradedBelowLeft, $"no less than {nameof(UnhealthyBelowLeft)} ({UnhealthyBelowLeft})");
        }

        foreach (var pin in PinnedSha256 ?? [])
        {
            if (CertificatePins.Parse(pin) is null)
            {
                yield return HostRules.Reject(nameof(PinnedSha256), pin, CertificatePins.Allowed);
            }
        }

        foreach (var error in ValidateCommon())
        {
            yield return error;
        }
    }
}
