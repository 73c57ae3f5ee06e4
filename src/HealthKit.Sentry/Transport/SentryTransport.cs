using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;

namespace HealthKit;

/// <summary>
/// Brings envelopes to one DSN and says what became of each. Safe for use by several threads at once. Never throws, but for its caller's
/// token. What it says names the stage and scheme and host, never the key.
/// </summary>
/// <remarks>
/// An event that Sentry does not want now stays with the caller (<see cref="SinkOutcome.Retry"/>): an incident is not lost because a
/// quota is used up. What is lost is counted in <see cref="Reports"/>, and the count goes with the next envelope.
/// </remarks>
internal sealed class SentryTransport : IDisposable
{
    /// <summary>What is smaller is sent as it is: compressing it saves no packet.</summary>
    private const int CompressFrom = 1024;

    private const int MaxAnswer = 16 * 1024;
    private const int MaxHeadersKilobytes = 32;

    private static readonly MediaTypeHeaderValue EnvelopeType = new("application/x-sentry-envelope");
    private static readonly ProductInfoHeaderValue UserAgent = new(SentrySdk.Name, SentrySdk.Version);

    private readonly TimeProvider _time;
    private readonly Redactor _redactor;
    private readonly TimeSpan _timeout;
    private readonly HttpClient _client;
    private readonly RateLimits _limits;
    private readonly string _authorization;

    /// <summary>Makes a transport and registers its keys as secrets.</summary>
    public SentryTransport(SentryDsn dsn, SentryTransportOptions options, Redactor redactor, TimeProvider time)
    {
        Dsn = dsn;
        Reports = new ClientReports(time);
        _time = time;
        _redactor = redactor;
        _timeout = options.Timeout;
        _limits = new RateLimits(time);
        _authorization = $"Sentry sentry_version=7, sentry_client={SentrySdk.Name}/{SentrySdk.Version}, sentry_key={dsn.PublicKey}";
        redactor.AddSecret(dsn.PublicKey);
        redactor.AddSecret(dsn.SecretKey);
        _client = new HttpClient(Handler(options, redactor)) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Where it sends to.</summary>
    public SentryDsn Dsn { get; }

    /// <summary>What was never sent. Whoever drops something for this DSN counts it here.</summary>
    public ClientReports Reports { get; }

    /// <summary>How long Sentry wants nothing of a category; null when it does.</summary>
    public TimeSpan? LimitedFor(SentryCategory category) => _limits.Remaining(category);

    /// <summary>
    /// Sends an envelope, or what of it may be sent now. Attachments that are too large or not wanted are left out.
    /// </summary>
    /// <param name="envelope">The envelope.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>
    /// Delivered; rejected, when it will never be taken; or that it may be sent again, and when. Of an envelope that nobody sends again,
    /// the loss has been counted then.
    /// </returns>
    /// <exception cref="OperationCanceledException">The caller's token ended it.</exception>
    public async Task<SinkResult> SendAsync(SentryEnvelope envelope, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var attempt = new Attempt(envelope);
        try
        {
            var result = Refuse(attempt) ?? await SendAsync(attempt, cancellationToken).ConfigureAwait(false);
            Settle(attempt, result);
            return result;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            attempt.Failure = DiscardReason.InternalSdkError;
            var result = SinkResult.Retry($"Sending to {Dsn.Origin} failed: {e.GetType().Name}.");
            Settle(attempt, result);
            return result;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static SocketsHttpHandler Handler(SentryTransportOptions options, Redactor redactor)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = options.ConnectTimeout,
            MaxResponseHeadersLength = MaxHeadersKilobytes,
            MaxConnectionsPerServer = 4,

            // Follows DNS.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),

            // The app's trace is none of Sentry's receiver's business, and sending is none of the app's trace's.
            ActivityHeadersPropagator = null,
        };
        if (options.Proxy is { } proxy)
        {
            var address = new UriBuilder(proxy) { UserName = "", Password = "" }.Uri;
            var user = proxy.UserInfo.Split(':', 2);
            var password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : "";
            redactor.AddSecret(password);
            handler.Proxy = new WebProxy(address)
            {
                Credentials = user[0].Length > 0 ? new NetworkCredential(Uri.UnescapeDataString(user[0]), password) : null,
            };
        }

        return handler;
    }

    /// <summary>What need not be sent at all, and what of an envelope is left out.</summary>
    private SinkResult? Refuse(Attempt attempt)
    {
        var main = attempt.Envelope.Items[0];
        if (main.Payload.Length > main.MaxBytes)
        {
            attempt.Failure = DiscardReason.Invalid;
            return SinkResult.Rejected($"The {main.Type} has {main.Payload.Length} bytes; Sentry takes at most {main.MaxBytes}.");
        }

        if (_limits.Remaining(main.Category) is { } wait)
        {
            attempt.Failure = DiscardReason.RateLimitBackoff;
            return SinkResult.Retry($"{Dsn.Origin} takes nothing of the category '{main.Category.Name()}' for {Seconds(wait)} s (rate limit).", wait);
        }

        var attachmentsLimited = _limits.Remaining(SentryCategory.Attachment) is not null;
        var room = (long)SentryLimits.EnvelopeBytes - main.Payload.Length;
        foreach (var attachment in attempt.Envelope.Items.Skip(1))
        {
            if (attachmentsLimited)
            {
                attempt.LeaveOut(attachment, DiscardReason.RateLimitBackoff);
            }
            else if (attachment.Payload.Length > room)
            {
                attempt.LeaveOut(attachment, DiscardReason.Invalid);
            }
            else
            {
                room -= attachment.Payload.Length;
            }
        }

        return null;
    }

    private async Task<SinkResult> SendAsync(Attempt attempt, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        var report = Reports.Take();
        try
        {
            while (true)
            {
                var answer = await PostAsync(attempt, report, either.Token, cancellationToken).ConfigureAwait(false);
                _limits.Update(answer.Status, answer.RateLimits, answer.RetryAfter, answer.Date ?? _time.GetUtcNow());
                if (answer.Status == 413 && attempt.Items.Count > 1)
                {
                    // What stands before Sentry may take less than Sentry: rather the event alone than nothing.
                    attempt.LeaveOutAttachments(DiscardReason.SendError);
                    continue;
                }

                var result = Judge(attempt, answer);
                if (result.Outcome == SinkOutcome.Delivered)
                {
                    report = null;
                }

                return result;
            }
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            attempt.Failure = DiscardReason.NetworkError;
            return SinkResult.Retry($"{Dsn.Origin} did not answer within {Seconds(_timeout)} s.");
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            attempt.Failure = DiscardReason.NetworkError;
            return SinkResult.Retry($"connect: {Dsn.Origin} did not accept the connection in time.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            attempt.Failure = DiscardReason.NetworkError;
            return SinkResult.Retry(Describe(e));
        }
        finally
        {
            if (report is not null)
            {
                Reports.Return(report);
            }
        }
    }

    private async Task<Answer> PostAsync(
        Attempt attempt, ClientReport? report, CancellationToken either, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Dsn.EnvelopeUri);
        request.Content = Content(attempt, report);
        request.Headers.UserAgent.Add(UserAgent);
        request.Headers.TryAddWithoutValidation("X-Sentry-Auth", _authorization);
        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either).ConfigureAwait(false);
        var headers = response.Headers.NonValidated;
        var body = await ReadAsync(response.Content, either, cancellationToken).ConfigureAwait(false);
        return new Answer(
            (int)response.StatusCode,
            headers.TryGetValues("X-Sentry-Rate-Limits", out var limits) ? string.Join(',', limits) : null,
            headers.TryGetValues("Retry-After", out var after) ? after.First() : null,
            headers.TryGetValues("X-Sentry-Error", out var error) ? error.First() : null,
            response.Headers.Date,
            body);
    }

    private ByteArrayContent Content(Attempt attempt, ClientReport? report)
    {
        var output = new ArrayBufferWriter<byte>(CompressFrom);
        SentryEnvelope.Write(
            output, attempt.Envelope.EventId, report is null ? attempt.Items : [.. attempt.Items, report.ToItem()], _time.GetUtcNow());
        var bytes = output.WrittenMemory;
        var isCompressed = bytes.Length >= CompressFrom;
        if (isCompressed)
        {
            using var compressed = new MemoryStream();
            using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            {
                gzip.Write(bytes.Span);
            }

            bytes = compressed.GetBuffer().AsMemory(0, (int)compressed.Length);
        }

        var content = new ByteArrayContent(bytes.ToArray());
        content.Headers.ContentType = EnvelopeType;
        if (isCompressed)
        {
            content.Headers.ContentEncoding.Add("gzip");
        }

        return content;
    }

    /// <summary>The beginning of the answer's body. The status is what counts, so a body that breaks off or never ends is no failure.</summary>
    private static async Task<byte[]> ReadAsync(HttpContent content, CancellationToken either, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxAnswer];
        var length = 0;
        try
        {
            using var stream = await content.ReadAsStreamAsync(either).ConfigureAwait(false);
            while (length < buffer.Length)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(length), either).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                length += read;
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return buffer[..length];
        }

        return buffer[..length];
    }

    private SinkResult Judge(Attempt attempt, Answer answer)
    {
        var category = attempt.Envelope.Items[0].Category;
        attempt.Failure = DiscardReason.SendError;
        switch (answer.Status)
        {
            case >= 200 and < 300 when !answer.IsPage:
                return SinkResult.Delivered;
            case >= 200 and < 300:
                return SinkResult.Retry($"{Dsn.Origin} answered {answer.Status} with a page: that is not Sentry.");
            case 429:
                // Sentry counts these itself.
                attempt.Failure = null;
                return SinkResult.Retry($"{Dsn.Origin} answered 429 (rate limit){Why(answer)}.", _limits.Remaining(category));
            case 413:
            case 400 when !answer.IsPage || answer.Error is not null:
                return SinkResult.Rejected($"{Dsn.Origin} answered {answer.Status}: the {attempt.Items[0].Type} will never be taken{Why(answer)}.");
            case 401 or 403:
                return SinkResult.Retry($"{Dsn.Origin} answered {answer.Status}: the key is not valid, or the project is turned off{Why(answer)}.", _limits.Remaining(category));
            case 404:
                return SinkResult.Retry($"{Dsn.Origin} answered 404: there is no such project, or this is not Sentry{Why(answer)}.", _limits.Remaining(category));
            case >= 300 and < 400:
                return SinkResult.Retry($"{Dsn.Origin} answered {answer.Status}, a redirect, which is not followed: the DSN needs the final address.");
            case >= 400 and < 500 when answer.Error is not null:
                return SinkResult.Rejected($"{Dsn.Origin} answered {answer.Status}: the {attempt.Items[0].Type} will never be taken{Why(answer)}.");
            default:
                return SinkResult.Retry($"{Dsn.Origin} answered {answer.Status}{Why(answer)}.", _limits.Remaining(category));
        }
    }

    private string Why(Answer answer) => answer.Why(_redactor) is { Length: > 0 } why ? $" ({why})" : "";

    /// <summary>Counts what is lost now. What somebody sends again is not, nor are the attachments that would have been left out of it.</summary>
    private void Settle(Attempt attempt, SinkResult result)
    {
        if (result.Outcome == SinkOutcome.Retry && attempt.Envelope.IsSentAgain)
        {
            return;
        }

        foreach (var (item, reason) in attempt.LeftOut)
        {
            Reports.Add(reason, item);
        }

        if (result.Outcome != SinkOutcome.Delivered && attempt.Failure is { } failure)
        {
            foreach (var item in attempt.Items)
            {
                Reports.Add(failure, item);
            }
        }
    }

    /// <summary>The stage and what went wrong in it. The texts of exceptions hold addresses, of a proxy too: none of them is shown.</summary>
    private string Describe(Exception exception)
    {
        var kind = (exception as HttpRequestException)?.HttpRequestError;
        var stage = kind switch
        {
            HttpRequestError.NameResolutionError => "DNS",
            HttpRequestError.ConnectionError => "connect",
            HttpRequestError.SecureConnectionError => "TLS",
            HttpRequestError.ProxyTunnelError => "proxy",
            HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded or HttpRequestError.HttpProtocolError => "answer",
            _ => "send",
        };
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case SocketException socket:
                    return $"{stage}: {Dsn.Origin} could not be reached ({socket.SocketErrorCode}).";
                case AuthenticationException:
                    return $"{stage}: no secure connection to {Dsn.Origin} ({Answer.Clean(inner.Message, _redactor)}).";
            }
        }

        return stage == "answer"
            ? $"{stage}: {Dsn.Origin} answered with something that is not HTTP."
            : $"{stage}: the connection to {Dsn.Origin} broke off ({kind?.ToString() ?? exception.GetType().Name}).";
    }

    private static string Seconds(TimeSpan time) => Math.Ceiling(time.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    /// <summary>What is sent of an envelope, and why the rest is not.</summary>
    private sealed class Attempt(SentryEnvelope envelope)
    {
        public SentryEnvelope Envelope => envelope;

        /// <summary>What is sent; the event or the check-in first.</summary>
        public List<SentryItem> Items { get; } = [.. envelope.Items];

        public List<(SentryItem Item, DiscardReason Reason)> LeftOut { get; } = [];

        /// <summary>What is counted when it is lost; null when Sentry counts it itself.</summary>
        public DiscardReason? Failure { get; set; }

        public void LeaveOut(SentryItem item, DiscardReason reason)
        {
            Items.Remove(item);
            LeftOut.Add((item, reason));
        }

        public void LeaveOutAttachments(DiscardReason reason)
        {
            foreach (var item in Items.Skip(1).ToList())
            {
                LeaveOut(item, reason);
            }
        }
    }
}
