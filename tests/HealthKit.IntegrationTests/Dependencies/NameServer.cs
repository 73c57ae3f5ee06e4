using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace HealthKit.IntegrationTests.Dependencies;

/// <summary>A name server on a loopback address (RFC 1035, section 4) that answers as a test says, or not at all.</summary>
internal sealed class NameServer : IDisposable
{
    public const int NoError = 0;
    public const int Failure = 2;
    public const int NoSuchName = 3;

    private const int AddressRecord = 1;
    private readonly UdpClient _socket;
    private readonly Func<string, bool, (int Code, IPAddress[] Answers)?> _answer;
    private int _asked;

    /// <param name="address">Where it listens, at port 53: needs root.</param>
    /// <param name="answer">The answer to a name and whether IPv6 is asked for; null for none.</param>
    public NameServer(IPAddress address, Func<string, bool, (int Code, IPAddress[] Answers)?> answer)
    {
        _answer = answer;
        _socket = new UdpClient(new IPEndPoint(address, 53));
        _ = ServeAsync();
    }

    /// <summary>How many questions came.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public void Dispose() => _socket.Dispose();

    private async Task ServeAsync()
    {
        while (true)
        {
            UdpReceiveResult query;
            try
            {
                query = await _socket.ReceiveAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            Interlocked.Increment(ref _asked);
            var (name, end) = NameOf(query.Buffer);
            var isIpv6 = BinaryPrimitives.ReadUInt16BigEndian(query.Buffer.AsSpan(end)) != AddressRecord;
            if (_answer(name, isIpv6) is var (code, answers))
            {
                await _socket.SendAsync(Response(query.Buffer, end + 4, code, answers), query.RemoteEndPoint);
            }
        }
    }

    private static (string Name, int End) NameOf(byte[] query)
    {
        List<string> labels = [];
        var at = 12;
        while (query[at] is > 0 and var length)
        {
            labels.Add(Encoding.ASCII.GetString(query, at + 1, length));
            at += length + 1;
        }

        return (string.Join('.', labels), at + 1);
    }

    private static byte[] Response(byte[] query, int end, int code, IPAddress[] answers)
    {
        // The question again; no additional records.
        var head = query[..end];
        head[2] = 0x81;
        head[3] = (byte)(0x80 | code);
        BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(6), (ushort)answers.Length);
        head.AsSpan(8, 4).Clear();
        List<byte> response = [.. head];
        foreach (var answer in answers)
        {
            var bytes = answer.GetAddressBytes();
            byte type = bytes.Length == 4 ? (byte)1 : (byte)28;
            response.AddRange([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 1, 0, (byte)bytes.Length, .. bytes]);
        }

        return [.. response];
    }
}
