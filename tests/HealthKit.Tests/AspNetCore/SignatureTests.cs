using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace HealthKit.Tests.AspNetCore;

/// <summary>An app signs what it answers: on Kestrel, whose own answers are left out.</summary>
public sealed class SignatureTests : IDisposable
{
    private const string Header = "X-Answered-By";

    private readonly string _state = Directory.CreateTempSubdirectory("hk-signature-").FullName;

    public void Dispose() => Directory.Delete(_state, recursive: true);

    [Theory]
    [InlineData("/", 200)]
    [InlineData("/missing", 404)]
    [InlineData("/throws", 500)]
    [InlineData("/health/live", 200)]
    [InlineData("/cleared", 503)]
    public async Task Every_answer_of_the_app_is_signed_error_pages_included(string path, int status)
    {
        await using var app = await StartAsync(app => app.UseHealthKitSignature());

        var (code, signature) = await AskAsync(app, path);

        Assert.Equal(status, code);
        Assert.Equal("HealthKit; app=\"Shop.Api\"", signature);
    }

    [Fact]
    public async Task Without_it_nothing_is_told()
    {
        await using var app = await StartAsync(_ => { });

        Assert.Equal((200, null), await AskAsync(app, "/"));
        Assert.Equal((200, null), await AskAsync(app, "/health/live"));
    }

    [Fact]
    public async Task An_answer_that_is_handed_on_keeps_its_signature()
    {
        await using var app = await StartAsync(app => app.UseHealthKitSignature());

        Assert.Equal((200, "HealthKit; app=\"Other\""), await AskAsync(app, "/proxied"));
    }

    [Theory]
    [InlineData("Shop", "Shop")]
    [InlineData("a \"b\"\r\nX-Evil: 1", "a bX-Evil 1")]
    [InlineData("Łódź", "d")]
    [InlineData("…", "app")]
    public async Task Another_name_is_told_if_it_is_given_as_far_as_a_header_may_hold_it(string name, string told)
    {
        await using var app = await StartAsync(app => app.UseHealthKitSignature(name));

        Assert.Equal($"HealthKit; app=\"{told}\"", (await AskAsync(app, "/")).Signature);
    }

    private async Task<WebApplication> StartAsync(Action<WebApplication> configure)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = "Shop.Api", EnvironmentName = "Production" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration["HealthKit:StateDirectory"] = _state;
        builder.AddHealthKit(options => options.AddDefaultChecks = false);
        var app = builder.Build();
        configure(app);
        app.UseExceptionHandler(error => error.Run(context => context.Response.WriteAsync("sorry")));
        app.MapHealthKit();
        app.MapGet("/", () => "fine");
        app.MapGet("/throws", string () => throw new InvalidOperationException("oh"));
        app.MapGet("/cleared", (HttpContext context) =>
        {
            context.Response.Clear();
            context.Response.StatusCode = 503;
        });
        app.MapGet("/proxied", (HttpContext context) =>
        {
            context.Response.Headers[Header] = "HealthKit; app=\"Other\"";
            return "from elsewhere";
        });
        await app.StartAsync();
        return app;
    }

    private static async Task<(int Status, string? Signature)> AskAsync(WebApplication app, string path)
    {
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        using var response = await client.GetAsync(new Uri(path, UriKind.Relative));
        return ((int)response.StatusCode, response.Headers.TryGetValues(Header, out var values) ? Assert.Single(values) : null);
    }
}
