using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HealthKit.IntegrationTests.Incidents;

/// <summary>A webhook's receiver: takes what comes to any path, in its order.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Received> _received = new();

    private Receiver(WebApplication app) => _app = app;

    /// <summary>Where it listens; the path is as secret as a webhook's is.</summary>
    public Uri Url => new(new Uri(_app.Urls.Single()), "/hooks/T0PSECRET");

    /// <summary>For a Sentry sink: what comes there is taken and not kept.</summary>
    public string Dsn => _app.Urls.Single().Replace("://", "://0123456789abcdef0123456789abcdef@", StringComparison.Ordinal) + "/1";

    /// <summary>Everything that came to the webhook.</summary>
    public IReadOnlyList<Received> Messages => [.. _received];

    /// <summary>Answers a request, by its number from 0; default: 200.</summary>
    public Func<int, int> StatusCode { get; set; } = static _ => StatusCodes.Status200OK;

    public static async Task<Receiver> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new Receiver(app);
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        if (context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal))
        {
            return;
        }

        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var number = _received.Count;
        context.Response.StatusCode = StatusCode(number);
        _received.Enqueue(new Received(
            context.Request.Headers["Idempotency-Key"].ToString(), Encoding.UTF8.GetString(body.ToArray()), context.Response.StatusCode));
    }
}

/// <summary>A message as it came.</summary>
internal sealed record Received(string Key, string Body, int StatusCode)
{
    public JsonElement Json { get; } = JsonDocument.Parse(Body).RootElement;

    public string Kind => Json.GetProperty("kind").GetString()!;

    public string Check => Json.GetProperty("incident").GetProperty("check").GetString()!;
}
