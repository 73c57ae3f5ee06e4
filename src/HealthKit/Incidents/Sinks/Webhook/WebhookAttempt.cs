using System.Net.Security;
using System.Net.Sockets;

namespace HealthKit;

/// <summary>How far one request came, so that its failure can be told by its stage, and never by an exception's text.</summary>
internal sealed class WebhookAttempt
{
    private static readonly HttpRequestOptionsKey<WebhookAttempt> Key = new("HealthKit.Webhook");

    // Written by whoever connects, read by whoever waits.
    private volatile string _stage = Stages.Start;
    private volatile string? _proxy;

    public static WebhookAttempt Of(HttpRequestMessage request)
    {
        if (!request.Options.TryGetValue(Key, out var attempt))
        {
            attempt = new WebhookAttempt();
            request.Options.Set(Key, attempt);
        }

        return attempt;
    }

    public void Resolving(string host, int port, Uri target)
    {
        // Another endpoint than that of the address: a proxy of the environment.
        _proxy = host.Equals(target.IdnHost, StringComparison.OrdinalIgnoreCase) && port == target.Port ? null : $"{host}:{port}";
        _stage = Stages.Resolve;
    }

    public void Connecting() => _stage = Stages.Connect;

    public void Connected(bool secure) => _stage = secure ? Stages.Tls : Stages.Answer;

    public void Ready() => _stage = Stages.Answer;

    public string DescribeTimeout(TimeSpan timeout)
    {
        var within = $"within {GaugeAmount.Time(timeout)}";
        return ByProxy() + _stage switch
        {
            Stages.Start => $"no connection was begun {within}; the app's thread pool may be starved",
            Stages.Resolve => $"the host name was not resolved {within}",
            Stages.Connect => $"no connection {within}",
            Stages.Tls => $"TLS: the handshake did not end {within}",
            _ => $"no answer {within}",
        };
    }

    public string Describe(HttpRequestException exception)
    {
        var socket = Find<SocketException>(exception);
        return ByProxy() + (exception.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => $"could not resolve the host name{Code(socket)}",
            _ when _stage == Stages.Resolve => $"could not resolve the host name{Code(socket)}",
            HttpRequestError.SecureConnectionError => Find<RefusedCertificateException>(exception) is { } refused
                ? $"TLS: {refused.Message}"
                : $"TLS: the handshake failed{Code(socket)}",
            _ when _stage == Stages.Connect => socket?.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => "connection refused",
                SocketError.TimedOut => "no connection: the host does not answer",
                SocketError.HostUnreachable or SocketError.NetworkUnreachable => $"no route to the host{Code(socket)}",
                _ => $"no connection{Code(socket)}",
            },
            HttpRequestError.ProxyTunnelError => "the proxy made no connection"
                + (exception.StatusCode is { } code ? $" (HTTP {(int)code})" : ""),
            HttpRequestError.ResponseEnded => "the connection was closed without an answer",
            HttpRequestError.InvalidResponse => "the answer is not HTTP",
            HttpRequestError.ConfigurationLimitExceeded => "the headers of the answer are too long",
            _ when socket?.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown =>
                "the connection was reset before an answer",
            _ => $"no answer{Code(socket)}",
        });
    }

    /// <summary>Refuses a certificate by an exception that says why: what the framework says of it is not kept.</summary>
    public static bool AcceptOrThrow(SslPolicyErrors errors, IEnumerable<string> chain) => errors == SslPolicyErrors.None
        ? true
        : throw new RefusedCertificateException(
            errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? "the receiver shows no certificate"
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) ? "the certificate is for another host"
            : $"the certificate is not trusted ({string.Join(", ", chain)})");

    private static T? Find<T>(Exception exception)
        where T : Exception
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is T found)
            {
                return found;
            }
        }

        return null;
    }

    private static string Code(SocketException? socket) => socket is null ? "" : $" ({socket.SocketErrorCode})";

    private string ByProxy() => _proxy is { } proxy && _stage is not Stages.Answer ? $"proxy {proxy}: " : "";

    private static class Stages
    {
        public const string Start = "start";
        public const string Resolve = "resolve";
        public const string Connect = "connect";
        public const string Tls = "tls";
        public const string Answer = "answer";
    }

    private sealed class RefusedCertificateException(string message) : Exception(message);
}
