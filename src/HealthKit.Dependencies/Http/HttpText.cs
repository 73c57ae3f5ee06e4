using System.Globalization;

namespace HealthKit;

/// <summary>Statuses and times of HTTP as people read them.</summary>
internal static class HttpText
{
    /// <summary><c>502 Bad Gateway</c>, in our words: those of the server are foreign text.</summary>
    public static string Status(int status)
    {
        var phrase = status switch
        {
            200 => "OK",
            201 => "Created",
            202 => "Accepted",
            204 => "No Content",
            301 => "Moved Permanently",
            302 => "Found",
            303 => "See Other",
            304 => "Not Modified",
            307 => "Temporary Redirect",
            308 => "Permanent Redirect",
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            407 => "Proxy Authentication Required",
            408 => "Request Timeout",
            410 => "Gone",
            413 => "Content Too Large",
            421 => "Misdirected Request",
            429 => "Too Many Requests",
            431 => "Request Header Fields Too Large",
            500 => "Internal Server Error",
            501 => "Not Implemented",
            502 => "Bad Gateway",
            503 => "Service Unavailable",
            504 => "Gateway Timeout",
            507 => "Insufficient Storage",
            _ => "",
        };
        var number = status.ToString(CultureInfo.InvariantCulture);
        return phrase.Length == 0 ? number : $"{number} {phrase}";
    }

    /// <summary>A time of day; the day too unless it is today.</summary>
    public static string Time(DateTimeOffset at, DateTimeOffset now) =>
        at.UtcDateTime.ToString(at.UtcDateTime.Date == now.UtcDateTime.Date ? "HH:mm:ss'Z'" : "yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>An option's text within a sentence: quoted and bounded.</summary>
    public static string Quote(string text) => $"'{ForeignText.Shown(text, 80)}'";
}
