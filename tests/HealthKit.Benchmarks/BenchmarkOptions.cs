using System.Globalization;

namespace HealthKit;

/// <summary>What the command line asks for.</summary>
/// <param name="Groups">The row groups, in the order of the table.</param>
/// <param name="Quick">Fewer and shorter rounds: to see that it runs, not to quote.</param>
/// <param name="Window">How long the engine and the footprint are watched.</param>
internal sealed record BenchmarkOptions(IReadOnlyList<RowGroup> Groups, bool Quick, TimeSpan Window)
{
    public static readonly string Usage = $"""
        dotnet run -c Release --project tests/HealthKit.Benchmarks [-- options]
          prints one table: what was measured, its baseline in the same run, the ratio, the budget.
          --rows a,b     only these groups: {string.Join(", ", RowGroup.All.Select(group => group.Name))}
          --quick        fewer and shorter rounds
          --seconds n    how long the engine, and twice how long the footprint is watched (default 60, quick 10)
          micro ...      BenchmarkDotNet over the same workloads, e.g.: micro --filter *Disk*
        """;

    public static bool TryParse(string[] args, out BenchmarkOptions options, out string error)
    {
        options = new BenchmarkOptions(RowGroup.All, Quick: false, TimeSpan.Zero);
        error = Usage;
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--quick":
                    options = options with { Quick = true };
                    break;
                case "--rows" when i + 1 < args.Length:
                    var names = args[++i].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                    if (names.FirstOrDefault(name => !RowGroup.All.Any(group => group.Name == name)) is { } unknown)
                    {
                        error = $"--rows: there is no group '{unknown}'. There are: {string.Join(", ", RowGroup.All.Select(group => group.Name))}";
                        return false;
                    }

                    options = options with { Groups = [.. RowGroup.All.Where(group => names.Contains(group.Name))] };
                    break;
                case "--seconds" when i + 1 < args.Length:
                    if (!int.TryParse(args[++i], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds is < 5 or > 7200)
                    {
                        error = $"--seconds: '{args[i]}' is not a whole number from 5 to 7200";
                        return false;
                    }

                    options = options with { Window = TimeSpan.FromSeconds(seconds) };
                    break;
                case "--help" or "-h":
                    return false;
                default:
                    error = $"'{args[i]}' is no option, or lacks its value.\n{Usage}";
                    return false;
            }
        }

        if (options.Window == TimeSpan.Zero)
        {
            options = options with { Window = TimeSpan.FromSeconds(options.Quick ? 10 : 60) };
        }

        return true;
    }
}
