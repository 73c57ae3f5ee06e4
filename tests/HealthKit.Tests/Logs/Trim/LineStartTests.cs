using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Logs.Trim;

public class LineStartTests
{
    [Theory]
    [InlineData("aa\nbb\ncc\n", 3, 6)]
    [InlineData("aa\nbb\ncc\n", 4, 6)]
    [InlineData("aa\nbb\ncc\n", 5, 6)]
    [InlineData("aa\nbb\ncc\n", 6, 3)]
    [InlineData("aa\nbb\ncc\n", 8, 3)]
    [InlineData("aa\nbb\nc", 2, 6)]
    [InlineData("aa\nbbbbbbbbbb\n", 4, 3)]
    [InlineData("aa\nbbbbbbbbbb", 4, 3)]
    [InlineData("aa\nbb\n", 0, 3)]
    [InlineData("aa\nbb", 0, 3)]
    [InlineData("\n\n\n", 1, 2)]
    public void The_first_line_that_leaves_no_more_than_is_to_be_kept(string text, long keep, long expected) =>
        Assert.Equal(expected, Find(Bytes(text), 0, keep));

    [Theory]
    [InlineData("aaaaaaaa", 4)]
    [InlineData("aaaaaaaa\n", 4)]
    [InlineData("a\n", 0)]
    public void One_line_alone_is_not_cut(string text, long keep) => Assert.Null(Find(Bytes(text), 0, keep));

    [Fact]
    public void What_stands_before_the_content_is_not_looked_at() => Assert.Null(Find(Bytes("a\nbbbbb\n"), 2, 3));

    [Fact]
    public void Any_log_is_cut_where_a_line_begins() => Prop.ForAll<byte[], ushort, ushort>((bytes, from, keep) =>
    {
        var shape = bytes.Length + keep;

        // Repeated until it goes over several buffers, with newlines rare and frequent.
        var text = Enumerable.Repeat(bytes, shape % 4 == 0 && bytes.Length > 0 ? 200_000 / bytes.Length : 1)
            .SelectMany(part => part)
            .Select(value => value % (shape % 4 + 2) == 0 ? (byte)'\n' : value)
            .ToArray();
        if (text.Length == 0)
        {
            return true;
        }

        var first = from % text.Length;
        var kept = keep * 3L % (text.Length - first);
        return Find(text, first, kept) == Naive(text, first, kept);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_newline_is_found_as_far_off_as_is_said_and_no_further()
    {
        var text = new byte[LineStart.MaximumLine + 100];
        Array.Fill(text, (byte)'x');
        text[^2] = (byte)'\n';

        Assert.Equal(text.Length - 1, Find(text, 0, LineStart.MaximumLine));
        Assert.Null(Find(text, 0, LineStart.MaximumLine + 50));
    }

    [Fact]
    public void What_cannot_be_read_says_so()
    {
        Assert.False(LineStart.TryFind((_, _) => -5, 0, 100, 10, default, out _, out var error));
        Assert.Equal(5, error);

        Assert.False(LineStart.TryFind((_, _) => 0, 0, 100, 10, default, out _, out error));
        Assert.Equal(0, error);
    }

    [Fact]
    public void A_search_can_be_ended() => Assert.ThrowsAny<OperationCanceledException>(
        () => LineStart.TryFind((_, _) => 0, 0, 100, 10, new CancellationToken(true), out _, out _));

    private static long? Naive(byte[] text, long from, long keep)
    {
        var starts = Enumerable.Range(0, text.Length - 1).Where(at => text[at] == (byte)'\n').Select(at => at + 1L).ToList();
        var after = starts.Where(start => start >= text.Length - keep).ToList();
        var before = starts.Where(start => start < text.Length - keep && start > from).ToList();
        return after.Count > 0 ? after[0] : before.Count > 0 ? before[^1] : null;
    }

    private static long? Find(byte[] text, long from, long keep)
    {
        var found = LineStart.TryFind(
            (offset, buffer) =>
            {
                var count = (int)Math.Min(buffer.Length, text.Length - offset);
                text.AsSpan((int)offset, count).CopyTo(buffer);
                return count;
            },
            from,
            text.Length,
            keep,
            default,
            out var start,
            out var error);
        Assert.Equal(0, error);
        return found ? start : null;
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.ASCII.GetBytes(text);
}
