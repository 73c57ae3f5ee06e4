using System.Net;
using System.Net.Sockets;

namespace HealthKit.IntegrationTests;

internal static class LoopbackPort
{
    private const int AddressInUse = 98; // EADDRINUSE

    /// <summary>
    /// A port of 127.0.0.1 that nobody listens on. It lies below the range from which the kernel takes ports of outgoing connections
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
}
