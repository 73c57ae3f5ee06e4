using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace HealthKit;

/// <summary>What holds for every route: the management port, and the methods that are answered.</summary>
internal static class Gate
{
    public static readonly StringValues NoStore = "no-store";

    private static readonly StringValues Allow = "GET, HEAD, OPTIONS";

    /// <summary>Whether the request is refused; then the response says so.</summary>
    public static bool Refuses(HttpContext context, EndpointSettings settings)
    {
        if (settings.ManagementPort is { } port && context.Connection.LocalPort != port)
        {
            Refuse(context.Response, StatusCodes.Status404NotFound);
            return true;
        }

        var method = context.Request.Method;
        if (HttpMethods.IsOptions(method))
        {
            // RFC 9110, section 9.3.7.
            context.Response.Headers.Allow = Allow;
        }
        else if (!HttpMethods.IsGet(method) && !HttpMethods.IsHead(method))
        {
            context.Response.Headers.Allow = Allow;
            Refuse(context.Response, StatusCodes.Status405MethodNotAllowed);
            return true;
        }

        return false;
    }

    /// <summary>Our fields behind those that middleware before us has put there.</summary>
    public static StringValues Vary(StringValues before, StringValues ours) => before.Count == 0 ? ours : StringValues.Concat(before, ours);

    private static void Refuse(HttpResponse response, int statusCode)
    {
        response.StatusCode = statusCode;
        response.Headers.CacheControl = NoStore;
        response.ContentLength = 0;
    }
}
