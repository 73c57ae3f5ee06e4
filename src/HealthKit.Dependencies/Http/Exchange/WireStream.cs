using System.Net.Sockets;

namespace HealthKit;

/// <summary>
/// A connection that remembers how it ended. The handler would silently send the request again on a new connection when the first one ended
/// without a word (also a fresh one, tried); it gets no other, and then only this tells what happened to the first.
/// </summary>
internal sealed class WireStream(Stream inner) : Stream
{
    private const int Kept = 64;

    private readonly byte[] _first = new byte[Kept];
    private int _received;

    /// <summary>Whether the other side reset it.</summary>
    public bool WasReset { get; private set; }

    /// <summary>The first bytes that came.</summary>
    public ReadOnlySpan<byte> First => _first.AsSpan(0, _received);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (_received < Kept && read > 0)
            {
                var more = Math.Min(read, Kept - _received);
                buffer.Span[..more].CopyTo(_first.AsSpan(_received));
                _received += more;
            }

            return read;
        }
        catch (IOException e)
        {
            Note(e);
            throw;
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            Note(e);
            throw;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Whether a reset is what an exception is about.</summary>
    public static bool IsReset(Exception error)
    {
        for (var e = error; e is not null; e = e.InnerException)
        {
            // EPIPE reads as Shutdown: the reset came before all was sent.
            if (e is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown or SocketError.ConnectionAborted })
            {
                return true;
            }
        }

        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Note(IOException error) => WasReset |= IsReset(error);
}
