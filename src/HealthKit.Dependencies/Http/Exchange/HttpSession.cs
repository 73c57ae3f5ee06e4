using System.Net;
using System.Text;

namespace HealthKit;

/// <summary>
/// A handler that belongs to one run at a time. It opens no connection itself: it is given one whose stages the run has gone through. That
/// one is an <see cref="System.Net.Security.SslStream"/> for https, and then the handler does no TLS of its own (HttpConnectionPool in
/// dotnet/runtime). HTTP/1.1, no proxy, no redirects, no cookies, no decompression, no headers beyond those of the request.
/// </summary>
internal sealed class HttpSession : IDisposable
{
    private static readonly HttpRequestOptionsKey<HttpSession> Key = new("HealthKit.HttpSession");

    /// <summary>So that a name whose address changed is noticed.</summary>
    private static readonly TimeSpan ReusedFor = TimeSpan.FromMinutes(5);

    private readonly SocketsHttpHandler _handler;
    private readonly HttpMessageInvoker _invoker;
    private HttpConnection? _prepared;

    public HttpSession(bool reuse)
    {
        Reuse = reuse;
        _handler = new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = static (context, _) =>
            {
                context.InitialRequestMessage.Options.TryGetValue(Key, out var session);
                var connection = session is null ? null : Interlocked.Exchange(ref session._prepared, null);
                return connection is null ? throw new ConnectionNeededException() : ValueTask.FromResult(connection.HandOver(session!.Reuse));
            },
            MaxResponseDrainSize = 0,
            MaxResponseHeadersLength = 64, // KiB
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            PooledConnectionLifetime = reuse ? ReusedFor : TimeSpan.Zero,
            UseCookies = false,
            UseProxy = false,
        };
        _invoker = new HttpMessageInvoker(_handler, disposeHandler: false);
    }

    public bool Reuse { get; }

    /// <summary>Sends a request and returns when the head of its answer is there.</summary>
    /// <exception cref="ConnectionNeededException">There is no connection to use, or to use again.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, HttpConnection? connection, CancellationToken cancellationToken)
    {
        _prepared = connection;
        request.Options.Set(Key, this);
        try
        {
            return await _invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e) when (e.InnerException is ConnectionNeededException needed)
        {
            throw needed;
        }
    }

    public void Dispose()
    {
        _invoker.Dispose();
        _handler.Dispose();
    }
}

/// <summary>There is no connection to use again.</summary>
internal sealed class ConnectionNeededException : Exception;
