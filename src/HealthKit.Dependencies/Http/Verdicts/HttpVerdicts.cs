using System.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What an answer means, by its status and by who gave it. What its content must be is the caller's.</summary>
internal static class HttpVerdicts
{
    /// <summary>Asked to wait, but not for how long.</summary>
    private static readonly TimeSpan UnnamedWait = TimeSpan.FromMinutes(1);

    private static readonly string[] HttpsWanted =
        ["plain HTTP request was sent to HTTPS port", "speaking plain HTTP to an SSL-enabled server port", "Client sent an HTTP request to an HTTPS server"];

    /// <summary>Judges an answer.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="asked">The address that was asked at first.</param>
    /// <param name="expected">Good statuses.</param>
    /// <param name="patience">What is remembered of the server; it is told what to remember now.</param>
    /// <param name="grace">For how long 503 is degraded.</param>
    /// <returns>What is wrong; null when the status is expected and nothing else tells of trouble.</returns>
    public static DependencyFinding? Judge(HttpAnswer answer, Uri asked, StatusSet expected, HttpPatience patience, TimeSpan grace)
    {
        var status = answer.Status;
        var good = expected.Contains(status);
        if (status != 503 || good)
        {
            patience.NotUnavailable();
        }

        if (IsThrottled(answer, good))
        {
            return Throttled(answer, asked, patience);
        }

        if (good)
        {
            return null;
        }

        var who = Who(answer);
        if (answer.RedirectProblem is { } problem)
        {
            return Fault(problem.Reason, $"{who}: {problem.Text}");
        }

        return status switch
        {
            503 => Unavailable(answer, asked, who, patience, grace),
            401 => Refused("auth.rejected", answer, $"{who}: it does not accept who we say we are{Scheme(answer)}"),
            407 => Refused("auth.rejected", answer, $"{who}: a proxy on the way wants to know who we are{Scheme(answer)}"),
            403 => Refused("auth.forbidden", answer, $"{who}: it knows who we are, or does not care, and does not allow this"),
            404 or 410 => Fault("http.notFound", $"{who}: there is nothing of that path{(answer.AnsweredBy is { Kind: AnswererKind.Gateway, IsAuthor: true } ? $" that {answer.AnsweredBy.Name} knows of" : "")}"),
            502 or 520 or 521 or 523 or 525 or 526 => Fault("http.badGateway", $"{who}: {Upstream(answer, "it refused, closed early, or answered nonsense")}"),
            504 or 522 or 524 => Fault("http.gatewayTimeout", $"{who}: {Upstream(answer, "it did not answer in time")}"),
            (>= 500) and (<= 599) => Fault("http.serverError", $"{who}: their fault, it failed on the request; its log says why"),
            (>= 400) and (<= 499) => Fault("http.clientError", $"{who}: {ClientError(answer)}"),
            (>= 300) and (<= 399) => Fault("http.redirect.unexpected", $"{who}: expected {expected}"),
            _ => Fault("http.unexpectedStatus", $"{who}: expected {expected}"),
        };
    }

    /// <summary>The status and who gave it: <c>502 Bad Gateway by nginx, after 1 redirect to https://www.example/</c>.</summary>
    public static string Who(HttpAnswer answer)
    {
        var text = new StringBuilder(HttpText.Status(answer.Status));
        if (answer.AnsweredBy is { } answerer)
        {
            text.Append(' ').Append(answerer.Clause);
        }

        if (answer.Redirects.Count > 0)
        {
            text.Append(", after ").Append(answer.Redirects.Count).Append(answer.Redirects.Count == 1 ? " redirect to " : " redirects, last to ").Append(HttpTarget.ForeignText(answer.Url));
        }

        return text.ToString();
    }

    private static bool IsThrottled(HttpAnswer answer, bool good)
    {
        if (answer.Status == 429)
        {
            return !good;
        }

        // Some say 403 for it, and say by these headers that they mean it.
        return (good || answer.Status == 403) && (RateLimit.IsExhausted(answer.Headers) || (!good && answer.Headers.Has("Retry-After")));
    }

    private static DependencyFinding Throttled(HttpAnswer answer, Uri asked, HttpPatience patience)
    {
        var now = patience.Now;
        var named = RateLimit.RetryAfter(answer.Headers, now) ?? RateLimit.Reset(answer.Headers, now);
        var wait = named ?? UnnamedWait;
        var what = answer.Status is 429 or 403 ? "we ask too often" : "this was the last request that we had";
        var text = $"{Who(answer)}: we are throttled, {what}";
        Dictionary<string, object> data = new()
        {
            ["httpStatus"] = Number(answer.Status),
            ["retryAt"] = now + wait,
        };
        if (answer.AnsweredBy is { } answerer)
        {
            data["answeredBy"] = answerer.ToString();
        }

        patience.Hold(asked, wait, DependencyFinding.Degraded("http.throttled", text, data));
        return DependencyFinding.Degraded("http.throttled", $"{text}; {Until(wait, now, named is null)}", data);
    }

    /// <summary>What the runs say while nothing is asked.</summary>
    public static DependencyFinding Held(DependencyFinding finding, TimeSpan left, DateTimeOffset now) => finding with { Text = $"not asked: {finding.Text}; {Until(left, now, unnamed: false)}" };

    private static string Until(TimeSpan wait, DateTimeOffset now, bool unnamed) => wait == TimeSpan.Zero
        ? "it may be asked again at once"
        : $"nothing is asked before {HttpText.Time(now + wait, now)}, in {Latency.Text(wait)}{(unnamed ? " (it did not say for how long)" : "")}";

    private static DependencyFinding Unavailable(HttpAnswer answer, Uri asked, string who, HttpPatience patience, TimeSpan grace)
    {
        var since = patience.Unavailable(asked);
        var why = answer.AnsweredBy switch
        {
            { Name: "HAProxy", IsAuthor: true } => "no server of its backend is up, or takes connections",
            { Name: "Phusion Passenger", IsAuthor: true } => "its request queue is full",
            { Name: "AWS load balancer", IsAuthor: true } => "no target of its group is healthy, or it has too few of its own",
            { Name: "Envoy" or "Traefik" or "Varnish", IsAuthor: true } => "nothing behind it is healthy, or it could not be connected to",
            { Name: "HTTP.sys (IIS)", IsAuthor: true } => "the application pool is stopped, or its queue is full",
            { Name: "nginx" or "openresty", IsAuthor: true } => "it sheds load (limit_req, limit_conn), or is set to say so",
            { Kind: AnswererKind.App } => "the app sheds load or is being deployed",
            _ => "it sheds load or is being deployed",
        };
        Dictionary<string, object> data = new() { ["unavailableSeconds"] = Math.Round(since.TotalSeconds, 3) };
        var retry = "";
        if (RateLimit.RetryAfter(answer.Headers, patience.Now) is { } wait)
        {
            data["retryAt"] = patience.Now + wait;
            retry = $"; it wants to be asked again after {Latency.Text(wait)}";
        }

        var still = since <= grace && grace > TimeSpan.Zero;
        var bound = grace == TimeSpan.Zero ? "" : still ? $", unhealthy after {Latency.Text(grace)}" : $", longer than {Latency.Text(grace)}";
        return new DependencyFinding(
            still ? HealthStatus.Degraded : HealthStatus.Unhealthy, "http.unavailable", $"{who}: {why}; {(since < TimeSpan.FromSeconds(1) ? "the first of a row" : $"for {Latency.Text(since)} now")}{bound}{retry}", With(data, "use"));
    }

    private static string Upstream(HttpAnswer answer, string what) => answer.AnsweredBy switch
    {
        { Kind: AnswererKind.App } => $"the app says of what it asks itself that {what}",
        { IsAuthor: true, Kind: AnswererKind.Gateway } gateway => $"{gateway.Name} says of its upstream that {what}; its log names the upstream",
        _ => $"a gateway on the way says of its upstream that {what}",
    };

    private static string ClientError(HttpAnswer answer)
    {
        var head = Encoding.Latin1.GetString(answer.Body.Span[..Math.Min(answer.Body.Length, 4096)]);
        return answer.Status switch
        {
            400 when Array.Exists(HttpsWanted, mark => head.Contains(mark, StringComparison.OrdinalIgnoreCase)) => "our fault, it speaks TLS on that port: ask by https",
            405 => "our fault, it does not take that method",
            421 => "our fault, it has no site of that name",
            _ => "our fault, it does not take the request as it is",
        };
    }

    private static string Scheme(HttpAnswer answer)
    {
        var header = answer.Headers[answer.Status == 407 ? "Proxy-Authenticate" : "WWW-Authenticate"];
        var scheme = header?.Split(' ', ',')[0];
        return scheme is "Basic" or "Bearer" or "Digest" or "Negotiate" or "NTLM" ? $" ({scheme} is wanted)" : "";
    }

    private static DependencyFinding Refused(string reason, HttpAnswer answer, string text)
    {
        // The request was how we said who we are: what stood before it is how far it got.
        var data = With([], "authenticate");
        data["stage"] = answer.Url.Scheme == Uri.UriSchemeHttps ? "tls" : "connect";
        return DependencyFinding.Unhealthy(reason, text, data);
    }

    private static DependencyFinding Fault(string reason, string text) => DependencyFinding.Unhealthy(reason, text, With([], "use"));

    private static Dictionary<string, object> With(Dictionary<string, object> data, string failedStage)
    {
        data["failedStage"] = failedStage;
        return data;
    }

    private static string Number(int status) => status.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
