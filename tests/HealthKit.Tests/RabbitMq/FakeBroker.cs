using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using HealthKit.Tests.Dependencies;

namespace HealthKit.Tests.RabbitMq;

/// <summary>As much of a broker as the check needs, in this process: AMQP 0-9-1 frames, queues in memory. How brokers refuse is tested on a real one.</summary>
internal sealed class FakeBroker : IDisposable
{
    private const byte MethodFrame = 1, HeaderFrame = 2, BodyFrame = 3, FrameEnd = 0xCE;

    private readonly RawServer _server;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<(byte[] Header, byte[] Body)>> _queues = new();
    private int _made;

    public FakeBroker() => _server = new RawServer(ServeAsync);

    public int Port => _server.Port;

    /// <summary>How many connections it took.</summary>
    public int Accepted => _server.Accepted;

    /// <summary>How many queues there are.</summary>
    public int Queues => _queues.Count;

    /// <summary>Queues that are there for passive declares.</summary>
    public string[] There { get; init; } = [];

    /// <summary>What it closes connections with, instead of opening the virtual host.</summary>
    public string? CloseAtOpen { get; init; }

    /// <summary>Whether it answers nothing any more to whoever opens a channel.</summary>
    public bool Hangs { get; set; }

    /// <summary>Called when a connection was closed.</summary>
    public Action? Left { get; init; }

    /// <summary>How many connections are answered: those after them wait for ever.</summary>
    public int Welcome { get; set; } = int.MaxValue;

    /// <summary>Said to whoever publishes, who then is read no more.</summary>
    public string? BlockedReason { get; set; }

    public void Dispose() => _server.Dispose();

    private async Task ServeAsync(Socket socket, CancellationToken token)
    {
        using var stream = new NetworkStream(socket);
        var start = new byte[8];
        await stream.ReadExactlyAsync(start, token);
        if (Accepted > Welcome)
        {
            await Task.Delay(Timeout.Infinite, token);
        }

        await new Session(this, stream).GoAsync(token);
    }

    private sealed class Session(FakeBroker broker, NetworkStream stream)
    {
        private readonly Dictionary<int, ulong> _published = [];
        private (string Queue, byte[] Header)? _publishing;
        private ulong _delivered;

        public async Task GoAsync(CancellationToken token)
        {
            // connection.start: 0-9, server-properties, mechanisms, locales
            await SendAsync(0, 10, 10, Bytes(0, 9), Long(Table("version", "3.99")), Long("PLAIN"u8), Long("en_US"u8));
            var head = new byte[7];
            while (true)
            {
                await stream.ReadExactlyAsync(head, token);
                var channel = BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(1));
                var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(3)) + 1];
                await stream.ReadExactlyAsync(payload, token);
                if (!await TakeAsync(head[0], channel, payload.AsMemory(0, payload.Length - 1), token))
                {
                    return;
                }
            }
        }

        private async Task<bool> TakeAsync(byte type, int channel, ReadOnlyMemory<byte> payload, CancellationToken token)
        {
            switch (type)
            {
                case HeaderFrame when _publishing is { } publishing:
                    _publishing = (publishing.Queue, payload.ToArray());
                    if (BinaryPrimitives.ReadUInt64BigEndian(payload.Span[4..]) == 0)
                    {
                        await PublishedAsync(channel, []);
                    }

                    return true;
                case BodyFrame:
                    await PublishedAsync(channel, payload.ToArray());
                    return true;
                case MethodFrame:
                    return await MethodAsync(channel, payload, token);
                default:
                    return true;
            }
        }

        private async Task PublishedAsync(int channel, byte[] body)
        {
            var (queue, header) = _publishing!.Value;
            _publishing = null;
            if (broker._queues.TryGetValue(queue, out var messages))
            {
                messages.Enqueue((header, body));
            }

            _published[channel] = _published.GetValueOrDefault(channel) + 1;
            await SendAsync(channel, 60, 80, LongLong(_published[channel]), Bytes(0));
        }

        private async Task<bool> MethodAsync(int channel, ReadOnlyMemory<byte> payload, CancellationToken token)
        {
            var (kind, method) = (BinaryPrimitives.ReadUInt16BigEndian(payload.Span), BinaryPrimitives.ReadUInt16BigEndian(payload.Span[2..]));
            switch (kind, method)
            {
                case (10, 11): // start-ok
                    await SendAsync(0, 10, 30, Bytes(0x07, 0xff), Bytes(0, 2, 0, 0), Bytes(0, 60));
                    return true;
                case (10, 40) when broker.CloseAtOpen is { } refusal:
                    await SendAsync(0, 10, 50, Bytes(530 >> 8, 530 & 0xff), Short(refusal), Bytes(0, 10, 0, 40));
                    return true;
                case (10, 40): // open
                    await SendAsync(0, 10, 41, Bytes(0));
                    return true;
                case (10, 50): // close
                    broker.Left?.Invoke();
                    await SendAsync(0, 10, 51);
                    return false;
                case (20, 10) when broker.Hangs:
                    await Task.Delay(Timeout.Infinite, token);
                    return false;
                case (20, 10): // channel.open
                    await SendAsync(channel, 20, 11, Bytes(0, 0, 0, 0));
                    return true;
                case (20, 40): // channel.close
                    await SendAsync(channel, 20, 41);
                    return true;
                case (85, 10): // confirm.select
                    await SendAsync(channel, 85, 11);
                    return true;
                case (60, 10): // basic.qos
                    await SendAsync(channel, 60, 11);
                    return true;
                case (50, 10): // queue.declare
                    await DeclareAsync(channel, payload);
                    return true;
                case (50, 40): // queue.delete
                    broker._queues.TryRemove(Text(payload.Span[6..]), out _);
                    await SendAsync(channel, 50, 41, Bytes(0, 0, 0, 0));
                    return true;
                case (60, 40): // basic.publish
                    var exchange = Text(payload.Span[6..]);
                    _publishing = (Text(payload.Span[(7 + exchange.Length)..]), []);
                    if (broker.BlockedReason is { } reason)
                    {
                        await SendAsync(0, 10, 60, Short(reason));
                        await Task.Delay(Timeout.Infinite, token);
                    }

                    return true;
                case (60, 20): // basic.consume
                    await SendAsync(channel, 60, 21, Short("replies"));
                    return true;
                case (60, 70): // basic.get
                    await GetAsync(channel, Text(payload.Span[6..]));
                    return true;
                default:
                    return true;
            }
        }

        private async Task DeclareAsync(int channel, ReadOnlyMemory<byte> payload)
        {
            var name = Text(payload.Span[6..]);
            var passive = (payload.Span[7 + name.Length] & 1) != 0;
            if (passive && !broker.There.Contains(name))
            {
                await SendAsync(channel, 20, 40, Bytes(404 >> 8, 404 & 0xff), Short($"NOT_FOUND - no queue '{name}' in vhost '/'"), Bytes(0, 50, 0, 10));
                return;
            }

            if (!passive)
            {
                name = $"amq.gen-{Interlocked.Increment(ref broker._made)}";
                broker._queues[name] = new();
            }

            await SendAsync(channel, 50, 11, Short(name), Bytes(0, 0, 0, 7), Bytes(0, 0, 0, 2));
        }

        private async Task GetAsync(int channel, string queue)
        {
            if (!broker._queues.TryGetValue(queue, out var messages) || !messages.TryDequeue(out var message))
            {
                await SendAsync(channel, 60, 72, Bytes(0));
                return;
            }

            await SendAsync(channel, 60, 71, LongLong(++_delivered), Bytes(0), Short(""), Short(queue), Bytes(0, 0, 0, 0));
            await FrameAsync(HeaderFrame, channel, message.Header);
            if (message.Body.Length > 0)
            {
                await FrameAsync(BodyFrame, channel, message.Body);
            }
        }

        private Task SendAsync(int channel, int kind, int method, params byte[][] arguments) =>
            FrameAsync(MethodFrame, channel, [(byte)(kind >> 8), (byte)kind, (byte)(method >> 8), (byte)method, .. arguments.SelectMany(argument => argument)]);

        private async Task FrameAsync(byte type, int channel, byte[] payload)
        {
            var frame = new byte[payload.Length + 8];
            frame[0] = type;
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)channel);
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(3), payload.Length);
            payload.CopyTo(frame, 7);
            frame[^1] = FrameEnd;
            await stream.WriteAsync(frame);
        }

        private static byte[] Bytes(params byte[] bytes) => bytes;

        private static byte[] LongLong(ulong value)
        {
            var bytes = new byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
            return bytes;
        }

        private static byte[] Short(string text) => [(byte)Encoding.UTF8.GetByteCount(text), .. Encoding.UTF8.GetBytes(text)];

        private static byte[] Long(ReadOnlySpan<byte> bytes) => [0, 0, (byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];

        private static byte[] Table(string name, string value) => [.. Short(name), (byte)'S', .. Long(Encoding.UTF8.GetBytes(value))];

        private static string Text(ReadOnlySpan<byte> at) => Encoding.UTF8.GetString(at.Slice(1, at[0]));
    }
}
