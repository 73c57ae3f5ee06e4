using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Dependencies.Http;

/// <summary>Who answered: pages and headers as the programs make them.</summary>
public class HttpAnswererTests
{
    private static readonly (string Name, int Status, string[] Headers, string Body, string? AnsweredBy)[] All =
    [
        // Pages from public issue threads.
        ("nginx before 1.15", 502, ["Server: nginx/1.12.2"], Nginx("502 Bad Gateway", "nginx/1.12.2", " bgcolor=\"white\""), "nginx"),
        ("nginx", 502, ["Server: nginx/1.18.0"], Nginx("502 Bad Gateway", "nginx/1.18.0"), "nginx"),
        ("nginx without its version", 404, ["Server: nginx"], Nginx("404 Not Found", "nginx"), "nginx"),
        ("openresty", 503, ["Server: openresty/1.15.8.1"], Nginx("503 Service Temporarily Unavailable", "openresty/1.15.8.1"), "openresty"),
        ("Passenger, queue full, old wording", 503, ["Server: nginx/1.6.2 + Phusion Passenger 4.0.53"], "<h1>This website is under heavy load</h1><p>We're sorry, too many people are accessing this website at the same time. We're working on this problem. Please try again later.</p>", "Phusion Passenger"),
        ("Passenger, queue full", 503, [], "<h2>This website is under heavy load (queue full)</h2><p>We're sorry, too many people are accessing this website at the same time. We're working on this problem. Please try again later.</p>", "Phusion Passenger"),
        ("Passenger 4, an app that does not start", 500, [], "<h1>We're sorry, but something went wrong (500)</h1><p>We've been notified about this issue and we'll take a look at it shortly.</p><h2>Information for the administrator of this website</h2><p>The Phusion Passenger application server encountered an error while starting your web application.", "Phusion Passenger"),
        ("Passenger 5.1", 500, [], "<h1>We're sorry, but something went wrong.</h1><p>The issue has been logged for investigation. Please try again later.</p><p>Web application could not be started by the Phusion Passenger application server.</p>", "Phusion Passenger"),
        ("Rails' own page, which begins as Passenger's does", 500, ["X-Runtime: 0.02"], "<title>We're sorry, but something went wrong (500)</title><h1>We're sorry, but something went wrong.</h1>", null),
        ("HAProxy, no server", 503, [], HaProxy("503 Service Unavailable", "No server is available to handle this request."), "HAProxy"),
        ("HAProxy, bad answer", 502, [], HaProxy("502 Bad Gateway", "The server returned an invalid or incomplete response."), "HAProxy"),
        ("HAProxy, no answer", 504, [], HaProxy("504 Gateway Time-out", "The server didn't respond in time."), "HAProxy"),
        ("HAProxy, forbidden", 403, [], HaProxy("403 Forbidden", "Request forbidden by administrative rules."), "HAProxy"),
        ("HAProxy, too many", 429, [], HaProxy("429 Too Many Requests", "You have sent too many requests in a given amount of time."), "HAProxy"),
        ("Apache's proxy", 502, ["Server: Apache/2.4.57 (Debian)"], "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>502 Proxy Error</title>\n</head><body>\n<h1>Proxy Error</h1>\n<p>The proxy server received an invalid\r\nresponse from an upstream server.<br />\n</p><hr>\n<address>Apache/2.4.57 (Debian) Server at shop.example Port 80</address>\n</body></html>", "Apache"),
        ("Apache's proxy without signature", 503, ["Server: Apache"], "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>503 Service Unavailable</title>\n</head><body>\n<h1>Service Unavailable</h1>\n<p>The server is temporarily unable to service your\nrequest due to maintenance downtime or capacity\nproblems. Please try again later.</p>", "Apache"),
        ("Envoy", 503, ["server: envoy"], "upstream connect error or disconnect/reset before headers. reset reason: connection failure", "Envoy"),
        ("Envoy, none healthy", 503, ["server: istio-envoy"], "no healthy upstream", "Envoy"),
        ("Envoy, too slow", 504, ["server: envoy"], "upstream request timeout", "Envoy"),
        ("handed on by Envoy", 500, ["server: envoy", "x-envoy-upstream-service-time: 12"], "{\"error\":1}", "behind Envoy"),
        ("Envoy, no route", 404, ["server: envoy", "Content-Length: 0"], "", "Envoy"),
        ("IIS", 500, ["Server: Microsoft-IIS/10.0"], "<h1>HTTP Error 500.30 - ASP.NET Core app failed to start</h1> ... Microsoft", "IIS"),
        ("HTTP.sys", 503, ["Server: Microsoft-HTTPAPI/2.0"], "<h2>Service Unavailable</h2>\r\n<hr><p>HTTP Error 503. The service is unavailable.</p>", "HTTP.sys (IIS)"),
        ("an app within IIS", 500, ["Server: Microsoft-IIS/10.0", "X-Powered-By: ASP.NET"], "oh", "app on IIS"),
        ("Kestrel", 500, ["Server: Kestrel"], "", "app on Kestrel"),
        ("Caddy", 502, ["Server: Caddy", "Content-Length: 0"], "", "Caddy"),
        ("handed on by Caddy", 500, ["Server: Caddy"], "oh", "behind Caddy"),
        ("Traefik", 503, [], "no available server\n", "Traefik"),
        ("Varnish", 503, ["Via: 1.1 varnish (Varnish/7.1)", "X-Varnish: 32770"], "<title>503 Backend fetch failed</title><h1>Error 503 Backend fetch failed</h1><h3>Guru Meditation:</h3><p>XID: 32771</p><hr><p>Varnish cache server</p>", "Varnish"),
        ("handed on by Varnish", 200, ["X-Varnish: 32770"], "hello", "behind Varnish"),
        ("AWS load balancer", 502, ["Server: awselb/2.0"], "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n", "AWS load balancer"),
        ("AWS API Gateway", 504, ["x-amzn-ErrorType: InternalServerErrorException", "x-amz-apigw-id: abc="], "{\"message\": \"Endpoint request timed out\"}", "AWS API Gateway"),
        ("CloudFront", 504, ["Server: CloudFront", "X-Cache: Error from cloudfront"], "<H1>504 ERROR</H1><PRE>\nGenerated by cloudfront (CloudFront)\nRequest ID: abc==\n</PRE>", "CloudFront"),
        ("handed on by CloudFront", 500, ["Server: gunicorn", "Via: 1.1 abc.cloudfront.net (CloudFront)"], "oh", "behind CloudFront"),
        ("Cloudflare", 521, ["Server: cloudflare", "CF-RAY: 8a1b-FRA"], "error code: 521", "Cloudflare"),
        ("Cloudflare's page", 522, ["Server: cloudflare"], "<div id=\"cf-error-details\">…", "Cloudflare"),
        ("handed on by Cloudflare", 500, ["Server: cloudflare", "CF-RAY: 8a1b-FRA"], "oh", "behind Cloudflare"),
        ("Google's load balancer", 502, ["Via: 1.1 google"], "<title>502 Server Error</title>\n<h1>Error: Server Error</h1>\n<h2>The server encountered a temporary error and could not complete your request.<p>Please try again in 30 seconds.</h2>", "Google Cloud load balancer"),
        ("handed on by Google Frontend", 500, ["Server: Google Frontend"], "oh", "behind Google Frontend"),
        ("Azure Application Gateway", 502, ["Server: Microsoft-Azure-Application-Gateway/v2"], Nginx("502 Bad Gateway", "Microsoft-Azure-Application-Gateway/v2"), "Azure Application Gateway"),
        ("Azure Front Door", 503, ["X-Azure-Ref: 0abc"], "<h2>Our services aren't available right now</h2><p>We're working to restore all services as soon as possible. Please check back soon.</p>", "Azure Front Door"),
        ("the app itself", 500, ["Server: nginx", "X-Answered-By: HealthKit; app=\"Shop\""], "oh", "app Shop"),
        ("the app itself, well", 200, ["X-Answered-By: HealthKit; app=\"Shop\""], "fine", "app Shop"),
        ("a signature that is none", 200, ["X-Answered-By: <script>"], "fine", null),
        ("handed on by nginx", 200, ["Server: nginx/1.25.1"], "fine", "behind nginx"),
        ("nobody tells", 200, [], "fine", null),
        ("an article about nginx", 200, [], "<hr><center>nginx</center>", null),
    ];

    public static TheoryData<string> Names => [.. All.Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Who_answered(string name)
    {
        var (_, status, headers, body, answeredBy) = All.Single(one => one.Name == name);

        var found = HttpAnswerers.Find(status, Headers(headers), Encoding.UTF8.GetBytes(body));

        Assert.Equal(answeredBy, found?.ToString());
    }

    [Fact]
    public void A_signature_is_read_as_it_is_written()
    {
        foreach (var name in new[] { "Shop", "Shop.Api", "shop-api_2", "my app", "Zürich \"quoted\"", "", new string('x', 200) })
        {
            var read = HttpAnswerers.Signature(AppSignatureOf(name));

            Assert.NotNull(read);
            Assert.Matches("^[A-Za-z0-9._ -]{1,64}$", read);
        }

        Assert.Equal("Shop.Api", HttpAnswerers.Signature(AppSignatureOf("Shop.Api")));
    }

    [Fact]
    public void Any_headers_and_bodies_are_taken() => Prop.ForAll<string, string, byte[]>((header, value, body) =>
    {
        using var response = new HttpResponseMessage();
        if (header is { Length: > 0 } && value is not null)
        {
            try
            {
                response.Headers.TryAddWithoutValidation(header, value);
            }
            catch (FormatException)
            {
                // No header's name.
            }
        }

        foreach (var status in new[] { 200, 404, 503 })
        {
            _ = HttpAnswerers.Find(status, new HttpAnswerHeaders(response.Headers, response.Content.Headers), body ?? []);
        }

        _ = HttpAnswerers.Signature(value);
    }).QuickCheckThrowOnFailure();

    internal static HttpAnswerHeaders Headers(params IEnumerable<string> lines)
    {
        var response = new HttpResponseMessage();
        foreach (var line in lines)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var (name, value) = (line[..colon], line[(colon + 1)..].Trim());
            if (!response.Headers.TryAddWithoutValidation(name, value))
            {
                Assert.True(response.Content.Headers.TryAddWithoutValidation(name, value));
            }
        }

        return new HttpAnswerHeaders(response.Headers, response.Content.Headers);
    }

    // The other side of the contract lives in another package, whose internals these tests do not see.
    private static string AppSignatureOf(string name) =>
        (string)typeof(Microsoft.AspNetCore.Builder.HealthKitSignatureExtensions).Assembly.GetType("HealthKit.AppSignature")!
            .GetMethod("Of")!.Invoke(null, [name])!;

    private static string Nginx(string status, string server, string attributes = "") =>
        $"<html>\r\n<head><title>{status}</title></head>\r\n<body{attributes}>\r\n<center><h1>{status}</h1></center>\r\n<hr><center>{server}</center>\r\n</body>\r\n</html>\r\n";

    private static string HaProxy(string status, string text) => $"<html><body><h1>{status}</h1>\n{text}\n</body></html>\n";
}
