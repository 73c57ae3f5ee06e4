using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Dependencies.Redis;

/// <summary>Replies of Redis, whole, in pieces, and what is none.</summary>
public class RespReaderTests
{
    [Theory]
    [InlineData("+OK\r\n", "Simple OK")]
    [InlineData("-ERR no\r\n", "Error ERR no")]
    [InlineData(":-42\r\n", "Integer -42")]
    [InlineData(":+42\r\n", "Integer 42")]
    [InlineData("$5\r\nhel\r\n\r\n", "Bulk hel\r\n")]
    [InlineData("$0\r\n\r\n", "Bulk ")]
    [InlineData("$-1\r\n", "Null ")]
    [InlineData("*-1\r\n", "Null ")]
    [InlineData("_\r\n", "Null ")]
    [InlineData("#t\r\n", "Boolean true")]
    [InlineData(",1.5\r\n", "Double 1.5")]
    [InlineData(",-inf\r\n", "Double -Infinity")]
    [InlineData("(3492890328409238509324850943850943825024385\r\n", "BigNumber 3492890328409238509324850943850943825024385")]
    [InlineData("!5\r\nERR x\r\n", "Error ERR x")]
    [InlineData("=7\r\ntxt:abc\r\n", "Bulk abc")]
    [InlineData("*0\r\n", "Array[]")]
    [InlineData("*3\r\n:1\r\n*2\r\n+a\r\n$-1\r\n$1\r\nb\r\n", "Array[Integer 1, Array[Simple a, Null ], Bulk b]")]
    [InlineData("%2\r\n+a\r\n:1\r\n+b\r\n~1\r\n:2\r\n", "Map[Simple a, Integer 1, Simple b, Set[Integer 2]]")]
    [InlineData("|1\r\n+ttl\r\n:3600\r\n+OK\r\n", "Simple OK")]
    [InlineData("*2\r\n|1\r\n+ttl\r\n:3600\r\n:1\r\n:2\r\n", "Array[Integer 1, Integer 2]")]
    [InlineData(">2\r\n+message\r\n+hi\r\n+OK\r\n", "Simple OK")]
    [InlineData("|0\r\n>1\r\n+x\r\n>0\r\n:7\r\n", "Integer 7")]
    public void Every_kind_of_reply_is_read_at_once_and_byte_by_byte(string text, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(text);

        Assert.Equal(expected, Show(Read(bytes, bytes.Length)));
        Assert.Equal(expected, Show(Read(bytes, 1)));
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n", RespException.NotRedis)]
    [InlineData("* OK IMAP4 ready\r\n", RespException.NotRedis)]
    [InlineData("$x\r\n", RespException.NotRedis)]
    [InlineData("*2\r\n:1\r\nx", RespException.Protocol)]
    [InlineData("+OK\r\nx", RespException.Protocol)]
    [InlineData("+OK\r\n:1.5\r\n", RespException.Protocol)]
    [InlineData("+OK\r\n:\r\n", RespException.Protocol)]
    [InlineData("+OK\r\n$3\r\nabcde", RespException.Protocol)]
    [InlineData("+OK\r\n$-2\r\n", RespException.Protocol)]
    [InlineData("+OK\r\n*-2\r\n", RespException.Protocol)]
    [InlineData("+OK\r\n$?\r\n", RespException.Protocol)]
    [InlineData("+OK\r\n#x\r\n", RespException.Protocol)]
    [InlineData("+OK\r\n,one\r\n", RespException.Protocol)]
    [InlineData("+OK\r\n(12a\r\n", RespException.Protocol)]
    [InlineData("+OK\r\n=2\r\nab\r\n", RespException.Protocol)]
    [InlineData("+OK\n", RespException.NotRedis)]
    [InlineData("\r\n", RespException.NotRedis)]
    [InlineData("+OK\r\n\n", RespException.Protocol)]
    [InlineData("$536870912\r\n", RespException.TooLarge)]
    [InlineData("$9223372036854775807\r\n", RespException.TooLarge)]
    [InlineData("*1048576\r\n", RespException.TooLarge)]
    [InlineData("*9223372036854775807\r\n", RespException.TooLarge)]
    [InlineData("%9223372036854775807\r\n", RespException.TooLarge)]
    [InlineData("%40000\r\n", RespException.TooLarge)]
    public void What_is_no_reply_or_too_large_is_named(string text, string reason)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        foreach (var piece in new[] { 1, bytes.Length })
        {
            var error = Assert.Throws<RespException>(() => ReadAll(bytes, piece));
            Assert.Equal(reason, error.Reason);
        }
    }

    [Theory]
    [InlineData("*1\r\n", 17)]
    [InlineData("+", 20_000, "x")]
    [InlineData("(", 20_000, "1")]
    [InlineData("*65536\r\n", 70_000, ":1\r\n")]
    [InlineData("", 100_000, "|1\r\n+a\r\n+b\r\n")]
    [InlineData("", 200_000, ">1\r\n+a\r\n")]
    [InlineData("*2\r\n$600000\r\n", 2_000_000, "x")]
    public void What_never_ends_is_given_up(string begin, int count, string more = "")
    {
        var text = more.Length == 0 ? string.Concat(Enumerable.Repeat(begin, count)) : begin + string.Concat(Enumerable.Repeat(more, count));

        // The last one: a second text of that length is more than the whole may have.
        text = text.Replace("*2\r\n$600000\r\n" + new string('x', 600_000), "*2\r\n$600000\r\n" + new string('x', 600_000) + "\r\n$600000\r\n", StringComparison.Ordinal);

        Assert.Equal(RespException.TooLarge, Assert.Throws<RespException>(() => ReadAll(Encoding.UTF8.GetBytes(text), 4096)).Reason);
    }

    [Fact]
    public void A_length_that_is_announced_takes_no_memory()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Null(ReadOne(new RespReader(new RespLimits(ReplyBytes: 1 << 30)), "$536870912\r\nabc"u8.ToArray(), 15));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
    }

    [Fact]
    public void Each_byte_is_looked_at_once()
    {
        // Quadratic would be 10^12 comparisons.
        var bytes = Encoding.ASCII.GetBytes("$1000000\r\n" + new string('x', 1_000_000) + "\r\n");

        Assert.Equal(1_000_000, Read(bytes, 1).Bytes.Length);
    }

    [Fact]
    public void Whatever_comes_in_whatever_pieces_is_replies_or_an_error()
    {
        var alphabet = "+-:$*_#,(!=%~|>?0123456789tfx.\r\n\r\n\r\n".Select(c => (byte)c).ToArray();
        var bytes = Gen.ArrayOf(Gen.OneOf(Gen.Elements(alphabet), Gen.Choose(0, 255).Select(b => (byte)b)));
        var gen = bytes.SelectMany(_ => Gen.Choose(1, 7), (text, piece) => (text, piece));
        Prop.ForAll(gen.ToArbitrary(), one =>
        {
            Assert.Equal(Outcome(one.text, one.piece), Outcome(one.text, Math.Max(1, one.text.Length)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void What_is_written_as_a_reply_is_read_as_that_reply()
    {
        Prop.ForAll(Values(3).ToArbitrary(), Gen.Choose(1, 9).ToArbitrary(), (value, piece) =>
        {
            Assert.Equal(Show(value), Show(Read(Write(value), piece)));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Commands_are_arrays_of_texts_one_after_the_other()
    {
        Prop.ForAll(Gen.ArrayOf(Gen.NonEmptyListOf(ArbMap.Default.GeneratorFor<NonNull<string>>()).Select(list => list.Select(text => text.Get).ToArray())).ToArbitrary(), commands =>
        {
            var request = new RespRequest(commands);
            var replies = ReadAll(request.Bytes.ToArray(), 3);

            Assert.Equal(commands.Length, request.Commands);
            Assert.Equal(commands.Select(command => command.Select(Clean)), replies.Select(reply => reply.Items.ToArray().Select(item => item.Text!)));
        }).QuickCheckThrowOnFailure();

        // A lone surrogate is no UTF-8.
        static string Clean(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
    }

    private static Gen<RespValue> Values(int depth)
    {
        var leaf = Gen.OneOf(
            Gen.Elements("OK", "QUEUED", "", "a b").Select(RespValue.OfSimple),
            Gen.Elements("ERR no", "OOM x").Select(RespValue.OfError),
            Gen.ArrayOf(Gen.Choose(0, 255).Select(b => (byte)b)).Select(RespValue.OfBulk),
            Gen.Choose(int.MinValue, int.MaxValue).Select(number => RespValue.OfInteger(number)),
            Gen.Choose(-1000, 1000).Select(number => RespValue.OfDouble(number / 8.0)),
            Gen.Elements(true, false).Select(RespValue.OfBoolean),
            Gen.Constant(RespValue.Null));
        return depth == 0 ? leaf : Gen.OneOf(
            leaf,
            Gen.Elements(RespKind.Array, RespKind.Set).SelectMany(_ => Gen.ArrayOf(Values(depth - 1)), RespValue.Of),
            Gen.ArrayOf(Values(depth - 1)).Select(items => RespValue.Of(RespKind.Map, items[..(items.Length / 2 * 2)])));
    }

    private static byte[] Write(RespValue value)
    {
        using var stream = new MemoryStream();
        Append(value);
        return stream.ToArray();

        void Append(RespValue one)
        {
            switch (one.Kind)
            {
                case RespKind.Null:
                    Line("_");
                    break;
                case RespKind.Simple:
                    Line("+" + one.Text);
                    break;
                case RespKind.Error:
                    Line("-" + one.Text);
                    break;
                case RespKind.Integer:
                    Line(":" + one.Text);
                    break;
                case RespKind.Double:
                    Line("," + one.Text);
                    break;
                case RespKind.Boolean:
                    Line(one.Text == "true" ? "#t" : "#f");
                    break;
                case RespKind.Bulk:
                    Line("$" + one.Bytes.Length);
                    stream.Write(one.Bytes);
                    Line("");
                    break;
                default:
                    Line(one.Kind switch { RespKind.Map => "%" + (one.Items.Length / 2), RespKind.Set => "~" + one.Items.Length, _ => "*" + one.Items.Length });
                    foreach (var item in one.Items)
                    {
                        Append(item);
                    }

                    break;
            }
        }

        void Line(string text) => stream.Write(Encoding.UTF8.GetBytes(text + "\r\n"));
    }

    private static string Outcome(byte[] bytes, int piece)
    {
        List<string> replies = [];
        var reader = new RespReader(new RespLimits(ReplyBytes: 1000, Elements: 50, Depth: 4, LineBytes: 100));
        try
        {
            foreach (var chunk in bytes.Chunk(piece))
            {
                chunk.CopyTo(reader.Room());
                reader.Came(chunk.Length);
                while (reader.TryRead(out var reply))
                {
                    replies.Add(Show(reply));
                }
            }
        }
        catch (RespException e)
        {
            replies.Add(e.Reason);
        }

        return string.Join("; ", replies);
    }

    private static RespValue Read(byte[] bytes, int piece) => ReadOne(new RespReader(RespLimits.Default), bytes, piece)!.Value;

    private static RespValue? ReadOne(RespReader reader, byte[] bytes, int piece)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var count = Feed(reader, bytes, at, piece);
            at += count;
            if (reader.TryRead(out var reply))
            {
                Assert.Equal(bytes.Length, at);
                Assert.False(reader.IsWithin);
                return reply;
            }
        }

        return null;
    }

    private static List<RespValue> ReadAll(byte[] bytes, int piece)
    {
        List<RespValue> replies = [];
        var reader = new RespReader(RespLimits.Default);
        for (var at = 0; at < bytes.Length;)
        {
            at += Feed(reader, bytes, at, piece);
            while (reader.TryRead(out var reply))
            {
                replies.Add(reply);
            }
        }

        return replies;
    }

    private static int Feed(RespReader reader, byte[] bytes, int at, int piece)
    {
        var room = reader.Room();
        var count = Math.Min(Math.Min(piece, room.Length), bytes.Length - at);
        bytes.AsMemory(at, count).CopyTo(room);
        reader.Came(count);
        return count;
    }

    private static string Show(RespValue value) => value.Kind is RespKind.Array or RespKind.Map or RespKind.Set or RespKind.Push
        ? $"{value.Kind}[{string.Join(", ", value.Items.ToArray().Select(Show))}]"
        : $"{value.Kind} {(value.Kind == RespKind.Bulk ? Encoding.Latin1.GetString(value.Bytes) : value.Text)}";
}
