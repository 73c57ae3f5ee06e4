using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Sentry;

/// <summary>
/// A Sentry that takes nothing but what the book allows: real HTTP on a loopback port. A request that is not in order is answered by 400 and
/// kept in <see cref="Violations"/>; <see cref="NextAsync"/> fails then.
/// </summary>
internal sealed class SentryReceiver : IAsyncDisposable
{
    public const string Key = "c0ffee5ec2e7c0ffee5ec2e7c0ffee5e";
    public const string Project = "42";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly WebApplication _app;
    private readonly string _prefix;
    private readonly ConcurrentQueue<SentryAnswer> _answers = new();
    private readonly ConcurrentQueue<ReceivedEnvelope> _envelopes = new();
    private readonly ConcurrentQueue<ReceivedEnvelope> _accepted = new();
    private readonly ConcurrentQueue<ReceivedEnvelope> _unread = new();
    private readonly ConcurrentQueue<byte[]> _bytes = new();
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly CancellationTokenSource _end = new();
    private int _requests;

    private SentryReceiver(string prefix, int port)
    {
        _prefix = prefix;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection => Garbage(connection, next));
            });
        });
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    /// <summary>Its port.</summary>
    public int Port => new Uri(_app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;

    /// <summary>The DSN that leads here.</summary>
    public string Dsn => $"http://{Key}@127.0.0.1:{Port}{(_prefix.Length > 0 ? "/" + _prefix : "")}/{Project}";

    /// <summary>Types of items besides those of HealthKit that are taken unread, for envelopes of other senders.</summary>
    public HashSet<string> LenientTypes { get; } = [];

    /// <summary>Every envelope in order, in the order of arrival, whatever it was answered with.</summary>
    public IReadOnlyList<ReceivedEnvelope> Envelopes => [.. _envelopes];

    /// <summary>The envelopes that were answered by 200, as Sentry answers.</summary>
    public IReadOnlyList<ReceivedEnvelope> Accepted => [.. _accepted];

    /// <summary>What was not in order.</summary>
    public IReadOnlyList<string> Violations => [.. _violations];

    /// <summary>How many requests there were.</summary>
    public int Requests => _requests;

    /// <param name="prefix">A path before the project, without slashes at its ends.</param>
    /// <param name="port">The port; 0 for any that is free.</param>
    public static async Task<SentryReceiver> StartAsync(string prefix = "", int port = 0)
    {
        var receiver = new SentryReceiver(prefix, port);
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>How the next requests are answered, one after the other; then as Sentry does.</summary>
    public void Answer(params IEnumerable<SentryAnswer> answers)
    {
        foreach (var answer in answers)
        {
            _answers.Enqueue(answer);
        }
    }

    /// <summary>The next envelope that was accepted; fails when something was not in order or nothing comes.</summary>
    public async Task<ReceivedEnvelope> NextAsync()
    {
        var until = TimeProvider.System.GetTimestamp();
        while (true)
        {
            Assert.Empty(Violations);
            if (_unread.TryDequeue(out var envelope))
            {
                return envelope;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(until) < Deadline, $"No envelope came within {Deadline.TotalSeconds} s.");
            await _arrived.WaitAsync(TimeSpan.FromMilliseconds(200));
        }
    }

    /// <summary>Whether a text stands in any byte that arrived, besides the one header that is there for the key.</summary>
    public bool Saw(string text) => _bytes.Any(bytes => Encoding.UTF8.GetString(bytes).Contains(text, StringComparison.OrdinalIgnoreCase));

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _app.DisposeAsync();
        _end.Dispose();
        _arrived.Dispose();
    }

    private async Task HandleAsync(HttpContext context)
    {
        Interlocked.Increment(ref _requests);
        var request = context.Request;
        context.Response.Headers.Connection = "close";
        var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        var answer = _answers.TryDequeue(out var next) ? next : SentryAnswer.Ok;
        ReceivedEnvelope envelope;
        try
        {
            var headers = request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
            CheckHttp(request, headers);
            var bytes = Decompress(body.ToArray(), headers);
            _bytes.Enqueue(bytes);
            _bytes.Enqueue(Encoding.UTF8.GetBytes(string.Join('\n', headers.Where(header => header.Key != "X-Sentry-Auth").Select(header => header.Key + header.Value)) + request.Path));
            var (header, items) = EnvelopeReader.Read(bytes, LenientTypes);
            envelope = new ReceivedEnvelope(header, items, bytes, headers, answer.Kind is AnswerKind.Http or AnswerKind.EndlessBody ? answer.Status : 0);
        }
        catch (Exception e) when (e is FormatException or InvalidDataException)
        {
            _violations.Enqueue(e.Message);
            _arrived.Release();
            context.Response.StatusCode = 400;
            context.Response.Headers["X-Sentry-Error"] = "not in order";
            return;
        }

        _envelopes.Enqueue(envelope);
        if (envelope.AnsweredWith == 200 && answer.Body is null)
        {
            _accepted.Enqueue(envelope);
            _unread.Enqueue(envelope);
            _arrived.Release();
        }

        await AnswerAsync(context, answer, envelope);
    }

    private void CheckHttp(HttpRequest request, Dictionary<string, string> headers)
    {
        Require(request.Method == "POST", $"the method {request.Method}");
        var path = $"/{(_prefix.Length > 0 ? _prefix + "/" : "")}api/{Project}/envelope/";
        Require(request.Path == path, $"the path {request.Path} instead of {path}");
        Require(headers.GetValueOrDefault("Content-Type") == "application/x-sentry-envelope", $"the media type {headers.GetValueOrDefault("Content-Type")}");
        Require(headers.ContainsKey("User-Agent"), "no User-Agent");
        Require(headers.ContainsKey("Content-Length"), "no Content-Length");
        Require(!headers.ContainsKey("Cookie") && !headers.ContainsKey("traceparent") && !headers.ContainsKey("Authorization"), "a header that nobody asked for");
        if (headers.TryGetValue("X-Sentry-Auth", out var text))
        {
            Require(text.StartsWith("Sentry ", StringComparison.Ordinal), "X-Sentry-Auth without 'Sentry'");
            var fields = text["Sentry ".Length..].Split(", ").Select(field => field.Split('=', 2)).ToDictionary(field => field[0], field => field[^1]);
            Require(fields.GetValueOrDefault("sentry_key") == Key && fields.GetValueOrDefault("sentry_version") == "7", "a wrong key or version in X-Sentry-Auth");
            Require(fields.GetValueOrDefault("sentry_client")?.Split('/').Length == 2, "no sentry_client in X-Sentry-Auth");
            Require(!request.QueryString.HasValue, "a query beside X-Sentry-Auth");
        }
        else
        {
            Require(request.Query["sentry_key"] == Key && request.Query["sentry_version"] == "7", "no key, neither in X-Sentry-Auth nor in the query");
        }
    }

    private static byte[] Decompress(byte[] body, Dictionary<string, string> headers)
    {
        if (!headers.TryGetValue("Content-Encoding", out var encoding))
        {
            return body;
        }

        Require(encoding == "gzip", $"the encoding {encoding}");
        using var gzip = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
        var bytes = new MemoryStream();
        gzip.CopyTo(bytes);
        return bytes.ToArray();
    }

    private async Task AnswerAsync(HttpContext context, SentryAnswer answer, ReceivedEnvelope envelope)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _end.Token);
        switch (answer.Kind)
        {
            case AnswerKind.Reset:
                context.Abort();
                return;
            case AnswerKind.Hang:
                await Task.Delay(Timeout.Infinite, over.Token).ContinueWith(_ => { }, TaskScheduler.Default);
                context.Abort();
                return;
            case AnswerKind.EndlessBody:
                await context.Response.WriteAsync("{\"id\":", CancellationToken.None);
                await context.Response.Body.FlushAsync(CancellationToken.None);
                await Task.Delay(Timeout.Infinite, over.Token).ContinueWith(_ => { }, TaskScheduler.Default);
                context.Abort();
                return;
        }

        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType;
        foreach (var (name, value) in answer.Headers)
        {
            context.Response.Headers[name] = value;
        }

        var id = envelope.Header.TryGetProperty("event_id", out var eventId) ? $$"""{"id":"{{eventId.GetString()}}"}""" : "{}";
        await context.Response.WriteAsync(answer.Body ?? (answer.Status == 200 ? id : """{"detail":"no"}"""));
    }

    /// <summary>Below HTTP: a connection whose request is answered with bytes that are not.</summary>
    private async Task Garbage(ConnectionContext connection, ConnectionDelegate next)
    {
        if (!_answers.TryPeek(out var answer) || answer.Kind != AnswerKind.Garbage)
        {
            await next(connection);
            return;
        }

        _answers.TryDequeue(out _);
        Interlocked.Increment(ref _requests);
        await ReadRequestAsync(connection.Transport.Input);
        await connection.Transport.Output.WriteAsync("SSH-2.0-OpenSSH_9.2\r\n\0\u0001\u0002 this is no HTTP\r\n\r\n"u8.ToArray());
        await connection.Transport.Output.CompleteAsync();
    }

    private static async Task ReadRequestAsync(PipeReader input)
    {
        var seen = new MemoryStream();
        var needed = long.MaxValue;
        while (seen.Length < needed)
        {
            var read = await input.ReadAsync();
            foreach (var part in read.Buffer)
            {
                seen.Write(part.Span);
            }

            input.AdvanceTo(read.Buffer.End);
            var text = Encoding.Latin1.GetString(seen.ToArray());
            var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                var length = text[..end].Split("\r\n").Single(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
                needed = end + 4 + long.Parse(length.Split(':')[1], CultureInfo.InvariantCulture);
            }

            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new FormatException(otherwise);
        }
    }
}
