using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Files;

public class EncodingTests
{
    [Theory]
    [InlineData("utf-8", "Zoë\nZoë\n", -1, 0)]
    [InlineData("utf-8", "Zoë\nZo\u00eb\n", 7, 2, true)]
    [InlineData("us-ascii", "a\r\nb\rc\nZoë", 9, 4)]
    [InlineData("us-ascii", "plain\0", 5, 1)]
    [InlineData("iso-8859-1", "Zo\u00eb\n", -1, 0, true)]
    [InlineData("iso-8859-1", "a\n\u0096\u00eb", 2, 2, true)]
    [InlineData("windows-1252", "a\n\u0096\u00eb", -1, 0, true)]
    [InlineData("windows-1252", "a\n\u0096\u0081", 3, 2, true)]
    public void The_first_wrong_byte_is_told_by_offset_and_line_however_the_bytes_are_cut(
        string name, string text, long offset, long line, bool latin1 = false)
    {
        byte[] bytes = latin1 && name == "utf-8" ? [.. "Zoë\nZo"u8, 0xeb, (byte)'\n']
            : latin1 ? Encoding.Latin1.GetBytes(text)
            : Encoding.UTF8.GetBytes(text);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var probe = Probe(TextEncodings.Find(name)!.Value, bytes[..cut], bytes[cut..]);
            Assert.Equal((offset, offset < 0 ? 0 : line), (probe.BadOffset, probe.BadLine));
            Assert.Equal(offset < 0 ? 0 : bytes[offset], probe.BadByte);
            Assert.False(probe.IsUtf8Instead);
        }
    }

    [Fact]
    public void Utf8_where_a_single_byte_encoding_is_expected_is_told()
    {
        var text = "Zoë, Ångström – done\n"u8.ToArray();

        Assert.True(Probe(TextEncoding.Latin1, text).IsUtf8Instead);
        Assert.True(Probe(TextEncoding.Windows1252, text).IsUtf8Instead);
        Assert.False(Probe(TextEncoding.Latin1, "plain"u8.ToArray()).IsUtf8Instead);
    }

    [Fact]
    public void The_first_byte_that_is_no_utf8_is_that_of_the_base_class_library() => Prop.ForAll<byte[], int>((noise, size) =>
    {
        // Leads and continuations more often than chance has them.
        var bytes = noise.Select(b => (b & 3) == 0 ? (byte)(0xc0 | (b >> 2)) : (b & 3) == 1 ? (byte)(0x80 | (b >> 2)) : (byte)(b >> 1)).ToArray();
        var probe = new Utf8Probe();
        foreach (var piece in bytes.Chunk(1 + Math.Abs(size % 5)))
        {
            probe.Add(piece);
        }

        var (expected, cut) = FirstBad(bytes);
        Assert.Equal(cut ? -1 : expected, probe.BadOffset);
        Assert.Equal(cut, probe.EndsInCharacter);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Utf16_becomes_the_same_text_however_it_is_cut() => Prop.ForAll<string?, bool, int>((text, bigEndian, size) =>
    {
        text ??= "";
        var bytes = (bigEndian ? Encoding.BigEndianUnicode : Encoding.Unicode).GetBytes(text);
        var units = text.SelectMany(c => new[] { bigEndian ? (byte)(c >> 8) : (byte)c, bigEndian ? (byte)c : (byte)(c >> 8) }).ToArray();
        Assert.True(bytes.Length == units.Length);
        var transcoder = new Utf16Transcoder(bigEndian, offset: 0);
        List<byte> utf8 = [];
        foreach (var piece in units.Chunk(1 + Math.Abs(size % 7)))
        {
            utf8.AddRange(transcoder.Convert(piece));
        }

        if (!transcoder.EndsInCharacter)
        {
            Assert.Equal(Encoding.UTF8.GetBytes(text), utf8.ToArray());
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Half_a_surrogate_pair_is_told_by_its_offset()
    {
        var transcoder = new Utf16Transcoder(bigEndian: true, offset: 2);
        transcoder.Convert([0, (byte)'a', 0xd8]);
        transcoder.Convert([0, 0, (byte)'b', 1]);

        Assert.Equal((4, 0, true), (transcoder.BadOffset, transcoder.BadIndex, transcoder.EndsInCharacter));
    }

    private static (int Offset, bool Cut) FirstBad(ReadOnlySpan<byte> bytes)
    {
        var index = 0;
        while (index < bytes.Length)
        {
            var status = Rune.DecodeFromUtf8(bytes[index..], out _, out var consumed);
            if (status != System.Buffers.OperationStatus.Done)
            {
                return (index, status == System.Buffers.OperationStatus.NeedMoreData);
            }

            index += consumed;
        }

        return (-1, false);
    }

    private static EncodingProbe Probe(TextEncoding encoding, params byte[][] pieces)
    {
        var probe = new EncodingProbe(encoding);
        var lines = new LineCounter();
        long offset = 0;
        foreach (var piece in pieces)
        {
            probe.Add(piece, offset, lines);
            lines.Add(piece);
            offset += piece.Length;
        }

        return probe;
    }
}
