using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Linux;

public class FileSystemStatTests
{
    [Fact]
    public void Percent_is_what_df_shows()
    {
        // df: 1000 blocks, 600 used, 350 available, 50 reserved: Use% is 600 / 950, rounded up to 64 %.
        Assert.True(FileSystemStat.TryMake(
            new StatVfs { FragmentSize = 4096, Blocks = 1000, BlocksFree = 400, BlocksAvailable = 350, Files = 200, FilesFree = 50, Flags = 1 | 2 },
            default,
            out var stat));

        Assert.Equal((4096000L, 2457600L, 1433600L), (stat.TotalBytes, stat.UsedBytes, stat.FreeBytes));
        Assert.Equal(36.84, stat.FreePercent, 2);
        Assert.Equal(25, stat.FreeInodesPercent);
        Assert.True(stat.ReadOnly);
    }

    [Theory]
    [InlineData(8, 1, 0x801, 0)]
    [InlineData(259, 300, 0x11032c, 0)]
    [InlineData(8, 2, 0x801, 0x801)]
    [InlineData(8, 1, 0x700000801, 0x700000801)]
    public void An_id_that_is_but_the_device_number_is_none(uint major, uint minor, ulong fsId, ulong known) =>
        Assert.Equal(known, FileSystemId.OfDevice(major, minor, fsId).FsId);

    [Fact]
    public void An_overdrawn_reserve_leaves_nothing()
    {
        Assert.True(FileSystemStat.TryMake(
            new StatVfs { FragmentSize = 4096, Blocks = 1000, BlocksFree = 10, BlocksAvailable = unchecked((ulong)-5) }, default, out var stat));

        Assert.Equal(0, stat.FreeBytes);
        Assert.Equal(0, stat.FreePercent);
    }

    [Fact]
    public void No_blocks_say_nothing_about_space()
    {
        Assert.False(FileSystemStat.TryMake(new StatVfs { BlockSize = 4096, FragmentSize = 4096 }, default, out _));
        Assert.False(FileSystemStat.TryMake(new StatVfs { Blocks = 4096 }, default, out _));
        Assert.True(FileSystemStat.TryMake(new StatVfs { BlockSize = 512, Blocks = 4 }, default, out var stat));
        Assert.Equal(2048, stat.TotalBytes);
    }

    [Fact]
    public void Whatever_the_answer_the_figures_are_in_range()
    {
        var number = Gen.OneOf(
            Gen.Choose(0, 5000).Select(n => (ulong)n),
            Gen.Choose(0, int.MaxValue).Select(n => (ulong)n << 20),
            Gen.Choose(0, 63).Select(n => ulong.MaxValue >> n),
            Gen.Choose(0, 10).Select(n => ulong.MaxValue - (ulong)n));
        Prop.ForAll(number.ArrayOf(7).ToArbitrary(), raw =>
        {
            var answer = new StatVfs
            {
                FragmentSize = raw[0], Blocks = raw[1], BlocksFree = raw[2], BlocksAvailable = raw[3], Files = raw[4], FilesFree = raw[5], BlockSize = raw[6],
            };
            if (!FileSystemStat.TryMake(answer, default, out var stat))
            {
                return;
            }

            Assert.InRange(stat.FreePercent, 0, 100);
            Assert.InRange(stat.FreeInodesPercent, 0, 100);
            Assert.InRange(stat.UsedBytes, 0, stat.TotalBytes);
            Assert.InRange(stat.FreeBytes, 0, stat.TotalBytes);
            Assert.InRange(stat.FreeInodes, 0, stat.Inodes);
            Assert.True(stat.TotalBytes > 0);
        }).QuickCheckThrowOnFailure();
    }
}
