using System.Globalization;
using System.Runtime.InteropServices;

namespace HealthKit;

/// <summary>Measures group by group and prints one Markdown table.</summary>
internal static class BudgetTable
{
    private static readonly string[] Header = ["row", "measured", "baseline", "ratio", "budget", ""];

    public static async Task RunAsync(BenchmarkOptions options)
    {
        List<string[]> lines = [];
        foreach (var group in options.Groups)
        {
            await Console.Error.WriteLineAsync($"measuring {group.Name} ...");
            try
            {
                await foreach (var row in group.Measure(options))
                {
                    lines.Add([row.Name, row.Measured, row.Baseline, row.Ratio, row.Budget, row.Ok switch { true => "ok", false => "MISS", null => "" }]);
                }
            }
            catch (Exception e)
            {
                // The other groups' figures are worth having all the same.
                lines.Add([$"{group.Name}: could not be measured", e.Message, "", "", "", ""]);
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"\n{DateTimeOffset.Now:yyyy-MM-dd HH:mm}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {Environment.ProcessorCount} cores{(options.Quick ? ", quick" : "")}\n"));
        Print(lines);
    }

    private static void Print(List<string[]> lines)
    {
        var widths = Header.Select((title, column) => lines.Select(line => line[column].Length).Append(title.Length).Max()).ToArray();
        PrintLine(Header);
        PrintLine([.. widths.Select(width => new string('-', width))]);
        lines.ForEach(PrintLine);

        void PrintLine(string[] cells) => Console.WriteLine($"| {string.Join(" | ", cells.Select((cell, column) => cell.PadRight(widths[column])))} |");
    }
}
