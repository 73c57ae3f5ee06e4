using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace HealthKit;

/// <summary>
/// Sends one request and takes its answer, within a run's stages and bounds. Redirects are followed here, as nobody else would keep headers
/// from other origins. Safe for several runs at once: each has a handler of its own.
/// </summary>
internal sealed class HttpProbe : IDisposable
{
    private readonly Lock _gate = new();
    private HttpSession? _idle;
    private bool _disposed;

    /// <summary>Asks.</summary>
    /// <exception cref="StageException">A stage failed, or what came is no HTTP answer.</exception>
    public async Task<HttpAnswer> SendAsync(StageRun run, HttpRequestSpec spec)
    {
        var session = Rent(spec.ReuseConnection);
        var clean = false;
        try
        {
            var answer = await FollowAsync(run, spec, session).ConfigureAwait(false);

            // The handler keeps something for each origin it has seen: one that was led elsewhere is not kept.
            clean = answer.End == BodyEnd.Whole && HttpTarget.IsSameOrigin(answer.Url, spec.Url) && answer.Redirects.All(url => HttpTarget.IsSameOrigin(url, spec.Url));
            return answer;
        }
        finally
        {
            Return(session, clean);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _idle?.Dispose();
            _idle = null;
        }
    }

    private HttpSession Rent(bool reuse)
    {
        lock (_gate)
        {
            var session = _idle;
            _idle = null;
            if (session?.Reuse == reuse)
            {
                return session;
            }

            session?.Dispose();
        }

        return new HttpSession(reuse);
    }

    private void Return(HttpSession session, bool clean)
    {
        lock (_gate)
        {
            if (clean && !_disposed && _idle is null)
            {
                _idle = session;
                return;
            }
        }

        session.Dispose();
    }

    private static async Task<HttpAnswer> FollowAsync(StageRun run, HttpRequestSpec spec, HttpSession session)
    {
        var (url, method) = (spec.Url, spec.Method);
        List<Uri> redirects = [];
        var atHome = true;
        var leftHttps = false;
        while (true)
        {
            var hop = new HttpHop(run, spec, session, url, method, atHome);
            var head = await hop.GoAsync(redirects, leftHttps).ConfigureAwait(false);
            if (head.Answer is { } answer)
            {
                return answer;
            }

            var next = head.Next!;
            leftHttps |= url.Scheme == Uri.UriSchemeHttps && next.Scheme == Uri.UriSchemeHttp;

            // Once away, headers of our own stay away: who led us elsewhere may lead us back to where he wants them.
            atHome &= HttpTarget.IsSameOrigin(next, spec.Url);
            method = head.NextMethod!;
            url = next;
            redirects.Add(url);
        }
    }
}

/// <summary>One request and its answer, on the way to the last.</summary>
internal sealed class HttpHop(StageRun run, HttpRequestSpec spec, HttpSession session, Uri url, string method, bool atHome)
{
    private volatile string? _came;
    private long _bodyBytes;

    /// <summary>Asks, and takes the answer unless it is a redirect that is followed.</summary>
    public async Task<(HttpAnswer? Answer, Uri? Next, string? NextMethod)> GoAsync(List<Uri> redirects, bool leftHttps)
    {
        try
        {
            if (session.Reuse)
            {
                try
                {
                    return await run.DoAsync(Stage.Use, token => ExchangeAsync(null, redirects, leftHttps, token)).ConfigureAwait(false);
                }
                catch (ConnectionNeededException)
                {
                    // None is left from the last time.
                }
            }

            var tlsHost = atHome ? HostHeader() : null;
            var connection = await HttpConnection.OpenAsync(run, url, tlsHost, atHome ? spec.Pins : []).ConfigureAwait(false);
            return await run.DoAsync(Stage.Use, token => ExchangeAsync(connection, redirects, leftHttps, token)).ConfigureAwait(false);
        }
        catch (StageException e) when (e is { Stage: Stage.Use, Reason: "use.timeout" })
        {
            throw new StageException(
                Stage.Use, "use.timeout", _came is { } came ? $"{e.Message}; {came} came, and {GaugeAmount.Bytes(Interlocked.Read(ref _bodyBytes))} of its body" : e.Message, e);
        }
        catch (StageException e) when (redirects.Count > 0 && e.Stage != Stage.Use)
        {
            // Of this hop, and told by the exception. The way out is open: somebody answered before.
            run.Failed = [];
            throw new StageException(e.Stage, e.Reason, $"redirected to {HttpTarget.ForeignText(url)}: {e.Message}", e) { Answered = true };
        }
    }

    /// <summary>The name in a Host header of our own, without its port, for TLS, too.</summary>
    private string? HostHeader()
    {
        var host = spec.Headers.FirstOrDefault(static header => header.Key.Equals("Host", StringComparison.OrdinalIgnoreCase)).Value;
        return host is null ? null : Uri.TryCreate($"http://{host}/", UriKind.Absolute, out var parsed) ? parsed.IdnHost : null;
    }

    private async Task<(HttpAnswer? Answer, Uri? Next, string? NextMethod)> ExchangeAsync(
        HttpConnection? connection, List<Uri> redirects, bool leftHttps, CancellationToken token)
    {
        using var request = Request();
        using var response = await AskAsync(request, connection, token).ConfigureAwait(false);
        var status = (int)response.StatusCode;
        var headers = new HttpAnswerHeaders(response.Headers, response.Content.Headers);
        (string Reason, string Text)? problem = null;
        if (IsRedirect(status) && !spec.Expected.Contains(status))
        {
            if (Next(status, headers, redirects, out var next, out var nextMethod) is not { } why)
            {
                return (null, next, nextMethod);
            }

            problem = why;
        }

        _came = HttpText.Status(status);
        run.Note("httpStatus", status.ToString(CultureInfo.InvariantCulture));
        var answeredBy = HttpAnswerers.Find(status, headers, body: default);
        Note(answeredBy);
        if (headers["Content-Length"] is { } length && !length.Split(',').All(static part => long.TryParse(part, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out _)))
        {
            // The handler would go on without it; one cannot know then where the body ends (RFC 9112, section 6.3).
            throw new StageException(Stage.Use, "http.invalid", $"{_came} came with a Content-Length that is no length");
        }

        var reader = new HttpBodyReader(spec.MaxBodyBytes);
        if (!method.Equals("HEAD", StringComparison.Ordinal) && status is not (101 or 204 or 304))
        {
            await reader.ReadAsync(response.Content, bytes => Interlocked.Exchange(ref _bodyBytes, bytes), token).ConfigureAwait(false);
        }

        var body = reader.Decode(headers["Content-Encoding"], out var end, out var encodingProblem);
        if (status >= HttpAnswerers.FirstPage)
        {
            answeredBy = HttpAnswerers.Find(status, headers, body.Span);
            Note(answeredBy);
        }

        return (
            new HttpAnswer
            {
                Url = url,
                Status = status,
                Headers = headers,
                Body = body,
                End = end,
                ReceivedBytes = reader.Received,
                EncodingProblem = encodingProblem,
                AnsweredBy = answeredBy,
                Redirects = [.. redirects],
                LeftHttps = leftHttps,
                RedirectProblem = problem,
            },
            null,
            null);
    }

    private void Note(HttpAnswerer? answeredBy)
    {
        if (answeredBy is not null)
        {
            run.Note("answeredBy", answeredBy.ToString());
        }
    }

    private HttpRequestMessage Request()
    {
        var request = new HttpRequestMessage(new HttpMethod(method), url)
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.ConnectionClose = !session.Reuse;
        if (atHome)
        {
            foreach (var (name, value) in spec.Headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        if (!request.Headers.NonValidated.Contains("User-Agent"))
        {
            request.Headers.TryAddWithoutValidation("User-Agent", "HealthKit");
        }

        if (!request.Headers.NonValidated.Contains("Accept"))
        {
            request.Headers.TryAddWithoutValidation("Accept", "*/*");
        }

        return request;
    }

    private async Task<HttpResponseMessage> AskAsync(HttpRequestMessage request, HttpConnection? connection, CancellationToken token)
    {
        try
        {
            return await session.SendAsync(request, connection, token).ConfigureAwait(false);
        }
        catch (Exception e) when (
            e is HttpRequestException or IOException or SocketException or ConnectionNeededException && !token.IsCancellationRequested && (connection is not null || e is not ConnectionNeededException))
        {
            throw HttpFaults.BeforeTheAnswer(e, connection);
        }
    }

    private static bool IsRedirect(int status) => status is 300 or 301 or 302 or 303 or 307 or 308;

    /// <summary>Where a redirect leads to; or why it is not followed.</summary>
    private (string Reason, string Text)? Next(int status, HttpAnswerHeaders headers, List<Uri> redirects, out Uri? next, out string? nextMethod)
    {
        (next, nextMethod) = (null, null);
        if (headers["Location"] is not { } location)
        {
            return ("http.redirect.unexpected", "it is a redirect without an address (Location)");
        }

        if (!Uri.TryCreate(url, location, out var target) || target.Scheme is not ("http" or "https") || target.Host.Length == 0)
        {
            return ("http.redirect.unexpected", "it is a redirect to something that is no http or https address");
        }

        // What a server says of user and password is not for us to send, and a fragment is never sent.
        target = new UriBuilder(target) { UserName = "", Password = "", Fragment = "" }.Uri;
        if (spec.MaxRedirects == 0)
        {
            return ("http.redirect.unexpected", $"it is a redirect to {HttpTarget.ForeignText(target)}, and redirects are not followed");
        }

        nextMethod = status == 303 || (status is 301 or 302 && method == "POST") ? (method == "HEAD" ? "HEAD" : "GET") : method; // RFC 9110, section 15.4
        if (nextMethod == method && (target == spec.Url || redirects.Contains(target)))
        {
            return ("http.redirect.loop", $"redirects go in a circle: back to {HttpTarget.ForeignText(target)} by redirect {redirects.Count + 1}");
        }

        if (redirects.Count >= spec.MaxRedirects)
        {
            return ("http.redirect.tooMany", $"more than {spec.MaxRedirects} redirects, the next to {HttpTarget.ForeignText(target)}");
        }

        next = target;
        return null;
    }
}
