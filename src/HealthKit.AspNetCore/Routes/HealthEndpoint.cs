using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Primitives;

namespace HealthKit;

/// <summary>Answers one route. The status line and the word come from the monitor's current snapshot, bodies from a small cache.</summary>
internal sealed class HealthEndpoint(
    HealthRoute route,
    HealthMonitor monitor,
    HealthIncidents incidents,
    EndpointSettings settings,
    Drain drain,
    DetailAuthorizer? authorizer,
    AppIdentity identity,
    TimeProvider timeProvider)
{
    private static readonly byte[] HealthyWord = "Healthy"u8.ToArray();
    private static readonly byte[] DegradedWord = "Degraded"u8.ToArray();
    private static readonly byte[] UnhealthyWord = "Unhealthy"u8.ToArray();

    private readonly bool _isOverview = route == HealthRoute.Overview;
    private readonly StringValues _vary = authorizer is null ? "Accept" : "Accept, Authorization, Cookie";
    private readonly BodyCache _json = new(timeProvider, (verdict, detail) => HealthJson.Render(verdict, detail, identity, incidents.Open));
    private readonly BodyCache _table = new(
        timeProvider, (verdict, detail) => HealthTable.Render(verdict, detail, identity, incidents.Open, timeProvider.GetUtcNow()));

    private RouteVerdict? _verdict;

    public Task HandleAsync(HttpContext context)
    {
        if (Gate.Refuses(context, settings))
        {
            return Task.CompletedTask;
        }

        var format = ContentNegotiation.Choose(context.Request, _isOverview);
        if (format == BodyFormat.Word)
        {
            var verdict = CurrentVerdict();
            return Answer(context, verdict, verdict, Word(verdict.Status), "text/plain");
        }

        return authorizer is null || settings.Detail == HealthDetail.Full
            ? AnswerInFull(context, format, settings.Detail)
            : authorizer.AnswerAsync(
                context, (asked, holdsPolicy) => AnswerInFull(asked, format, holdsPolicy ? HealthDetail.Full : settings.Detail));
    }

    private static byte[] Word(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => HealthyWord,
        HealthStatus.Degraded => DegradedWord,
        _ => UnhealthyWord,
    };

    private Task AnswerInFull(HttpContext context, BodyFormat format, HealthDetail detail)
    {
        var verdict = CurrentVerdict();
        var body = (format == BodyFormat.Json ? _json : _table).Get(verdict, detail);
        return Answer(context, verdict, body.Verdict, body.Bytes, format == BodyFormat.Json ? "application/json" : "text/plain; charset=utf-8");
    }

    private Task Answer(HttpContext context, RouteVerdict verdict, RouteVerdict shown, byte[] body, string contentType)
    {
        var response = context.Response;
        response.StatusCode = verdict.Status switch
        {
            HealthStatus.Healthy => StatusCodes.Status200OK,
            HealthStatus.Degraded => settings.DegradedStatusCode,
            _ => StatusCodes.Status503ServiceUnavailable,
        };
        var headers = response.Headers;
        headers.ContentType = contentType;
        headers.ContentLength = body.Length;
        headers.CacheControl = Gate.NoStore;
        headers.Vary = Gate.Vary(headers.Vary, _vary);
        if (shown.OldestResult is { } oldest)
        {
            var age = (long)(timeProvider.GetUtcNow() - oldest).TotalSeconds;
            headers.Age = Math.Max(age, 0).ToString(CultureInfo.InvariantCulture);
        }

        if (HttpMethods.IsHead(context.Request.Method))
        {
            return Task.CompletedTask;
        }

        var written = response.BodyWriter.WriteAsync(body);
        if (written.IsCompletedSuccessfully)
        {
            _ = written.Result;
            return Task.CompletedTask;
        }

        return written.AsTask();
    }

    private RouteVerdict CurrentVerdict()
    {
        var snapshot = monitor.Current;
        var draining = drain.IsDraining;
        var verdict = Volatile.Read(ref _verdict);
        if (verdict is null || !ReferenceEquals(verdict.Snapshot, snapshot) || verdict.Draining != draining)
        {
            verdict = route.Judge(snapshot, draining);
            Volatile.Write(ref _verdict, verdict);
        }

        return verdict;
    }
}
