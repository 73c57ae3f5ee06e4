using System.Net.Security;
using System.Net.Sockets;

namespace HealthKit;

/// <summary>A connection whose stages a run has gone through. It is closed with the run unless it is kept.</summary>
internal sealed class HttpConnection
{
    private static readonly List<SslApplicationProtocol> Protocols = [SslApplicationProtocol.Http11];

    private readonly StageRun _run;
    private readonly Socket _socket;
    private readonly WireStream _wire;
    private readonly Stream _stream;

    private HttpConnection(StageRun run, Socket socket, WireStream wire, Stream stream)
    {
        _run = run;
        _socket = socket;
        _wire = wire;
        _stream = stream;
    }

    /// <summary>Whether the other side reset it.</summary>
    public bool WasReset => _wire.WasReset;

    /// <summary>The first bytes that came; none where they are encrypted.</summary>
    public ReadOnlySpan<byte> First => _stream == _wire ? _wire.First : default;

    /// <summary>Resolves, connects, and for https goes through TLS.</summary>
    /// <param name="run">The run.</param>
    /// <param name="url">Where to.</param>
    /// <param name="tlsHost">The name that the certificate must be for; null means that of the address.</param>
    /// <param name="pins">Fingerprints of which the certificate must have one.</param>
    /// <exception cref="StageException">A stage failed.</exception>
    public static async Task<HttpConnection> OpenAsync(StageRun run, Uri url, string? tlsHost, IReadOnlyCollection<string> pins)
    {
        var socket = await Connector.ConnectAsync(run, url.IdnHost, url.Port).ConfigureAwait(false);
        var wire = new WireStream(new NetworkStream(socket, ownsSocket: true));
        Stream stream = wire;
        if (url.Scheme == Uri.UriSchemeHttps)
        {
            stream = await TlsClient.AuthenticateAsync(run, stream, tlsHost ?? url.IdnHost, pins, Protocols).ConfigureAwait(false);
        }

        return new HttpConnection(run, socket, wire, stream);
    }

    /// <summary>The stream, for the handler; kept, it is the handler's to close.</summary>
    public Stream HandOver(bool keep)
    {
        if (keep)
        {
            _run.Leave(_socket);
            _run.Leave(_stream);
        }

        return _stream;
    }
}
