using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies;

/// <summary>What a handshake shows without an authority that this machine trusts; the rest is in the integration tests.</summary>
public class TlsCertificateCheckTests
{
    [Theory]
    [InlineData(SslProtocols.Tls12, "TLS 1.2")]
    [InlineData(SslProtocols.Tls13, "TLS 1.3")]
    public async Task A_pinned_certificate_is_healthy_and_tells_its_time(SslProtocols protocol, string name)
    {
        using var certificate = TestCertificates.Make(names: ["shop.example", "www.shop.example", "10.0.0.7"]);
        using var server = TestCertificates.Serve(certificate, options => options.EnabledSslProtocols = protocol);

        var result = await RunAsync(server, Pinned(certificate));

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Matches(
            $@"^shop\.example:{server.Port}: the certificate for shop\.example is valid for 89 d still, until \d{{4}}-\d\d-\d\d \d\d:\d\dZ; issued by CN=shop\.example; {name} "
            + @"\(resolve [0-9.]+ m?s, connect [0-9.]+ m?s to 127\.0\.0\.1, tls [0-9.]+ m?s\)$",
            result.Description);
        Assert.InRange((double)result.Data["certificateLeftSeconds"], TimeSpan.FromDays(88).TotalSeconds, TimeSpan.FromDays(90).TotalSeconds);
        Assert.Equal((name, certificate.Sha256(), "CN=shop.example"), (result.Data["tlsProtocol"], result.Data["certificateSha256"], result.Data["certificateSubject"]));
        Assert.Equal(["shop.example", "www.shop.example", "10.0.0.7"], (IEnumerable<string>)result.Data["certificateNames"]);
        Assert.Equal("tls", result.Data["stage"]);
    }

    [Theory]
    [InlineData(90, 15, null, null, HealthStatus.Healthy)]
    [InlineData(90, 13, null, null, HealthStatus.Degraded)]
    [InlineData(90, 5, null, null, HealthStatus.Degraded)]
    [InlineData(90, 2, null, null, HealthStatus.Unhealthy)]
    [InlineData(6, 5, null, null, HealthStatus.Healthy)] // short-lived ones are not always about to expire
    [InlineData(6, 1.2, null, null, HealthStatus.Degraded)]
    [InlineData(6, 0.5, null, null, HealthStatus.Unhealthy)]
    [InlineData(90, 20, 21.0, null, HealthStatus.Degraded)]
    [InlineData(90, 20, null, 21.0, HealthStatus.Unhealthy)]
    [InlineData(90, 2, 1.0, null, HealthStatus.Healthy)]
    [InlineData(90, 5, 10.0, 7.0, HealthStatus.Unhealthy)]
    [InlineData(90, 1, 0.0, 0.0, HealthStatus.Healthy)]
    public async Task The_time_left_is_held_against_its_limits(double lifetime, double left, double? degraded, double? unhealthy, HealthStatus status)
    {
        using var certificate = TestCertificates.Make(fromDays: left - lifetime, toDays: left);
        using var server = TestCertificates.Serve(certificate);

        var result = await RunAsync(server, options =>
        {
            Pinned(certificate)(options);
            (options.DegradedBelowLeft, options.UnhealthyBelowLeft) = (Days(degraded), Days(unhealthy));
        });

        Assert.Equal((status, status == HealthStatus.Healthy ? null : "tls.expiring"), (result.Status, result.Reason()));

        static TimeSpan? Days(double? days) => days is { } number ? TimeSpan.FromDays(number) : null;
    }

    [Fact]
    public async Task Five_days_left_are_told_with_the_limit()
    {
        using var certificate = TestCertificates.Make(fromDays: -85, toDays: 5.01);
        using var server = TestCertificates.Serve(certificate);

        var result = await RunAsync(server, Pinned(certificate));

        Assert.Contains(": expires soon (degraded below 14 d): the certificate for shop.example is valid for 5 d still, until ", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_self_signed_one_is_allowed_only_by_its_pin()
    {
        using var certificate = TestCertificates.Make();
        using var other = TestCertificates.Make();
        using var server = TestCertificates.Serve(certificate);

        var result = await RunAsync(server);
        Assert.Equal((HealthStatus.Unhealthy, "tls.selfSigned", "tls"), (result.Status, result.Reason(), result.Data["failedStage"]));
        Assert.Contains(": failed to start TLS: the certificate is self-signed, and not pinned (", result.Description, StringComparison.Ordinal);
        Assert.Equal(certificate.Sha256(), result.Data["certificateSha256"]);
        Assert.Equal(["shop.example"], (IEnumerable<string>)result.Data["certificateNames"]);

        result = await RunAsync(server, Pinned(other));
        Assert.Equal("tls.pin", result.Reason());
        Assert.Contains($"the certificate is not a pinned one: its SHA-256 is {certificate.Sha256()}", result.Description, StringComparison.Ordinal);

        // As openssl prints it, and beside another.
        var colons = string.Join(':', certificate.Sha256().ToLowerInvariant().Chunk(2).Select(pair => new string(pair)));
        Assert.Equal(HealthStatus.Healthy, (await RunAsync(server, options => options.PinnedSha256 = [other.Sha256(), colons])).Status);
    }

    [Fact]
    public async Task All_faults_are_told_at_once_the_worst_first()
    {
        using var authority = TestCertificates.Make("CN=Test Authority", isAuthority: true, fromDays: -100);
        using var certificate = TestCertificates.Make(names: ["old.example"], fromDays: -90, toDays: -2.05, authority: authority);
        using var server = TestCertificates.Serve(certificate);

        var result = await RunAsync(server);

        Assert.Equal("tls.expired", result.Reason());
        Assert.Matches(
            @": the certificate expired 2 d 1 h ago, on \d{4}-\d\d-\d\d \d\d:\d\dZ; the certificate is not for shop\.example but for old\.example; "
            + "no path leads to a trusted authority: the server leaves out an intermediate certificate, or CN=Test Authority is unknown here ",
            result.Description);
        Assert.True((double)result.Data["certificateLeftSeconds"] < 0);

        // A pin says who it is, not for how long.
        Assert.Equal("tls.expired", (await RunAsync(server, Pinned(certificate))).Reason());
    }

    [Fact]
    public async Task One_that_is_not_yet_valid_is_told()
    {
        using var certificate = TestCertificates.Make(fromDays: 1);
        using var server = TestCertificates.Serve(certificate);

        var result = await RunAsync(server, Pinned(certificate));

        Assert.Equal((HealthStatus.Unhealthy, "tls.notYetValid"), (result.Status, result.Reason()));
    }

    [Fact]
    public async Task The_name_that_is_asked_for_is_the_server_name_else_the_host()
    {
        var asked = new List<string>();
        using var certificate = TestCertificates.Make(names: ["shop.example"]);
        using var server = TestCertificates.Serve(certificate, options =>
        {
            options.ServerCertificateContext = null;
            options.ServerCertificateSelectionCallback = (_, name) =>
            {
                asked.Add(name ?? "none");
                return certificate;
            };
        });

        await RunAsync(server, Pinned(certificate));
        await RunAsync(server, options => options.ServerName = "www.example.", host: "127.0.0.1");
        var result = await RunAsync(server, host: "127.0.0.1");

        Assert.Equal(["shop.example", "www.example", ""], asked);
        Assert.Contains("the certificate is not for 127.0.0.1 but for shop.example; the certificate is self-signed", result.Description, StringComparison.Ordinal);
        Assert.Equal("tls.wrongName", result.Reason());
    }

    [Fact]
    public async Task An_older_protocol_than_the_minimum_is_a_failure()
    {
        using var certificate = TestCertificates.Make();
        using var server = TestCertificates.Serve(certificate, options => options.EnabledSslProtocols = SslProtocols.Tls12);

        var result = await RunAsync(server, options =>
        {
            Pinned(certificate)(options);
            options.MinimumProtocol = TlsVersion.Tls13;
        });

        Assert.Equal((HealthStatus.Unhealthy, "tls.protocol", "TLS 1.2"), (result.Status, result.Reason(), result.Data["tlsProtocol"]));
        Assert.Contains(": TLS 1.2 was agreed on, which is older than TLS 1.3 (", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_speak_tls_is_told_apart_from_what_leaves()
    {
        foreach (var words in new[] { "SSH-2.0-OpenSSH_9.2\r\n", "220 mail.example ESMTP\r\n", "HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n" })
        {
            using var plain = new RawServer(async (socket, token) =>
            {
                _ = await socket.ReceiveAsync(new byte[1024], token);
                await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(words), token);
                await RawServer.DrainAsync(socket, token);
            });
            Assert.Equal((HealthStatus.Unhealthy, "tls.notTls"), await Told(plain));
        }

        using var closing = new RawServer(static async (socket, token) => _ = await socket.ReceiveAsync(new byte[4096], token));
        Assert.Equal((HealthStatus.Unhealthy, "tls.closed"), await Told(closing));

        using var resetting = new RawServer(static async (socket, token) =>
        {
            _ = await socket.ReceiveAsync(new byte[1], token);
            socket.LingerState = new LingerOption(true, 0);
        });
        Assert.Equal((HealthStatus.Unhealthy, "tls.reset"), await Told(resetting));

        async Task<(HealthStatus, string?)> Told(RawServer server)
        {
            var result = await RunAsync(server);
            return (result.Status, result.Reason());
        }
    }

    [Fact]
    public async Task A_handshake_that_hangs_ends_at_the_deadline()
    {
        using var hung = RawServer.Silent();

        var result = await RunAsync(hung, options => options.Deadline = TimeSpan.FromSeconds(3));

        Assert.Equal((HealthStatus.Unhealthy, "tls.timeout", "connect", "tls"), (result.Status, result.Reason(), result.Data["stage"], result.Data["failedStage"]));
        Assert.Contains("failed to start TLS: no answer within 3 s, ", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handshake_in_drips_ends_at_the_deadline()
    {
        using var dripping = new RawServer(static async (socket, token) =>
        {
            // The head of a record of 16 KiB, and then byte by byte what is never whole.
            await socket.SendAsync(new byte[] { 0x16, 3, 3, 0x40, 0 }, token);
            while (true)
            {
                await socket.SendAsync(new byte[1], token);
                await Task.Delay(10, token);
            }
        });

        Assert.Equal("tls.timeout", (await RunAsync(dripping, options => options.Deadline = TimeSpan.FromSeconds(3))).Reason());
    }

    [Fact]
    public void Options_that_make_no_sense_are_rejected()
    {
        Assert.Equal(["Host"], Errors(options => options.Host = "shop.example:443"));
        Assert.Equal(["Port"], Errors(options => options.Port = 0));
        Assert.Equal(["ServerName"], Errors(options => options.ServerName = ""));
        Assert.Equal(["DegradedBelowLeft"], Errors(options => (options.DegradedBelowLeft, options.UnhealthyBelowLeft) = (TimeSpan.FromDays(2), TimeSpan.FromDays(3))));
        Assert.Equal(["DegradedBelowLeft", "UnhealthyBelowLeft"], Errors(options => (options.DegradedBelowLeft, options.UnhealthyBelowLeft) = (-TimeSpan.FromDays(1), -TimeSpan.FromDays(2))));
        Assert.Equal(["PinnedSha256"], Errors(options => options.PinnedSha256 = [new string('a', 64), "sha1"]));
        Assert.Empty(Errors(options => (options.Host, options.ServerName) = ("10.0.0.7", "shop.example")));

        static IEnumerable<string> Errors(Action<TlsCertificateOptions> change)
        {
            var options = new TlsCertificateOptions { Host = "shop.example" };
            change(options);
            return options.Validate().Select(error => error.Property);
        }
    }

    [Fact]
    public void A_certificate_is_told_in_bounded_texts()
    {
        using var certificate = TestCertificates.Make(
            "CN=" + new string('x', 60) + string.Concat(Enumerable.Repeat(", OU=" + new string('y', 60), 8)), [.. Enumerable.Range(0, 100).Select(i => $"h{i}.example")]);

        var shown = ShownCertificate.Of(certificate);

        Assert.Equal((20, true), (shown.Names.Count, shown.IsSelfSigned));
        Assert.InRange(shown.Subject.Length, 100, 201);
    }

    private static Action<TlsCertificateOptions> Pinned(X509Certificate2 certificate) => options => options.PinnedSha256 = [certificate.Sha256()];

    private static async Task<HealthCheckResult> RunAsync(RawServer server, Action<TlsCertificateOptions>? configure = null, string host = "shop.example")
    {
        using var check = TestNetwork.With(("shop.example", [IPAddress.Loopback.ToString()])).Tls(host, server.Port, configure);
        return await check.RunAsync();
    }
}
