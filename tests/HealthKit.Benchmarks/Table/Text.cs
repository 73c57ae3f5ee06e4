using System.Globalization;

namespace HealthKit;

/// <summary>Figures as the table shows them.</summary>
internal static class Text
{
    public static string Time(double nanoseconds) => nanoseconds switch
    {
        < 1_000 => Format($"{nanoseconds:0.#} ns"),
        < 1_000_000 => Format($"{nanoseconds / 1_000:0.00} µs"),
        _ => Format($"{nanoseconds / 1_000_000:0.0} ms"),
    };

    public static string Bytes(double bytes) => bytes switch
    {
        < 10_000 => Format($"{bytes:0} B"),
        < 1 << 20 => Format($"{bytes / 1024:0.0} KB"),
        _ => Format($"{bytes / (1 << 20):0.0} MB"),
    };

    public static string Number(double value) => Format($"{value:0.00}");

    public static string Percent(double value) => Format($"{value:0.00} %");

    public static string Rate(double perSecond) => Format($"{perSecond:#,0}/s");

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
