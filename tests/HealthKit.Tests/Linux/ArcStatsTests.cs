using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Linux;

public class ArcStatsTests
{
    public const string Sample = """
        12 1 0x01 123 33456 5431276549 2786349876543
        name                            type data
        hits                            4    123456789
        c                               4    51539607552
        c_min                           4    2147483648
        c_max                           4    51539607552
        size                            4    51538558976
        compressed_size                 4    40000000000
        hdr_size                        4    123456
        memory_available_bytes          3    -1073741824

        """;

    [Fact]
    public void What_is_above_the_least_size_can_be_had_back()
    {
        Assert.True(ArcStats.TryParse(Encoding.UTF8.GetBytes(Sample), out var bytes));

        Assert.Equal(51538558976 - 2147483648, bytes);
    }

    [Theory]
    [InlineData("size 4 100\nc_min 4 300\n", true, 0)]
    [InlineData("c_min 4 30\nsize 4 100", true, 70)]
    [InlineData("size 4 -100\nc_min 4 30\n", false, 0)]
    [InlineData("size 100\nc_min 30\n", false, 0)]
    [InlineData("xsize 4 100\nc_min 4 30\n", false, 0)]
    [InlineData("", false, 0)]
    public void What_does_not_fit_is_not_taken(string text, bool parsed, long expected)
    {
        Assert.Equal(parsed, ArcStats.TryParse(Encoding.UTF8.GetBytes(text), out var bytes));
        Assert.Equal(expected, bytes);
    }

    [Fact]
    public void Any_bytes_give_nothing_or_what_can_be()
    {
        Prop.ForAll<byte[]>(bytes => !ArcStats.TryParse(bytes, out var n) || n >= 0).QuickCheckThrowOnFailure();
        Prop.ForAll<(ushort At, byte Value)[]>(changes => !ArcStats.TryParse(PseudoTextTests.Damage(Sample, changes), out var n) || n >= 0)
            .QuickCheckThrowOnFailure();
    }
}
