using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace HealthKit.IntegrationTests.AspNetCore;

public sealed class KestrelTests
{
    [Fact]
    public async Task Haproxys_default_check_takes_it_as_up()
    {
        await using var app = await RealApp.Start(RealApp.Builder(), a => a.MapHealthKit("/"));
        var answer = await app.Raw("OPTIONS / HTTP/1.0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Type: application/json\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nAllow: GET, HEAD, OPTIONS\r\n", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("OPTIONS")]
    public async Task Http_1_0_without_a_host_gets_the_word_and_its_length(string method)
    {
        await using var app = await RealApp.Start(RealApp.Builder());
        var answer = await app.Raw($"{method} /health/ready HTTP/1.0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Length: 7\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Type: text/plain\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nCache-Control: no-store\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nHealthy", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Head_carries_the_headers_of_get_and_no_body()
    {
        await using var app = await RealApp.Start(RealApp.Builder());
        var head = await app.Raw("HEAD /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        var get = await app.Raw("GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.EndsWith("\r\n\r\n", head, StringComparison.Ordinal);
        Assert.Equal(Stable(get[..(get.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)]), Stable(head));

        static IEnumerable<string> Stable(string head) => head.Split("\r\n").Where(line => !line.StartsWith("Date:", StringComparison.Ordinal)
            && !line.StartsWith("Age:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_connection_serves_many_probes()
    {
        await using var app = await RealApp.Start(RealApp.Builder());
        var request = "GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n";
        var close = "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        var answers = await app.Raw(request + "HEAD /health HTTP/1.1\r\nHost: a\r\n\r\n" + request + close);
        Assert.Equal(4, answers.Split("HTTP/1.1 200 OK").Length - 1);
        Assert.DoesNotContain("chunked", answers, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith("}", answers, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_methods_get_405_and_the_connection_stays_usable()
    {
        await using var app = await RealApp.Start(RealApp.Builder());
        var answers = await app.Raw(
            "POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 405 Method Not Allowed\r\n", answers, StringComparison.Ordinal);
        Assert.Contains("\r\nAllow: GET, HEAD, OPTIONS\r\n", answers, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nHealthy", answers, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_speaks_http_2_from_the_start_gets_the_same_answers()
    {
        var builder = RealApp.Builder();
        builder.WebHost.ConfigureKestrel(options => options.ConfigureEndpointDefaults(listen => listen.Protocols = HttpProtocols.Http2));
        await using var app = await RealApp.Start(builder);
        foreach (var (method, status, body) in new[] { ("GET", 200, "Healthy"), ("HEAD", 200, ""), ("OPTIONS", 200, "Healthy"), ("POST", 405, "") })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), "/health/ready")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using var response = await app.Client.SendAsync(request);
            Assert.Equal(HttpVersion.Version20, response.Version);
            Assert.Equal((status, body), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
            Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
        }
    }

    [Theory]
    [InlineData("Range: bytes=0-1")]
    [InlineData("If-None-Match: *")]
    [InlineData("If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT")]
    [InlineData("If-Match: \"x\"")]
    public async Task Ranges_and_conditions_change_nothing(string header)
    {
        await using var app = await RealApp.Start(RealApp.Builder());
        var answer = await app.Raw($"GET /health/ready HTTP/1.1\r\nHost: a\r\n{header}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nHealthy", answer, StringComparison.Ordinal);
        foreach (var none in new[] { "ETag", "Last-Modified", "Accept-Ranges", "Content-Range" })
        {
            Assert.DoesNotContain($"\r\n{none}:", answer, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task The_management_port_answers_and_no_other_whatever_the_host_header_says()
    {
        var port = LoopbackPort.Free();
        var builder = RealApp.Builder(("HealthKit:Endpoints:ManagementPort", port.ToString(CultureInfo.InvariantCulture)));
        builder.WebHost.UseUrls("http://127.0.0.1:0", $"http://127.0.0.1:{port}");
        await using var app = await RealApp.Start(builder);
        var open = app.Ports.Single(p => p != port);
        var request = $"GET /health/ready HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n";
        Assert.StartsWith("HTTP/1.1 200", await app.Raw(request, port), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 404", await app.Raw(request, open), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_spoofed_host_passes_require_host_on_the_public_port()
    {
        // Why ManagementPort looks at the connection: this is no boundary.
        await using var app = await RealApp.Start(RealApp.Builder(), a => a.MapHealthKit().RequireHost("*:9090"));
        Assert.StartsWith(
            "HTTP/1.1 200",
            await app.Raw("GET /health HTTP/1.1\r\nHost: x:9090\r\nConnection: close\r\n\r\n"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Full_detail_names_the_apps_own_build_start_and_machine()
    {
        await using var app = await RealApp.Start(RealApp.Builder(("HealthKit:Endpoints:AnonymousDetail", "Full")));
        using var body = JsonDocument.Parse(await app.Client.GetStringAsync(new Uri("/health", UriKind.Relative)));
        var root = body.RootElement;
        var built = Assembly.GetEntryAssembly()!.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        var commit = root.TryGetProperty("commit", out var member) ? "+" + member.GetString() : "";
        Assert.Equal(built, root.GetProperty("version").GetString() + commit);
        Assert.Equal((await File.ReadAllTextAsync("/proc/sys/kernel/hostname")).Trim(), root.GetProperty("host").GetString());
        using var process = Process.GetCurrentProcess();
        var started = root.GetProperty("startedAt").GetDateTimeOffset();
        Assert.Equal(TimeSpan.Zero, started.Offset);
        Assert.Equal(process.StartTime.ToUniversalTime(), started.UtcDateTime, TimeSpan.FromSeconds(2));
    }
}
