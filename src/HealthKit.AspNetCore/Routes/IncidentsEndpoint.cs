using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace HealthKit;

/// <summary>
/// Answers <c>/health/incidents</c> and <c>/health/incidents/{id}</c>: for callers who see everything, and for nobody else. It is for
/// people, so it is 200 whatever is wrong.
/// </summary>
internal sealed class IncidentsEndpoint(HealthIncidents incidents, EndpointSettings settings, DetailAuthorizer? authorizer)
{
    private const string Csv = "text/csv; charset=utf-8";
    private const string Json = "application/json";
    private const string Text = "text/plain; charset=utf-8";

    private readonly StringValues _vary = authorizer is null ? "Accept" : "Accept, Authorization, Cookie";

    public Task HandleAsync(HttpContext context)
    {
        if (Gate.Refuses(context, settings))
        {
            return Task.CompletedTask;
        }

        if (settings.Detail == HealthDetail.Full)
        {
            return Answer(context);
        }

        return authorizer is null
            ? Forbid(context)
            : authorizer.AnswerAsync(context, (asked, holdsPolicy) => holdsPolicy ? Answer(asked) : Forbid(asked));
    }

    private Task Forbid(HttpContext context)
    {
        var text = authorizer is null
            ? "Incidents are shown to holders of the authorization policy that HealthKit:Endpoints:DetailPolicy names. None is set.\n"
            : "Incidents are shown to holders of the authorization policy that HealthKit:Endpoints:DetailPolicy names.\n";
        return Write(context, StatusCodes.Status403Forbidden, Text, Encoding.UTF8.GetBytes(text));
    }

    private Task Answer(HttpContext context)
    {
        if (context.Request.RouteValues.TryGetValue("id", out var id))
        {
            return incidents.Find((string)id!) is { } incident
                ? Write(context, StatusCodes.Status200OK, Json, IncidentsJson.Render(incident, incidents.FindEvidence(incident.Id)))
                : Write(context, StatusCodes.Status404NotFound, Text, "No incident of this id is kept.\n"u8.ToArray());
        }

        return WantsCsv(context.Request)
            ? Write(context, StatusCodes.Status200OK, Csv, Encoding.UTF8.GetBytes(incidents.GetDowntime().ToCsv()))
            : Write(context, StatusCodes.Status200OK, Json, IncidentsJson.Render(incidents));
    }

    private static bool WantsCsv(HttpRequest request) =>
        request.Query.TryGetValue("format", out var format)
            ? format.ToString().Equals("csv", StringComparison.OrdinalIgnoreCase)
            : ContentNegotiation.Choose(request.Headers.Accept, ("text", "csv", true), ("application", "json", false), usual: false);

    private Task Write(HttpContext context, int statusCode, string contentType, byte[] body)
    {
        var response = context.Response;
        response.StatusCode = statusCode;
        response.Headers.ContentType = contentType;
        response.Headers.ContentLength = body.Length;
        response.Headers.CacheControl = Gate.NoStore;
        response.Headers.Vary = Gate.Vary(response.Headers.Vary, _vary);
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.BodyWriter.WriteAsync(body).AsTask();
    }
}
