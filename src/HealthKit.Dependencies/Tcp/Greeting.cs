using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace HealthKit;

/// <summary>What a peer said before it was asked.</summary>
/// <param name="Protocol">Its protocol's name; null when it is none that is known by its greeting.</param>
/// <param name="Text">Its first line, or what it means: printable and bounded. It is the peer's text.</param>
internal sealed record Greeting(string? Protocol, string Text)
{
    /// <summary>More is not read.</summary>
    public const int MostBytes = 512;

    public const string MySql = "MySQL";

    private const int LongestText = 120;
    private const int MySqlHeader = 4;
    private const int LongestPacket = 2_048;

    /// <summary>Whether the peer counts who connects and leaves without logging in, and shuts out who does so often.</summary>
    public bool IsMySql => Protocol == MySql;

    /// <summary>Whether a greeting is whole, so that waiting for more is idle: a line, or a packet of MySQL.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        < MySqlHeader => false,
        >= MostBytes => true,
        // The line feed is also MySQL's protocol version.
        _ => bytes[3] == 0 && PacketLength(bytes) <= LongestPacket ? bytes.Length >= MySqlHeader + PacketLength(bytes) : bytes.Contains((byte)'\n'),
    };

    /// <summary>Reads a greeting, any bytes.</summary>
    /// <param name="bytes">What came, at least one byte.</param>
    public static Greeting Read(ReadOnlySpan<byte> bytes)
    {
        if (ReadMySql(bytes) is { } mySql)
        {
            return mySql;
        }

        var line = bytes;
        var end = line.IndexOfAny((byte)'\r', (byte)'\n');
        var text = Printable(end < 0 ? line : line[..end]);
        return new Greeting(Name(bytes, text), text);
    }

    /// <summary>
    /// The initial handshake packet or an error packet: three bytes of length, the sequence number 0, then protocol version 10 and the server's
    /// version up to a zero byte, or 0xff and an error's number (MariaDB and MySQL document both under "Connection Phase" and "ERR_Packet").
    /// </summary>
    private static Greeting? ReadMySql(ReadOnlySpan<byte> bytes)
    {
        // The shortest error packet is its mark, its number and a message.
        if (bytes.Length < MySqlHeader + 4 || bytes[3] != 0 || PacketLength(bytes) is < 4 or > LongestPacket)
        {
            return null;
        }

        var body = bytes[MySqlHeader..];
        if (body[0] == 10)
        {
            var end = body[1..].IndexOf((byte)0);
            var version = end is > 0 and <= 100 ? body.Slice(1, end) : default;
            return !version.IsEmpty && version.IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0 ? new Greeting(MySql, Printable(version)) : null;
        }

        var number = BinaryPrimitives.ReadUInt16LittleEndian(body[1..]);
        if (body[0] != 0xff || number is < 1_000 or > 9_999)
        {
            return null;
        }

        var message = body[3..Math.Min(body.Length, PacketLength(bytes))];
        if (message.Length > 6 && message[0] == '#')
        {
            message = message[6..]; // the SQL state
        }

        return new Greeting(MySql, string.Create(CultureInfo.InvariantCulture, $"error {number}: {Printable(message)}"));
    }

    private static int PacketLength(ReadOnlySpan<byte> bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);

    private static string? Name(ReadOnlySpan<byte> bytes, string text) => text switch
    {
        _ when text.StartsWith("SSH-", StringComparison.Ordinal) => "SSH",
        _ when text.StartsWith("* OK", StringComparison.Ordinal) || text.StartsWith("* PREAUTH", StringComparison.Ordinal) || text.StartsWith("* BYE", StringComparison.Ordinal) => "IMAP",
        _ when text.StartsWith("+OK", StringComparison.Ordinal) => "POP3",
        _ when text.StartsWith("RFB ", StringComparison.Ordinal) => "VNC",
        _ when text.StartsWith("@RSYNCD:", StringComparison.Ordinal) => "rsync",
        _ when text.StartsWith("-DENIED Redis", StringComparison.Ordinal) || text.StartsWith("-ERR max number of clients", StringComparison.Ordinal) => "Redis",
        _ when text.StartsWith("200 ", StringComparison.Ordinal) || text.StartsWith("201 ", StringComparison.Ordinal) => "NNTP",
        // Both start alike (RFC 5321 and RFC 959), and nearly all say what they are.
        _ when text.Length > 3 && text[3] is ' ' or '-' && text[..3] is "220" or "421" or "554" or "120" =>
            text.Contains("FTP", StringComparison.OrdinalIgnoreCase) && !text.Contains("SMTP", StringComparison.OrdinalIgnoreCase) ? "FTP"
            : text.Contains("SMTP", StringComparison.OrdinalIgnoreCase) || text[..3] is "554" ? "SMTP"
            : "SMTP or FTP",
        // IAC WILL/WONT/DO/DONT (RFC 854).
        _ when bytes is [0xff, >= 0xfb and <= 0xfe, ..] => "Telnet",
        _ => null,
    };

    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(Math.Min(bytes.Length, LongestText + 1));
        foreach (var one in bytes)
        {
            if (text.Length == LongestText)
            {
                return text.Append('…').ToString();
            }

            text.Append(one is >= (byte)' ' and <= (byte)'~' ? (char)one : '.');
        }

        return text.ToString();
    }
}
