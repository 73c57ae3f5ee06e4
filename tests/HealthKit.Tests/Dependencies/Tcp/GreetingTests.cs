using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Dependencies;

public class GreetingTests
{
    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "SSH", "SSH-2.0-OpenSSH_9.2p1 Debian-2")]
    [InlineData("220 mail.example ESMTP Postfix\r\n", "SMTP", "220 mail.example ESMTP Postfix")]
    [InlineData("220-mail.example ESMTP Exim 4.96\r\n220 no spam\r\n", "SMTP", "220-mail.example ESMTP Exim 4.96")]
    [InlineData("554 no SMTP service here\r\n", "SMTP", "554 no SMTP service here")]
    [InlineData("220 (vsFTPd 3.0.3)\r\n", "FTP", "220 (vsFTPd 3.0.3)")]
    [InlineData("220 ready\r\n", "SMTP or FTP", "220 ready")]
    [InlineData("+OK Dovecot ready.\r\n", "POP3", "+OK Dovecot ready.")]
    [InlineData("* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n", "IMAP", "* OK [CAPABILITY IMAP4rev1] Dovecot ready.")]
    [InlineData("RFB 003.008\n", "VNC", "RFB 003.008")]
    [InlineData("@RSYNCD: 31.0\n", "rsync", "@RSYNCD: 31.0")]
    [InlineData("-DENIED Redis is running in protected mode\r\n", "Redis", "-DENIED Redis is running in protected mode")]
    [InlineData("200 news.example ready\r\n", "NNTP", "200 news.example ready")]
    [InlineData("\u00ff\u00fd\u0018\u00ff\u00fd\u0020", "Telnet", "..... ")]
    [InlineData("welcome\u001b[31m\r\n", null, "welcome.[31m")]
    public void Who_greets_is_named(string sent, string? protocol, string text) =>
        Assert.Equal(new Greeting(protocol, text), Greeting.Read(Encoding.Latin1.GetBytes(sent)));

    [Fact]
    public void A_handshake_of_mysql_and_mariadb_is_known_by_its_version()
    {
        Assert.Equal(new Greeting("MySQL", "8.0.36"), Greeting.Read(MySqlPackets.Handshake("8.0.36")));
        Assert.Equal(new Greeting("MySQL", "5.5.5-10.11.14-MariaDB-0+deb12u2"), Greeting.Read(MySqlPackets.Handshake("5.5.5-10.11.14-MariaDB-0+deb12u2")));
        Assert.True(Greeting.Read(MySqlPackets.Handshake("8.0.36")).IsMySql);
    }

    [Theory]
    [InlineData(1129, "Host '192.0.2.7' is blocked because of many connection errors; unblock with 'mariadb-admin flush-hosts'", false)]
    [InlineData(1040, "Too many connections", false)]
    [InlineData(1130, "Host '192.0.2.7' is not allowed to connect to this MariaDB server", true)]
    public void An_error_of_mysql_is_known_with_its_number(ushort number, string message, bool withState) =>
        Assert.Equal(new Greeting("MySQL", $"error {number}: {message}"), Greeting.Read(MySqlPackets.Error(number, message, withState)));

    [Fact]
    public void What_only_looks_like_mysql_is_not()
    {
        byte[][] others =
        [
            [4, 0, 0, 0, 11, (byte)'8', 0, 0], // another protocol's version
            [4, 0, 0, 1, 10, (byte)'8', 0, 0], // not the first packet
            [4, 0, 0, 0, 10, 1, 2, 0], // no version text
            [4, 0, 0, 0, 10, 0, 0, 0], // an empty one
            [8, 0, 0, 0, 0xff, 1, 0, (byte)'x', (byte)'y'], // no such number
            [0xff, 0xff, 0xff, 0, 10, (byte)'8', 0, 0], // no greeting is that long
            [10], [0], [0xff],
        ];
        Assert.All(others, bytes => Assert.False(Greeting.Read(bytes).IsMySql, Convert.ToHexString(bytes)));
    }

    [Fact]
    public void A_greeting_is_whole_with_its_line_or_its_packet()
    {
        var packet = MySqlPackets.Handshake("8.0.36");
        Assert.All(Enumerable.Range(0, packet.Length), length => Assert.False(Greeting.IsWhole(packet.AsSpan(0, length))));
        Assert.True(Greeting.IsWhole(packet));
        Assert.False(Greeting.IsWhole("220 mail"u8));
        Assert.True(Greeting.IsWhole("220 mail\r\n"u8));
        Assert.True(Greeting.IsWhole(new byte[Greeting.MostBytes]));
        Assert.False(Greeting.IsWhole([]));
    }

    [Fact]
    public void Any_bytes_give_a_short_printable_text()
    {
        Prop.ForAll<byte[]>(bytes => IsTame(bytes)).QuickCheckThrowOnFailure();
        Prop.ForAll<byte[], byte>((bytes, kind) => IsTame([.. Start(kind), .. bytes])).QuickCheckThrowOnFailure();
        Assert.True(IsTame([.. MySqlPackets.Error(1129, new string('x', 400)), 0xff]));

        static byte[] Start(byte kind) => (kind % 5) switch
        {
            0 => [20, 0, 0, 0, 10],
            1 => [20, 0, 0, 0, 0xff],
            2 => [20, 0, 0, 0, 0xff, 0x69, 4, (byte)'#'],
            3 => [0xff, 0xfd],
            _ => "220-"u8.ToArray(),
        };

        static bool IsTame(byte[] bytes)
        {
            var greeting = Greeting.Read(bytes);
            _ = Greeting.IsWhole(bytes);
            return greeting.Text.Length <= 140 && greeting.Text.All(c => c is >= ' ' and <= '~' or '…');
        }
    }
}

/// <summary>The first packets of a MySQL server.</summary>
internal static class MySqlPackets
{
    public static byte[] Handshake(string version) => Packet(
    [
        10, .. Encoding.ASCII.GetBytes(version), 0, 42, 0, 0, 0, .. "saltsalt"u8, 0, 0xff, 0xf7, 8, 2, 0, 0xff, 0x81, 21, .. new byte[10],
        .. "saltsaltsalt"u8, 0, .. "mysql_native_password"u8, 0,
    ]);

    public static byte[] Error(ushort number, string message, bool withState = false)
    {
        var code = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(code, number);
        return Packet([0xff, .. code, .. withState ? "#HY000"u8 : [], .. Encoding.ASCII.GetBytes(message)]);
    }

    private static byte[] Packet(byte[] body) => [(byte)body.Length, (byte)(body.Length >> 8), 0, 0, .. body];
}
