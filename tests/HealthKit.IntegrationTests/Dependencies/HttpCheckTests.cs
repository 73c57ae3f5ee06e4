using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using HealthKit.IntegrationTests.AspNetCore;
using HealthKit.IntegrationTests.Servers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Xunit.Abstractions;

namespace HealthKit.IntegrationTests.Dependencies;

/// <summary>The HTTP check before real gateways: what each of them says when something behind it is wrong, and who is found to have said it.</summary>
public sealed class HttpCheckTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Nginx_with_a_dead_upstream_says_502()
    {
        using var nginx = await Gateway.NginxAsync("", $"location / {{ proxy_pass http://127.0.0.1:{LoopbackPort.Closed()}; }}");

        await ExpectAsync(nginx.Url(), HealthStatus.Unhealthy, "http.badGateway", "nginx", "502 Bad Gateway by nginx: nginx says of its upstream that it refused");
    }

    [Fact]
    public async Task Nginx_with_a_hung_upstream_says_504()
    {
        using var app = Upstream.Hanging();
        using var nginx = await Gateway.NginxAsync("", $"location / {{ proxy_pass http://127.0.0.1:{app.Port}; proxy_read_timeout 300ms; }}");

        await ExpectAsync(nginx.Url(), HealthStatus.Unhealthy, "http.gatewayTimeout", "nginx", "did not answer in time");
    }

    [Fact]
    public async Task Nginx_with_an_upstream_that_closes_without_an_answer_says_502()
    {
        using var app = Upstream.Closing();
        using var nginx = await Gateway.NginxAsync("", $"location / {{ proxy_pass http://127.0.0.1:{app.Port}; }}");

        await ExpectAsync(nginx.Url(), HealthStatus.Unhealthy, "http.badGateway", "nginx", "502 Bad Gateway by nginx");
    }

    [Fact]
    public async Task Nginx_hands_on_what_speaks_no_http()
    {
        // It takes it for HTTP/0.9, which has no head.
        using var app = Upstream.Saying("SSH-2.0-OpenSSH_9.2\n");
        using var nginx = await Gateway.NginxAsync("", $"location / {{ proxy_pass http://127.0.0.1:{app.Port}; }}");

        await ExpectAsync(nginx.Url(), HealthStatus.Unhealthy, "http.invalid", null, "it is an SSH server");
    }

    [Fact]
    public async Task Nginx_sheds_load_with_503()
    {
        using var nginx = await Gateway.NginxAsync(
            "limit_req_zone $binary_remote_addr zone=few:1m rate=1r/m;", "location /few { limit_req zone=few; root /var/empty; }");
        await RunAsync(nginx.Url("/few"));

        await ExpectAsync(nginx.Url("/few"), HealthStatus.Degraded, "http.unavailable", "nginx", "it sheds load (limit_req, limit_conn)");
    }

    [Fact]
    public async Task Nginx_throttles_with_429()
    {
        using var nginx = await Gateway.NginxAsync("limit_req_zone $binary_remote_addr zone=few:1m rate=1r/m; limit_req_status 429;", "location /few { limit_req zone=few; root /var/empty; }");
        await RunAsync(nginx.Url("/few"));

        await ExpectAsync(nginx.Url("/few"), HealthStatus.Degraded, "http.throttled", "nginx", "we ask too often");
    }

    [Fact]
    public async Task Nginx_refuses_what_it_does_not_like()
    {
        using var nginx = await Gateway.NginxAsync(
            "",
            """
            location /forbidden { deny all; }
            location /missing { root /var/empty; }
            location /large { return 413; }
            location /auth { auth_basic "x"; auth_basic_user_file /dev/null; root /var/empty; }
            location /circle { return 302 /circle; }
            location /away { return 301 http://127.0.0.1:1/; }
            """);

        await ExpectAsync(nginx.Url("/forbidden"), HealthStatus.Unhealthy, "auth.forbidden", "nginx", "403 Forbidden by nginx");
        await ExpectAsync(nginx.Url("/missing"), HealthStatus.Unhealthy, "http.notFound", "nginx", "404 Not Found by nginx");
        await ExpectAsync(nginx.Url("/large"), HealthStatus.Unhealthy, "http.clientError", "nginx", "413 Content Too Large by nginx");
        await ExpectAsync(nginx.Url("/auth"), HealthStatus.Unhealthy, "auth.rejected", "nginx", "(Basic is wanted)");
        await ExpectAsync(nginx.Url("/circle"), HealthStatus.Unhealthy, "http.redirect.loop", "nginx", "in a circle");
        await ExpectAsync(nginx.Url("/away"), HealthStatus.Unhealthy, "tcp.refused", null, "redirected to http://127.0.0.1:1/");
    }

    [Fact]
    public async Task An_upstream_killed_within_the_body_is_seen_through_nginx()
    {
        using var app = Upstream.KilledInBody();
        using var nginx = await Gateway.NginxAsync("", $"location / {{ proxy_pass http://127.0.0.1:{app.Port}; proxy_buffering off; }}");

        await ExpectAsync(nginx.Url(), HealthStatus.Unhealthy, "http.truncated", "behind nginx", "after 14 B of 97.7 KiB");
    }

    [Fact]
    public async Task What_an_app_says_through_nginx_is_not_taken_as_nginxs()
    {
        using var app = Upstream.Saying("HTTP/1.1 502 Bad Gateway\nContent-Length: 20\nContent-Type: application/json\n\n{\"error\":\"upstream\"}");
        using var nginx = await Gateway.NginxAsync("", $"location / {{ proxy_pass http://127.0.0.1:{app.Port}; }}");

        await ExpectAsync(nginx.Url(), HealthStatus.Unhealthy, "http.badGateway", "behind nginx", "a gateway on the way");
    }

    [Fact]
    public async Task HaProxy_without_a_server_says_503()
    {
        using var haproxy = await Gateway.HaProxyAsync($"server app 127.0.0.1:{LoopbackPort.Closed()}");

        await ExpectAsync(haproxy.Url(), HealthStatus.Degraded, "http.unavailable", "HAProxy", "no server of its backend is up");
    }

    [Fact]
    public async Task HaProxy_with_a_hung_server_says_504()
    {
        using var app = Upstream.Hanging();
        using var haproxy = await Gateway.HaProxyAsync($"server app 127.0.0.1:{app.Port}");

        await ExpectAsync(haproxy.Url(), HealthStatus.Unhealthy, "http.gatewayTimeout", "HAProxy", "HAProxy says of its upstream that it did not answer in time");
    }

    [Fact]
    public async Task HaProxy_with_a_server_that_gives_no_answer_says_502()
    {
        using var app = Upstream.Closing();
        using var haproxy = await Gateway.HaProxyAsync($"server app 127.0.0.1:{app.Port}");

        await ExpectAsync(haproxy.Url(), HealthStatus.Unhealthy, "http.badGateway", "HAProxy", "502 Bad Gateway by HAProxy");
    }

    [Fact]
    public async Task HaProxy_denies_with_403_and_429_and_drops_without_a_word()
    {
        using var haproxy = await Gateway.HaProxyAsync(
            "server app 127.0.0.1:1",
            """
            http-request deny if { path /deny }
                http-request deny deny_status 429 if { path /often }
                http-request silent-drop if { path /drop }
                http-request reject if { path /reject }
            """);

        await ExpectAsync(haproxy.Url("/deny"), HealthStatus.Unhealthy, "auth.forbidden", "HAProxy", "403 Forbidden by HAProxy");
        await ExpectAsync(haproxy.Url("/often"), HealthStatus.Degraded, "http.throttled", "HAProxy", "we ask too often");
        await ExpectAsync(haproxy.Url("/reject"), HealthStatus.Unhealthy, "http.closed", null, "in doubt");
        await ExpectAsync(haproxy.Url("/drop"), HealthStatus.Unhealthy, "use.timeout", null, "no answer within 3 s", options => options.Deadline = TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task An_app_that_signs_is_known_behind_nginx_and_nginx_is_known_when_the_app_is_gone()
    {
        var builder = RealApp.Builder();
        await using var app = await RealApp.Start(builder, app =>
        {
            app.UseHealthKitSignature("Shop.Api");
            app.UseExceptionHandler(error => error.Run(context => context.Response.WriteAsync("sorry")));
            app.MapGet("/", () => "fine");
            app.MapGet("/throws", string () => throw new InvalidOperationException("oh"));
            app.MapGet("/busy", () => Results.StatusCode(503));
            app.MapHealthKit();
        });
        using var nginx = await Gateway.NginxAsync("", $"location / {{ proxy_pass http://127.0.0.1:{app.Ports[0]}; }}");

        await ExpectAsync(nginx.Url(), HealthStatus.Healthy, null, "app Shop.Api", "200 OK by the app itself (Shop.Api)");
        await ExpectAsync(nginx.Url("/throws"), HealthStatus.Unhealthy, "http.serverError", "app Shop.Api", "500 Internal Server Error by the app itself");
        await ExpectAsync(nginx.Url("/busy"), HealthStatus.Degraded, "http.unavailable", "app Shop.Api", "the app sheds load or is being deployed");

        await app.App.StopAsync();
        await ExpectAsync(nginx.Url(), HealthStatus.Unhealthy, "http.badGateway", "nginx", "502 Bad Gateway by nginx");
    }

    [Fact]
    public async Task Kestrel_without_a_signature_is_an_app_on_kestrel()
    {
        await using var app = await RealApp.Start(RealApp.Builder(), app => app.MapGet("/throws", string () => throw new InvalidOperationException("oh")));

        await ExpectAsync(new Uri($"http://127.0.0.1:{app.Ports[0]}/throws"), HealthStatus.Unhealthy, "http.serverError", "app on Kestrel", "their fault");
    }

    [Fact]
    public async Task Nginx_with_tls_is_asked_by_https_and_says_so_when_it_is_asked_by_http()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=shop.test", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("shop.test");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        using var nginx = await Gateway.NginxAsync("", "location / { return 204; }", (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem()));

        await ExpectAsync(
            nginx.Url("/", "shop.test", "https"),
            HealthStatus.Healthy,
            null,
            "behind nginx",
            "tls ",
            options => options.PinnedSha256 = [certificate.GetCertHashString(HashAlgorithmName.SHA256)]);
        await ExpectAsync(nginx.Url("/", "shop.test", "https"), HealthStatus.Unhealthy, "tls.selfSigned", null, "self-signed");
        await ExpectAsync(nginx.Url(), HealthStatus.Unhealthy, "http.clientError", "nginx", "ask by https");
    }

    private async Task ExpectAsync(Uri url, HealthStatus status, string? reason, string? answeredBy, string text, Action<HttpCheckOptions>? configure = null)
    {
        var seen = await RunAsync(url, configure);

        Assert.True(status == seen.Status && reason == (string?)seen.Data.GetValueOrDefault("reason"), $"{seen.Status} {seen.Data.GetValueOrDefault("reason")}: {seen.Description}");
        Assert.Equal(answeredBy, seen.Data.GetValueOrDefault("answeredBy"));
        Assert.Contains(text, seen.Description, StringComparison.Ordinal);
    }

    private async Task<HealthCheckResult> RunAsync(Uri url, Action<HttpCheckOptions>? configure = null)
    {
        var options = new HttpCheckOptions { Url = url };
        configure?.Invoke(options);
        var network = new Network(TimeProvider.System) { Lookups = new HostLookups((_, _) => [IPAddress.Loopback]) };
        using var check = new HttpCheck(network, () => options, new Redactor());
        var seen = await check.CheckHealthAsync(new HealthCheckContext { Registration = new HealthCheckRegistration("upstream", check, HealthStatus.Unhealthy, tags: null) });
        output.WriteLine($"{seen.Status} {seen.Data.GetValueOrDefault("reason")} {seen.Description}");
        return seen;
    }
}
