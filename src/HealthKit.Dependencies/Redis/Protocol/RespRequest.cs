using System.Buffers;
using System.Globalization;
using System.Text;

namespace HealthKit;

/// <summary>Commands as they are sent, all in one write. Made once, sent often.</summary>
internal sealed class RespRequest
{
    /// <param name="commands">The commands, each with its arguments: <c>["LLEN", "jobs"]</c>.</param>
    public RespRequest(params ReadOnlySpan<string[]> commands)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        foreach (var command in commands)
        {
            Write(bytes, '*', command.Length);
            foreach (var argument in command)
            {
                Write(bytes, '$', Encoding.UTF8.GetByteCount(argument));
                Encoding.UTF8.GetBytes(argument, bytes);
                bytes.Write("\r\n"u8);
            }
        }

        Bytes = bytes.WrittenSpan.ToArray();
        Commands = commands.Length;
    }

    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>How many commands, and so replies, there are.</summary>
    public int Commands { get; }

    private static void Write(ArrayBufferWriter<byte> bytes, char type, int number) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{type}{number}\r\n"), bytes);
}
