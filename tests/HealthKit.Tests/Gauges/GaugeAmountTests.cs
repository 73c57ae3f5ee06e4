using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Gauges;

public class GaugeAmountTests
{
    [Theory]
    [InlineData(0d, "0 B")]
    [InlineData(1023d, "1023 B")]
    [InlineData(1024d, "1.0 KiB")]
    [InlineData(1048575d, "1.0 MiB")]
    [InlineData(44345576652.8, "41.3 GiB")]
    [InlineData(1.2e12, "1.1 TiB")]
    [InlineData(-3145728d, "-3.0 MiB")]
    [InlineData(9.3e18, "8.1 EiB")]
    public void Bytes_are_binary_with_one_decimal(double bytes, string text) => Assert.Equal(text, GaugeAmount.Bytes(bytes).ToString());

    [Theory]
    [InlineData(42.13, "42.1 %")]
    [InlineData(0d, "0.0 %")]
    [InlineData(0.001, "<0.1 %")]
    [InlineData(0.07, "0.1 %")]
    [InlineData(99.999, "99.9 %")]
    [InlineData(100d, "100.0 %")]
    public void Percent_has_one_decimal_and_never_rounds_to_none_or_all(double percent, string text) =>
        Assert.Equal(text, GaugeAmount.Percent(percent).ToString());

    [Theory]
    [InlineData(0.25, "250 ms")]
    [InlineData(0.0072, "7.2 ms")]
    [InlineData(0.00002, "<0.1 ms")]
    [InlineData(4d, "4 s")]
    [InlineData(45.4, "45 s")]
    [InlineData(59.7, "1 min")]
    [InlineData(90d, "1 min 30 s")]
    [InlineData(3599.8, "1 h")]
    [InlineData(7800d, "2 h 10 min")]
    [InlineData(86399d, "1 d")]
    [InlineData(273600d, "3 d 4 h")]
    [InlineData(-90d, "-1 min 30 s")]
    public void Times_have_two_units(double seconds, string text) => Assert.Equal(text, GaugeAmount.Time(TimeSpan.FromSeconds(seconds)).ToString());

    [Fact]
    public void Limits_leave_out_decimals_that_say_nothing()
    {
        Assert.Equal("5 %|99.95 %|10 GiB|1.5 GiB|512 B", string.Create(
            CultureInfo.GetCultureInfo(""),
            $"{GaugeAmount.Percent(5):L}|{GaugeAmount.Percent(99.95):L}|{GaugeAmount.Bytes(10L << 30):L}|{GaugeAmount.Bytes(3L << 29):L}|{GaugeAmount.Bytes(512):L}"));
    }

    [Fact]
    public void Any_number_has_a_short_text()
    {
        Prop.ForAll<double>(value =>
        {
            foreach (var unit in Enum.GetValues<GaugeUnit>())
            {
                Assert.InRange(new GaugeAmount(value, unit).ToString().Length, 1, 400);
                Assert.InRange(new GaugeAmount(value, unit).ToString("L", null).Length, 1, 400);
            }
        }).QuickCheckThrowOnFailure();
    }
}
