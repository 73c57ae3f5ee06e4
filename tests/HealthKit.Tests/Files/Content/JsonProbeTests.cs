using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Files;

public class JsonProbeTests
{
    [Theory]
    [InlineData("""{"a":[1,2.5e3,"x\u00e9",true,null]}""", "None")]
    [InlineData(" 12 \r\n", "None")]
    [InlineData("", "NoValue")]
    [InlineData(" \n", "NoValue")]
    [InlineData("""{"a":[1,2""", "Truncated")]
    [InlineData("""{"a":"x""", "Truncated")]
    [InlineData("tru", "Truncated")]
    [InlineData("1.", "Truncated")]
    [InlineData("""{"a":1,}""", "Malformed")]
    [InlineData("{} {}", "Malformed")]
    [InlineData("{'a':1}", "Malformed")]
    [InlineData("<html>", "Malformed")]
    [InlineData("[1] // a comment", "Malformed")]
    public void Truncated_is_told_from_malformed_however_the_bytes_are_cut(string json, string problem)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            Assert.Equal(problem, Probe(bytes[..cut], bytes[cut..]).Found.ToString());
        }
    }

    [Fact]
    public void The_place_is_told_across_pieces()
    {
        var probe = Probe("{\n \"a\": 1,\n"u8.ToArray(), " \"b\" 2 }"u8.ToArray());

        Assert.Equal((JsonProbe.Problem.Malformed, 3L, 6L), (probe.Found, probe.Line, probe.ByteInLine));
    }

    [Fact]
    public void Depth_and_a_single_value_are_bounded()
    {
        Assert.Equal(JsonProbe.Problem.None, Probe(Nested(JsonProbe.MaxDepth)).Found);
        Assert.Equal(JsonProbe.Problem.Malformed, Probe(Nested(JsonProbe.MaxDepth + 1)).Found);
        Assert.Equal(JsonProbe.Problem.None, Probe(Long(9 << 20)).Found);
        Assert.Equal(JsonProbe.Problem.TooLong, Probe(Long(17 << 20)).Found);
    }

    [Fact]
    public void What_a_writer_wrote_is_right_and_every_beginning_of_it_is_truncated() => Prop.ForAll<string?[], int, int>((texts, size, end) =>
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(texts.Select(text => new { text, length = text?.Length ?? 0 }));
        var pieces = bytes.Chunk(1 + Math.Abs(size % 11)).ToArray();
        Assert.Equal(JsonProbe.Problem.None, Probe(pieces).Found);
        var cut = bytes[..(1 + Math.Abs(end % (bytes.Length - 1)))];
        Assert.Equal(JsonProbe.Problem.Truncated, Probe([.. cut.Chunk(1 + Math.Abs(size % 11))]).Found);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_bytes_are_judged() => Prop.ForAll<byte[]>(bytes => Probe(bytes)).QuickCheckThrowOnFailure();

    private static byte[] Nested(int depth) => Encoding.ASCII.GetBytes(new string('[', depth) + new string(']', depth));

    private static byte[][] Long(int length) => [.. Encoding.ASCII.GetBytes($"[\"{new string('x', length)}\"]").Chunk(64 * 1024)];

    private static JsonProbe Probe(params byte[][] pieces)
    {
        var probe = new JsonProbe();
        foreach (var piece in pieces)
        {
            probe.Add(piece);
        }

        probe.Complete();
        return probe;
    }
}
