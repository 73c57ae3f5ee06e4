using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit;

/// <summary>
/// Sends each message as an HTTP POST. Its type is <c>Webhook</c>. Every text that comes out of it is its own: an exception's may hold the
/// address, which is a secret.
/// </summary>
internal sealed class WebhookSink : IIncidentSink, IDisposable
{
    private const int MaxDrainedBytes = 4096;
    private const int MaxHeaderKibibytes = 16;
    private static readonly TimeSpan MinTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromSeconds(30);

    // A receiver that asks for a year must not silence the alerts for a year.
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(1);

    private static readonly ProductInfoHeaderValue UserAgent = new("HealthKit", Version());

    private readonly WebhookAddress _address;
    private readonly WebhookFormat _format;
    private readonly TimeSpan _timeout;
    private readonly Redactor _redactor;
    private readonly TimeProvider _time;
    private readonly HttpMessageInvoker _http;

    public WebhookSink(WebhookSinkOptions options, Redactor redactor, TimeProvider time)
    {
        _address = new WebhookAddress(options.Url!, options.Authorization);
        _format = options.Format;
        _timeout = options.Timeout;
        _redactor = redactor;
        _time = time;
        _address.RegisterSecrets(redactor);
        _http = new HttpMessageInvoker(CreateHandler(options.Timeout));
    }

    public static SinkType<WebhookSinkOptions> Type { get; } = SinkType.Create<WebhookSinkOptions>(
        "Webhook",
        Validate,
        (services, _, options) => new WebhookSink(
            options, services.GetRequiredService<Redactor>(), services.GetService<TimeProvider>() ?? TimeProvider.System));

    public async Task<SinkResult> SendAsync(IncidentMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        using var request = CreateRequest(message);
        var attempt = WebhookAttempt.Of(request);
        using var deadline = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var response = await _http.SendAsync(request, either.Token).ConfigureAwait(false);
            return Judge(response);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return Retry(attempt.DescribeTimeout(_timeout));
        }
        catch (HttpRequestException e)
        {
            return Retry(attempt.Describe(e));
        }
        catch (Exception e)
        {
            // Whatever it is: its text may hold the address, so it must not reach the caller.
            return Retry($"no answer ({e.GetType().Name})");
        }
    }

    public void Dispose() => _http.Dispose();

    public override string ToString() => $"Webhook {_address.Shown}";

    private static IEnumerable<OptionError> Validate(WebhookSinkOptions options)
    {
        var url = options.Url;
        var usable = url is { IsAbsoluteUri: true, Host.Length: > 0 } && WebhookAddress.IsWeb(url);
        if (!usable)
        {
            yield return new OptionError(
                nameof(options.Url), url is null ? null : WebhookAddress.Show(url), "an absolute address that starts with http:// or https://");
        }

        if (options.Authorization is { } header)
        {
            if (header.Length == 0 || header.Trim() != header || header.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                yield return new OptionError(
                    nameof(options.Authorization),
                    Redactor.Marker,
                    "the value of a header, such as 'Bearer …': visible ASCII characters, blanks between them");
            }
            else if (usable && url!.UserInfo.Length > 0)
            {
                yield return new OptionError(
                    nameof(options.Authorization),
                    Redactor.Marker,
                    "null, because Url has user information, which is sent as authorization");
            }
        }

        if (!Enum.IsDefined(options.Format))
        {
            yield return new OptionError(nameof(options.Format), options.Format, "one of " + string.Join(", ", Enum.GetNames<WebhookFormat>()));
        }

        if (options.Timeout < MinTimeout || options.Timeout > MaxTimeout)
        {
            yield return new OptionError(nameof(options.Timeout), options.Timeout, "00:00:01 to 00:00:30");
        }
    }

    private static string Version()
    {
        var version = typeof(WebhookSink).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
        return version.Split('+')[0];
    }

    private SocketsHttpHandler CreateHandler(TimeSpan timeout) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,

        // Each message has a connection of its own. Messages are rare, and one that is kept may just be ending at the other side: then a
        // message would fail, or be in doubt, for nothing.
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectTimeout = timeout,

        // What a receiver answers is of no use; a little is read so that it can end its answer in peace.
        MaxResponseDrainSize = MaxDrainedBytes,
        ResponseDrainTimeout = TimeSpan.FromSeconds(1),
        MaxResponseHeadersLength = MaxHeaderKibibytes,

        // Traces record the address of a request, path included.
        ActivityHeadersPropagator = null,
        ConnectCallback = ConnectAsync,
        PlaintextStreamFilter = static (context, _) =>
        {
            WebhookAttempt.Of(context.InitialRequestMessage).Ready();
            return ValueTask.FromResult(context.PlaintextStream);
        },
        SslOptions =
        {
            RemoteCertificateValidationCallback = static (_, _, chain, errors) =>
                WebhookAttempt.AcceptOrThrow(errors, chain?.ChainStatus.Select(status => status.Status.ToString()) ?? []),
        },
    };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var attempt = WebhookAttempt.Of(context.InitialRequestMessage);
        var endPoint = context.DnsEndPoint;
        attempt.Resolving(endPoint.Host, endPoint.Port, _address.Target);
        var addresses = await Dns.GetHostAddressesAsync(endPoint.Host, cancellationToken).ConfigureAwait(false);
        attempt.Connecting();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, endPoint.Port, cancellationToken).ConfigureAwait(false);
            attempt.Connected(secure: _address.Target.Scheme == Uri.UriSchemeHttps);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private HttpRequestMessage CreateRequest(IncidentMessage message)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _address.Target)
        {
            Content = new ByteArrayContent(WebhookBody.Write(message, _format)),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.UserAgent.Add(UserAgent);
        request.Headers.TryAddWithoutValidation("Idempotency-Key", message.Id);
        if (_address.Authorization is { } authorization)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        return request;
    }

    private SinkResult Judge(HttpResponseMessage response)
    {
        var code = (int)response.StatusCode;
        switch (code)
        {
            case >= 200 and < 300:
                return SinkResult.Delivered;
            case >= 300 and < 400:
                return Retry($"HTTP {code}: redirects are not followed{PointsTo(response.Headers.Location)}; set Url to the final address");
            case 400 or 413 or 415 or 422:
                return SinkResult.Rejected(Text($"HTTP {code}: the receiver does not take this message"));
            case 429 or 503:
                var after = RetryAfter(response);
                return SinkResult.Retry(Text($"HTTP {code}{(after is { } wait ? $": asks to wait {GaugeAmount.Time(wait)}" : "")}"), after);
            case 401 or 403:
                return Retry($"HTTP {code}: access denied; check Url and Authorization");
            case 407:
                return Retry($"HTTP {code}: the proxy wants credentials");
            case 404 or 410:
                return Retry($"HTTP {code}: no receiver there; check Url");
            default:
                return Retry($"HTTP {code}");
        }
    }

    private string PointsTo(Uri? location) =>
        location is null || !Uri.TryCreate(_address.Target, location, out var target) ? ""
        : WebhookAddress.Show(target) is var shown && shown == _address.Shown ? ", to another place of the same host"
        : $", to {IncidentText.OneLine(shown, 100)}";

    /// <summary>RFC 9110, section 10.2.3: seconds or a date.</summary>
    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        if (!response.Headers.NonValidated.TryGetValues("Retry-After", out var values) || values.Count != 1)
        {
            return null;
        }

        var text = values.ToString().Trim();
        if (text.Length > 0 && !text.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            // More digits than fit are as long as we wait at most.
            var seconds = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : int.MaxValue;
            return Bound(TimeSpan.FromSeconds(seconds));
        }

        return RetryConditionHeaderValue.TryParse(text, out var header) && header.Date is { } date ? Bound(date - _time.GetUtcNow()) : null;
    }

    private static TimeSpan? Bound(TimeSpan wait) => wait <= TimeSpan.Zero ? null : wait > MaxRetryAfter ? MaxRetryAfter : wait;

    private SinkResult Retry(string problem) => SinkResult.Retry(Text(problem));

    private string Text(string problem) => _redactor.Redact($"{_address.Shown}: {problem}");
}
