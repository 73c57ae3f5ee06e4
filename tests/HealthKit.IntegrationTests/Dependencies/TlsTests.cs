namespace HealthKit.IntegrationTests.Dependencies;

/// <summary>Certificates and servers of openssl, seen by a process that trusts their authority by SSL_CERT_FILE.</summary>
public sealed class TlsTests
{
    private const string Name = "shop.example";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    [Fact]
    public void Every_fault_of_a_certificate_is_told()
    {
        using var ca = new CertificateAuthority();
        var root = ca.Make("Test Root", null, -Days(10), Days(3_000), isAuthority: true);
        var otherRoot = ca.Make("Other Root", null, -Days(10), Days(3_000), isAuthority: true);
        var between = ca.Make("Test Intermediate", root, -Days(10), Days(1_000), isAuthority: true);
        var ending = ca.Make("Ending Intermediate", root, -Days(100), Days(5) + Hour, isAuthority: true);

        // An hour old: good in every zone of time.
        var good = ca.Make(Name, between, -Hour, Days(60) + Hour);
        var self = ca.Make(Name, null, -Hour, Days(60));
        (string Name, int Port, string[] Settings, string Status, string Reason, string Text)[] cases =
        [
            ("good", ca.Serve(good, between), [], "Healthy", "", $"the certificate for {Name} is valid for 60 d "),
            ("five", ca.Serve(ca.Make(Name, between, -Days(85), Days(5) + Hour), between), [], "Degraded", "tls.expiring", "expires soon (degraded below 14 d): "),
            ("one", ca.Serve(ca.Make(Name, between, -Days(85), Days(1) + Hour), between), [], "Unhealthy", "tls.expiring", "expires soon (unhealthy below 3 d): "),
            ("expired", ca.Serve(ca.Make("old.example", between, -Days(90), -Days(2) - Hour), between), [], "Unhealthy", "tls.expired", "the certificate expired 2 d 1 h ago, on "),
            ("early", ca.Serve(ca.Make(Name, between, Hour, Days(90)), between), [], "Unhealthy", "tls.notYetValid", "the certificate is not valid before "),
            ("name", ca.Serve(ca.Make("www.example", between, -Hour, Days(60)), between), [], "Unhealthy", "tls.wrongName", $"the certificate is not for {Name} but for www.example ("),
            ("self", ca.Serve(self), [], "Unhealthy", "tls.selfSigned", "the certificate is self-signed, and not pinned"),
            ("pinned", ca.Serve(self), [$"PinnedSha256={CertificateAuthority.Fingerprint(self)}"], "Healthy", "", "is valid for "),
            ("other", ca.Serve(self), [$"PinnedSha256={CertificateAuthority.Fingerprint(good)}"], "Unhealthy", "tls.pin", "its SHA-256 is " + CertificateAuthority.Fingerprint(self).Replace(":", "", StringComparison.Ordinal)),
            ("incomplete", ca.Serve(good), [], "Unhealthy", "tls.incompleteChain", "the server leaves out an intermediate certificate, or CN=Test Intermediate is unknown here"),
            ("untrusted", ca.Serve(ca.Make(Name, otherRoot, -Hour, Days(60)), otherRoot), [], "Unhealthy", "tls.untrusted", "the certificate's authority is not trusted here (UntrustedRoot): CN=Other Root"),
            ("above", ca.Serve(ca.Make(Name, ending, -Hour, Days(60)), ending), [], "Degraded", "tls.expiring", "the authority that the certificate depends on (CN=Ending Intermediate) is valid for 5 d"),
            ("version", ca.Serve(good, between, "-tls1_2"), ["MinimumProtocol=Tls13"], "Unhealthy", "tls.protocol", "TLS 1.2 was agreed on, which is older than TLS 1.3"),
            ("ancient", ca.Serve(good, between, "-tls1", "-cipher", "ALL:@SECLEVEL=0"), [], "Unhealthy", "tls.protocol", "TLS 1.0"),
            ("cipher", ca.Serve(good, between, "-tls1_2", "-cipher", "NULL-SHA256:@SECLEVEL=0"), [], "Unhealthy", "tls.protocol", "every cipher that this machine offers"),
            ("client12", ca.Serve(good, between, "-tls1_2", "-Verify", "1"), [], "Unhealthy", "tls.clientCertificate", "it wants a certificate of this client"),
            ("client13", ca.Serve(good, between, "-tls1_3", "-Verify", "1"), [], "Healthy", "", "; TLS 1.3 ("),
        ];

        using var child = NetworkChild.Start(
            [],
            [.. cases.Select(one => (one.Name, (string[])["Type=Tls", "Host=127.0.0.1", $"Port={one.Port}", $"ServerName={Name}", .. one.Settings]))],
            ("SSL_CERT_FILE", root),
            ("TZ", "Pacific/Auckland"));
        var run = child.Run();

        Assert.All(cases, one =>
        {
            var (status, reason, text) = run[one.Name];
            Assert.Equal((one.Status, one.Reason), (status, reason));
            Assert.Contains(one.Text, text, StringComparison.Ordinal);
        });
        Assert.Contains("; the certificate is not for shop.example but for old.example (", run["expired"].Text, StringComparison.Ordinal);
        Assert.DoesNotContain("trust", run["expired"].Text, StringComparison.Ordinal);
    }

    private static TimeSpan Days(double days) => TimeSpan.FromDays(days);
}
