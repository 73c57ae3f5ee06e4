using System.Globalization;

namespace HealthKit.IntegrationTests.LoadBalancers;

/// <summary>What a probe saw: whether it counts as success, the status code (0: none came) and what came.</summary>
internal readonly record struct Probe(bool Success, int Code, string Text);

/// <summary>Probes as the field's own programs send and judge them.</summary>
internal static class Prober
{
    /// <summary>
    /// A kubelet's HTTP probe: GET by HTTP/1.1, a connection of its own, one second, success from 200 to 399 (kubernetes.io, "Configure
    /// Liveness, Readiness and Startup Probes": timeoutSeconds defaults to 1).
    /// </summary>
    public static Task<Probe> KubeletAsync(int port, string path) =>
        AskAsync(port, path, "kube-probe/1.31", keepAlive: false, TimeSpan.FromSeconds(1), code => code is >= 200 and < 400);

    /// <summary>Envoy's and an ALB's default matcher: nothing but 200.</summary>
    public static Task<Probe> Only200Async(int port, string path) =>
        AskAsync(port, path, "Envoy/HC", keepAlive: true, TimeSpan.FromSeconds(5), code => code == 200);

    /// <summary><c>curl -f</c>: exit code 0, or 22 from 400 on (curl(1), --fail).</summary>
    public static async Task<Probe> CurlAsync(int port, string path)
    {
        var (exitCode, output, _) = await Task.Run(() => Tool.TryRun(
            "curl", "-s", "-f", "--max-time", "5", "-w", "%{http_code}", "-o", "/dev/null", $"http://127.0.0.1:{port}{path}"));
        return new Probe(exitCode == 0, int.Parse(output, CultureInfo.InvariantCulture), $"exit code {exitCode}");
    }

    private static async Task<Probe> AskAsync(
        int port, string path, string userAgent, bool keepAlive, TimeSpan timeout, Func<int, bool> matches)
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = timeout };
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}{path}") { Version = new Version(1, 1) };
        request.Headers.UserAgent.ParseAdd(userAgent);
        request.Headers.ConnectionClose = !keepAlive;
        try
        {
            using var response = await client.SendAsync(request);
            var code = (int)response.StatusCode;
            return new Probe(matches(code), code, await response.Content.ReadAsStringAsync());
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return new Probe(false, 0, e.Message);
        }
    }
}
