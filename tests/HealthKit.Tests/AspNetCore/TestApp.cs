using HealthKit.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthKit.Tests.AspNetCore;

/// <summary>A web app on the in-memory server whose endpoints show a <see cref="PictureMonitor"/>.</summary>
internal sealed class TestApp : IAsyncDisposable
{
    private TestApp(WebApplication app, LogLines log)
    {
        App = app;
        Log = log;
        Client = app.GetTestClient();
    }

    public WebApplication App { get; }

    public LogLines Log { get; }

    public HttpClient Client { get; }

    public static WebApplicationBuilder Builder(HealthMonitor? monitor = null, string environment = "Production", params (string Key, string? Value)[] settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.UseTestServer();

        // As a WebApplication.CreateBuilder does in Development: the strictest there is.
        builder.Host.UseDefaultServiceProvider(options => options.ValidateScopes = options.ValidateOnBuild = true);
        builder.Services.AddRouting();
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create("HealthKit:Endpoints:" + setting.Key, setting.Value)));
        builder.AddHealthKit(options => options.AddDefaultChecks = false);
        if (monitor is not null)
        {
            builder.Services.Replace(ServiceDescriptor.Singleton(monitor));
        }

        return builder;
    }

    public static Task<TestApp> Start(HealthMonitor monitor, params (string Key, string? Value)[] settings) =>
        Start(Builder(monitor, settings: settings));

    public static async Task<TestApp> Start(WebApplicationBuilder builder, Action<WebApplication>? configure = null)
    {
        var log = new LogLines();
        builder.Services.AddSingleton<ILoggerProvider>(log);
        builder.Services.AddLogging();
        var app = builder.Build();
        try
        {
            (configure ?? (a => a.MapHealthKit()))(app);
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new TestApp(app, log);
    }

    public async Task<Answer> Send(string path, string method = "GET", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var response = await Client.SendAsync(request);
        var fields = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(), fields);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
    }
}

/// <summary>What came back.</summary>
internal sealed record Answer(int Status, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public string? ContentType => Headers.GetValueOrDefault("Content-Type");
}
