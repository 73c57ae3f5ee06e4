using Microsoft.AspNetCore.Http;

namespace HealthKit;

/// <summary>Signs answers: <c>X-Answered-By: HealthKit; app="Shop"</c>.</summary>
internal static class AppSignature
{
    public const string Header = "X-Answered-By";
    private const int LongestName = 64;

    /// <summary>The header's value. Only plain characters of the name are kept: a header may not hold others.</summary>
    public static string Of(string name)
    {
        var kept = string.Concat(name.Where(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or ' ')).Trim();
        return $"HealthKit; app=\"{(kept.Length == 0 ? "app" : kept.Length <= LongestName ? kept : kept[..LongestName])}\"";
    }

    /// <summary>Signs an answer when its head is sent, whatever became of its headers until then: an error page clears them.</summary>
    public static void Sign(HttpContext context, string value) => context.Response.OnStarting(
        static state =>
        {
            var (response, value) = ((HttpResponse, string))state;

            // An answer that this app only hands on has been signed by who gave it.
            response.Headers.TryAdd(Header, value);
            return Task.CompletedTask;
        },
        (context.Response, value));
}
