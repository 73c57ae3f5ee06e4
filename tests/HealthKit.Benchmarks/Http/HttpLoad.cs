using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace HealthKit;

/// <summary>What a round of load gave.</summary>
internal sealed record LoadResult(long Requests, long Failures, TimeSpan Elapsed)
{
    public double PerSecond => Requests / Elapsed.TotalSeconds;
}

/// <summary>
/// Asks for one path over a few kept-alive connections as fast as the answers come. One thread and poll(2), as light as load
/// generators in C: on a machine of two cores a heavy client would hide the difference between the servers.
/// </summary>
internal sealed unsafe partial class HttpLoad : IDisposable
{
    public const int Connections = 32;
    private const int BufferSize = 256 * 1024;
    private const short PollIn = 1;
    private const int DontWait = 0x40; // MSG_DONTWAIT
    private const int NoSignal = 0x4000; // MSG_NOSIGNAL
    private const int TryAgain = 11; // EAGAIN
    private const int Interrupted = 4; // EINTR
    private static readonly TimeSpan Drain = TimeSpan.FromSeconds(5);

    private readonly byte[] _request;
    private readonly Connection[] _connections;
    private readonly string _path;

    public HttpLoad(int port, string path)
    {
        _path = path;
        _request = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"));
        _connections = [.. Enumerable.Range(0, Connections).Select(_ => new Connection(port))];
    }

    public LoadResult Run(TimeSpan duration)
    {
        var polled = stackalloc PollDescriptor[Connections];
        var outstanding = 0;
        for (var i = 0; i < Connections; i++)
        {
            polled[i] = new PollDescriptor { Descriptor = _connections[i].Descriptor, Events = PollIn, Returned = 0 };
            Send(_connections[i]);
            outstanding++;
        }

        long requests = 0;
        long failures = 0;
        var started = Stopwatch.GetTimestamp();
        var elapsed = TimeSpan.Zero;
        while (outstanding > 0)
        {
            elapsed = Stopwatch.GetElapsedTime(started);
            if (elapsed > duration + Drain)
            {
                throw new TimeoutException($"{_path}: {outstanding} requests without an answer after {Drain.TotalSeconds} s.");
            }

            var ready = Poll(polled, Connections, 100);
            for (var i = 0; i < Connections && ready > 0; i++)
            {
                if (polled[i].Returned == 0)
                {
                    continue;
                }

                ready--;
                var connection = _connections[i];
                if (!Receive(connection))
                {
                    continue;
                }

                // What comes after the end is waited for, and not counted.
                if (elapsed < duration)
                {
                    requests++;
                    failures += connection.Succeeded ? 0 : 1;
                    Send(connection);
                }
                else
                {
                    outstanding--;
                }
            }
        }

        return new LoadResult(requests, failures, duration);
    }

    public void Dispose()
    {
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }
    }

    private void Send(Connection connection)
    {
        connection.Length = 0;
        fixed (byte* data = _request)
        {
            if (SendTo(connection.Descriptor, data, (nuint)_request.Length, NoSignal) != _request.Length)
            {
                throw new IOException($"{_path}: send: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }
    }

    /// <summary>Takes what has come; true when the answer is whole.</summary>
    private bool Receive(Connection connection)
    {
        fixed (byte* buffer = connection.Buffer)
        {
            var got = ReceiveFrom(connection.Descriptor, buffer + connection.Length, (nuint)(BufferSize - connection.Length), DontWait);
            if (got <= 0)
            {
                return got < 0 && Marshal.GetLastPInvokeError() is TryAgain or Interrupted
                    ? false
                    : throw new IOException($"{_path}: the server closed a connection, or its answer is larger than {BufferSize} bytes.");
            }

            connection.Length += (int)got;
        }

        return connection.IsWhole();
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(PollDescriptor* descriptors, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint SendTo(int socket, byte* data, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint ReceiveFrom(int socket, byte* data, nuint length, int flags);

    /// <summary><c>struct pollfd</c> (poll(2)).</summary>
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    private sealed class Connection : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        public Connection(int port)
        {
            _socket.Connect(IPAddress.Loopback, port);
            Descriptor = (int)_socket.Handle;
        }

        public int Descriptor { get; }

        public byte[] Buffer { get; } = new byte[BufferSize];

        public int Length { get; set; }

        /// <summary>Whether the answer is a 200.</summary>
        public bool Succeeded => Buffer.AsSpan(0, Length).StartsWith("HTTP/1.1 200 "u8);

        /// <summary>Whether the answer is there to its end, by its length or, in chunks, by the last of them (RFC 9112, section 7.1).</summary>
        public bool IsWhole()
        {
            var answer = Buffer.AsSpan(0, Length);
            var end = answer.IndexOf("\r\n\r\n"u8);
            if (end < 0)
            {
                return false;
            }

            var head = answer[..end];
            var at = head.IndexOf("Content-Length: "u8);
            if (at < 0)
            {
                return answer.EndsWith("\r\n0\r\n\r\n"u8);
            }

            var length = 0;
            foreach (var digit in head[(at + "Content-Length: ".Length)..])
            {
                if (digit is < (byte)'0' or > (byte)'9')
                {
                    break;
                }

                length = (length * 10) + digit - '0';
            }

            return Length >= end + 4 + length;
        }

        public void Dispose() => _socket.Dispose();
    }
}
