using HealthKit.Tests.Support;

namespace HealthKit.Tests.Docs;

/// <summary>A row of a table that has lost its head is shown as a line of bars.</summary>
public class TableTests
{
    public static TheoryData<string> Pages => [.. DocPage.All];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_table_has_a_head(string page)
    {
        var lines = Repository.Read(page).Split('\n');
        var isCode = false;
        for (var i = 0; i < lines.Length; i++)
        {
            isCode ^= lines[i].StartsWith("```", StringComparison.Ordinal);
            if (!isCode && IsRow(lines[i]) && (i == 0 || !IsRow(lines[i - 1])))
            {
                Assert.True(lines[i + 1].StartsWith("| ---", StringComparison.Ordinal), $"{page}, line {i + 1} begins a table without a head: {lines[i]}");
            }
        }
    }

    private static bool IsRow(string line) => line.StartsWith('|');
}
