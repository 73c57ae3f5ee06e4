using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Files;

public class LineCounterTests
{
    [Fact]
    public void Lines_are_those_of_a_reader_of_text_however_they_are_cut() => Prop.ForAll<byte[], int>((noise, size) =>
    {
        var text = string.Concat(noise.Select(b => "\r\nab"[b % 4]));
        var counter = new LineCounter();
        foreach (var piece in System.Text.Encoding.ASCII.GetBytes(text).Chunk(1 + Math.Abs(size % 4)))
        {
            counter.Add(piece);
        }

        using var reader = new StringReader(text);
        long lines = 0;
        while (reader.ReadLine() is not null)
        {
            lines++;
        }

        Assert.Equal(lines, counter.Lines);
        Assert.Equal(text.EndsWith('\n') || text.EndsWith('\r'), counter.EndsWithLineEnd);
    }).QuickCheckThrowOnFailure();
}
