using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace HealthKit.Tests.Support;

internal static class LoopbackPort
{
    private const int AddressInUse = 98; // EADDRINUSE

    private static readonly ConcurrentBag<Socket> Kept = [];

    /// <summary>
    /// A port of 127.0.0.1 that nobody listens on now, for a server to come. It lies below the range from which the kernel takes ports of outgoing connections
    /// (ip(7), ip_local_port_range: from 32768), so that the load itself cannot take it before its server does.
    /// </summary>
    public static int Free()
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException e) when (e.NativeErrorCode == AddressInUse)
            {
                // Somebody else's; the next one.
            }
        }

        throw new InvalidOperationException("No free port of 127.0.0.1 between 20000 and 32000 was found in 100 attempts.");
    }
    /// <summary>A port of 127.0.0.1 at which nothing listens, nor will: a socket is bound to it for as long as this process lives.</summary>
    public static int Closed()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Kept.Add(socket);
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    /// <summary>Whether somebody takes connections at a port of 127.0.0.1.</summary>
    public static bool Accepts(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
