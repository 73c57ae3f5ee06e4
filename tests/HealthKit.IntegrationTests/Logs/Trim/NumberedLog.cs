using System.Globalization;
using System.Text;
using HealthKit.IntegrationTests.Child;

namespace HealthKit.IntegrationTests.Logs.Trim;

/// <summary>A log of numbered lines, and what its writer says of them.</summary>
internal static class NumberedLog
{
    /// <summary>Writes whole lines until the file has this size.</summary>
    public static void Fill(string path, long bytes)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
        for (var number = 1; stream.Position < bytes; number++)
        {
            stream.Write(NumberedLine.Make(number));
        }
    }

    /// <summary>The numbers of all whole lines from an offset on, in their order. What is no such line is passed over; so is the last, which may be under way.</summary>
    public static int[] Numbers(string path, long offset = 0)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[Math.Max(0, stream.Length - offset)];
        stream.Position = offset;
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        List<int> numbers = [];
        ReadOnlySpan<byte> rest = bytes.AsSpan(0, length);
        for (int end; (end = rest.IndexOf((byte)'\n')) >= 0; rest = rest[(end + 1)..])
        {
            var line = rest[..(end + 1)].TrimStart((byte)0);
            if (line.Length > 9
                && int.TryParse(line[..9], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                && line.SequenceEqual(NumberedLine.Make(number)))
            {
                numbers.Add(number);
            }
        }

        return [.. numbers];
    }

    /// <summary>
    /// Every line whose write returned in full, and the one before it too, is there exactly once, from the first that was kept to the last.
    /// </summary>
    public static void AssertWhole(int[] numbers, byte[] report)
    {
        Assert.NotEmpty(numbers);
        for (var i = 1; i < numbers.Length; i++)
        {
            Assert.True(numbers[i] > numbers[i - 1], $"Line {numbers[i]} stands behind line {numbers[i - 1]}.");
        }

        var there = numbers.ToHashSet();
        for (var number = numbers[0] + 1; number <= numbers[^1]; number++)
        {
            if (report[number - 1] == 'F' && report[number - 2] == 'F')
            {
                Assert.True(there.Contains(number), $"Line {number} is missing between {numbers[0]} and {numbers[^1]}.");
            }
        }
    }

    /// <summary>Stops a numbering writer and reads its report.</summary>
    public static byte[] Stop(ChildProcess writer, string report)
    {
        writer.WriteLine("stop");
        Assert.Equal("done", writer.ReadLine());
        return File.ReadAllBytes(report);
    }

    public static string FirstLine(string path) => File.ReadLines(path, Encoding.ASCII).First();
}
