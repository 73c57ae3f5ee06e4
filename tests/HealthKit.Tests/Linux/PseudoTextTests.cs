using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Linux;

public class PseudoTextTests
{
    private const string MemInfoSample = """
        MemTotal:       24684092 kB
        MemFree:        24254044 kB
        MemAvailable:   24190980 kB
        Buffers:             700 kB
        Cached:           200644 kB
        SwapCached:            0 kB
        SwapTotal:       2097148 kB
        SwapFree:        1048576 kB
        HugePages_Total:       0
        Hugepagesize:       2048 kB
        Hugetlb:               0 kB

        """;

    [Fact]
    public void MemInfo_is_read_in_bytes()
    {
        Assert.True(MemInfo.TryParse(Encoding.UTF8.GetBytes(MemInfoSample), out var info));

        Assert.Equal(new MemInfo(24684092L * 1024, 24190980L * 1024, 0, 2097148L * 1024, 1048576L * 1024), info);
    }

    [Fact]
    public void This_machines_meminfo_is_read()
    {
        Assert.True(MemInfo.TryParse(File.ReadAllBytes("/proc/meminfo"), out var info));

        Assert.InRange(info.TotalBytes, 128L << 20, 1L << 50);
        Assert.InRange(info.AvailableBytes, 1, info.TotalBytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MemTotal: 1024 kB\n")]
    [InlineData("MemTotal: 0 kB\nMemAvailable: 0 kB\n")]
    [InlineData("MemTotal: -5 kB\nMemAvailable: 5 kB\n")]
    [InlineData("MemTotal: 5x kB\nMemAvailable: 5 kB\n")]
    [InlineData("MemTotal: 9223372036854775807 kB\nMemAvailable: 5 kB\n")]
    [InlineData("XMemTotal: 5 kB\n MemTotal: 5 kB\nMemAvailable: 5 kB\n")]
    public void What_lacks_a_number_is_no_meminfo(string text) => Assert.False(MemInfo.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void More_available_than_there_is_counts_as_all()
    {
        Assert.True(MemInfo.TryParse("MemTotal: 5 kB\nMemAvailable: 7 kB\nSwapTotal: 1 kB\nSwapFree: 2 kB"u8, out var info));

        Assert.Equal(new MemInfo(5120, 5120, 0, 1024, 1024), info);
    }

    [Theory]
    [InlineData("HugePages_Total:    3584\nHugePages_Free:     3584\nHugepagesize:       2048 kB\n", 7 << 10)]
    [InlineData("HugePages_Total:    1024\nHugepagesize:       2048 kB\nHugetlb:         5242880 kB\n", 5 << 10)]
    [InlineData("HugePages_Total:    3584\n", 0)]
    [InlineData("HugePages_Total: 9223372036854775807\nHugepagesize: 2048 kB\n", 0)]
    [InlineData("Hugetlb:         8388608 kB\n", 0)]
    public void Huge_pages_are_set_aside(string lines, long mebibytes)
    {
        Assert.True(MemInfo.TryParse(Encoding.UTF8.GetBytes("MemTotal: 8388608 kB\nMemAvailable: 700000 kB\n" + lines), out var info));

        Assert.Equal((8L << 30, 700000L << 10, mebibytes << 20), (info.TotalBytes, info.AvailableBytes, info.HugePagesBytes));
    }

    [Fact]
    public void A_key_counts_at_a_line_start_only()
    {
        var text = "total_inactive_file 1\nxinactive_file 2\ninactive_file inactive_file 3\ninactive_file 4\n"u8;

        Assert.False(PseudoText.TryFind(text, "inactive_file "u8, out _));
        Assert.True(PseudoText.TryFind("total_inactive_file 1\nactive_file 5\ninactive_file 4"u8, "inactive_file "u8, out var value));
        Assert.Equal(4, value);
    }

    [Fact]
    public void Any_bytes_give_no_meminfo_or_one_that_can_be()
    {
        Prop.ForAll<byte[]>(bytes => Holds(bytes)).QuickCheckThrowOnFailure();

        // Near misses: the sample with some bytes replaced.
        Prop.ForAll<(ushort At, byte Value)[]>(changes => Holds(Damage(MemInfoSample, changes))).QuickCheckThrowOnFailure();

        static bool Holds(byte[] bytes) => !MemInfo.TryParse(bytes, out var info)
            || (info.TotalBytes > 0 && info.AvailableBytes >= 0 && info.HugePagesBytes >= 0 && info.AvailableBytes <= info.TotalBytes - info.HugePagesBytes
                && info.SwapFreeBytes >= 0 && info.SwapFreeBytes <= info.SwapTotalBytes);
    }

    internal static byte[] Damage(string text, (ushort At, byte Value)[] changes)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        foreach (var (at, value) in changes)
        {
            bytes[at % bytes.Length] = value;
        }

        return bytes;
    }
}
