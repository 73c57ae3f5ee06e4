using System.Net;
using System.Net.Sockets;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.Dependencies;

/// <summary>
/// An address that drops connections without a word: its queue of connections that wait to be accepted is full (listen(2)), and the kernel
/// answers no further SYN.
/// </summary>
internal sealed class FullListener : IDisposable
{
    private readonly Socket _listener;
    private readonly List<Socket> _sockets = [];

    public FullListener(IPAddress? address = null, int port = 0)
    {
        address ??= IPAddress.Loopback;
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(address, port));
        _listener.Listen(0);
        var filler = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _sockets.Add(filler);
        filler.Connect(_listener.LocalEndPoint!);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Waits until somebody has sent it a SYN, which it dropped (proc_pid_net(5): state 02 is SYN_SENT).</summary>
    public Task KnockedAsync()
    {
        var table = _listener.AddressFamily == AddressFamily.InterNetworkV6 ? "/proc/net/tcp6" : "/proc/net/tcp";
        var port = $":{Port:X4}";
        return Wait.For(() => File.ReadLines(table)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(fields => fields[2].EndsWith(port, StringComparison.Ordinal) && fields[3] == "02"));
    }

    /// <summary>Makes room: who waits is accepted when it sends its next SYN, a second after the first.</summary>
    public void Drain() => _sockets.Add(_listener.Accept());

    public void Dispose()
    {
        _listener.Dispose();
        _sockets.ForEach(socket => socket.Dispose());
    }
}
