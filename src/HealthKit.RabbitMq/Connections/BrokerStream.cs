using System.Net;
using System.Net.Sockets;
using RabbitMQ.Client;

namespace HealthKit;

/// <summary>
/// A connection that stands, as RabbitMQ.Client takes one: it wants a <see cref="NetworkStream"/>, and this one may have TLS above it. Where the
/// other side ends within a frame, RabbitMQ.Client 7.1 would read the end again and again; so an end is told as an exception.
/// </summary>
internal sealed class BrokerStream(Socket socket, Stream? encrypted) : NetworkStream(socket, ownsSocket: true), ITcpClient
{
    public Socket Client => Socket;

    public bool Connected => Socket.Connected;

    public TimeSpan ReceiveTimeout { get; set; }

    /// <summary>It is connected already.</summary>
    public Task ConnectAsync(IPAddress host, int port, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public NetworkStream GetStream() => this;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = encrypted is null
            ? await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)
            : await encrypted.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        return read > 0 || buffer.IsEmpty ? read : throw new EndOfStreamException("The other side ended the connection.");
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        encrypted is null ? base.WriteAsync(buffer, cancellationToken) : encrypted.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        encrypted is null ? base.FlushAsync(cancellationToken) : encrypted.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            encrypted?.Dispose();
        }

        base.Dispose(disposing);
    }
}
