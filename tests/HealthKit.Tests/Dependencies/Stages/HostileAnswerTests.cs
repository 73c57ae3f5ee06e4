using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HealthKit.Tests.Dependencies.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies;

/// <summary>What others send may be anything: it ends in a result, and says nothing wrong of anybody else.</summary>
public class HostileAnswerTests
{
    [Theory]
    [InlineData("""{"\ud800-and-more-of-it":1}""")]
    [InlineData("""{"a-\ud800-and-more":1,"a":"\ud800"}""")]
    public async Task Names_that_are_no_text_do_not_stop_a_json_pointer(string json)
    {
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("200 OK", json));
        foreach (var pointer in new[] { "/a", "/\uFFFD-and-more-of-it", "/a-\uFFFD-and-more", "/a-b-and-more-of-it-and-so-on" })
        {
            using var bench = new HttpBench(server.Url(), options => (options.JsonPointer, options.JsonEquals) = (pointer, "ok"));
            Assert.Equal(HealthStatus.Unhealthy, (await bench.RunAsync()).Status);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_certificate_whose_names_cannot_be_read_is_a_result(bool pinned)
    {
        using var certificate = Make(new X509Extension("2.5.29.17", [0x30, 0x05, 0x82, 0x50, 0x41, 0x42, 0x43], critical: false));
        using var server = TestCertificates.Serve(certificate);
        using var check = TestNetwork.With(("shop.example", ["127.0.0.1"]))
            .Tls("shop.example", server.Port, options => options.PinnedSha256 = pinned ? [certificate.Sha256()] : null);

        var result = await check.RunAsync();

        Assert.StartsWith("shop.example:", result.Description, StringComparison.Ordinal);
        Assert.Equal(pinned ? HealthStatus.Healthy : HealthStatus.Unhealthy, result.Status);
    }

    [Fact]
    public async Task Names_of_a_certificate_stay_on_their_line()
    {
        // [2] IA5String "\n\e[2J\r": allowed in one, and by no host.
        using var certificate = Make(
            new X509Extension("2.5.29.17", [0x30, 0x08, 0x82, 0x06, 0x0a, 0x1b, 0x5b, 0x32, 0x4a, 0x0d], critical: false), "CN=\"a\nb\u202Ec\"");
        using var server = TestCertificates.Serve(certificate);
        using var check = TestNetwork.With(("shop.example", ["127.0.0.1"])).Tls("shop.example", server.Port);

        var result = await check.RunAsync();

        Assert.DoesNotContain(result.Description!, c => char.IsControl(c) || c == '\u202E');
        Assert.DoesNotContain((string)result.Data["certificateSubject"], c => char.IsControl(c) || c == '\u202E');
        Assert.DoesNotContain(((IEnumerable<string>)result.Data["certificateNames"]).First(), char.IsControl);
    }

    [Fact]
    public async Task Who_answers_that_we_are_throttled_was_reached()
    {
        // 127.0.0.1 has no part in the outlook, so the names stand for machines elsewhere: told by hand.
        var time = TimeProvider.System;
        var network = new Network(time) { Lookups = new HostLookups((_, _) => throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.TryAgain)) };
        await using var server = new HttpRawServer(exchange => exchange.AnswerAsync("429 Too Many Requests", "", "Retry-After: 600"));
        var options = new HttpCheckOptions { Url = new Uri("http://api.example/") };
        using var check = new HttpCheck(network, () => options, new Redactor());
        await check.RunAsync();
        options = new HttpCheckOptions { Url = server.Url() };
        Assert.Equal("http.throttled", (await check.RunAsync()).Reason());

        Assert.Equal(0, network.Outlook.Tell(new object(), "db.example", Stage.Resolve, null));
    }

    [Fact]
    public async Task A_name_without_an_address_of_one_family_was_looked_up()
    {
        var network = TestNetwork.With(("a.example", ["10.0.0.1"]), ("b.example", ["10.0.0.2"]));
        using var one = network.Dns("a.example", options => options.Family = DnsFamily.IPv6);
        using var other = network.Dns("b.example", options => options.Family = DnsFamily.IPv6);

        await one.RunAsync();
        Assert.Equal("dns.noAddress", (await other.RunAsync()).Reason());
    }

    private static X509Certificate2 Make(X509Extension names, string subject = "CN=shop.example")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names);
        using var self = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(60));
        return X509CertificateLoader.LoadPkcs12(self.Export(X509ContentType.Pkcs12), null);
    }
}
