using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthKit.IntegrationTests.AspNetCore;

/// <summary>A web app with HealthKit on real ports of the loopback interface.</summary>
internal sealed class RealApp : IAsyncDisposable
{
    private RealApp(WebApplication app)
    {
        App = app;
        Ports = [.. app.Urls.Select(url => new Uri(url).Port)];
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(app.Urls.First()) };
    }

    public WebApplication App { get; }

    public IReadOnlyList<int> Ports { get; }

    public HttpClient Client { get; }

    /// <summary>One check, <c>always</c>, healthy, with the tag <c>ready</c>; more by the caller.</summary>
    public static WebApplicationBuilder Builder(params (string Key, string? Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value)));
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddHealthKit(options => options.AddDefaultChecks = false)
            .AddCheck("always", () => HealthCheckResult.Healthy("fine"), ["ready"]);
        return builder;
    }

    public static async Task<RealApp> Start(WebApplicationBuilder builder, Action<WebApplication>? configure = null)
    {
        var app = builder.Build();
        try
        {
            (configure ?? (a => a.MapHealthKit()))(app);
            await app.StartAsync();
            var monitor = app.Services.GetRequiredService<HealthMonitor>();
            await Eventually.TrueAsync(
                () => monitor.Current.Checks.All(check => check.Condition == CheckCondition.Current), "every check has had a result");
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new RealApp(app);
    }

    /// <summary>Sends bytes and returns all that comes until the server closes.</summary>
    public async Task<string> Raw(string request, int? port = null)
    {
        using var deadline = new CancellationTokenSource(Eventually.DefaultDeadline);
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port ?? Ports[0], deadline.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), deadline.Token);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(deadline.Token);
    }

    public async Task<int> StatusOf(string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await Client.SendAsync(request);
        return (int)response.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
    }
}
