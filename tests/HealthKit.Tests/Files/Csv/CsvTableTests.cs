using System.Text;

namespace HealthKit.Tests.Files;

public class CsvTableTests
{
    [Fact]
    public void A_table_counts_records_and_keeps_the_names_of_its_columns()
    {
        var table = Read("\r\nname,\"two\nlines\",\r\n1,2,3\r\n\r\n4,5,6\r\n");

        Assert.Equal(["name", "two\nlines", ""], table.Header.Select(name => Encoding.UTF8.GetString(name)));
        Assert.Equal((3, 2L, 0L), (table.ColumnCount, table.RecordCount, table.UnevenCount));
        Assert.Null(table.CutShort);
    }

    [Fact]
    public void The_first_record_that_does_not_fit_is_told_and_how_many_there_are()
    {
        var table = Read("a,b\n1,2\n1\n1,2,3\n\"x\ny\",2\n1,2,3,4\n");

        Assert.Equal((3L, 1), (table.FirstUneven!.Value.Line, table.FirstUneven.Value.FieldCount));
        Assert.Equal((3L, 5L), (table.UnevenCount, table.RecordCount));
    }

    [Fact]
    public void A_file_that_ends_in_a_short_record_is_cut_and_not_malformed()
    {
        var table = Read("a,b\n1,2\n1");

        Assert.Equal(3, table.CutShort!.Value.Line);
        Assert.Null(table.FirstUneven);
    }

    [Fact]
    public void A_header_without_end_is_kept_in_bounds()
    {
        var table = new CsvTable();
        var scanner = new CsvScanner((byte)',', table);
        var piece = Encoding.UTF8.GetBytes(new string('x', 999) + ",");
        for (var i = 0; i < 1_000; i++)
        {
            scanner.Add(piece);
        }

        scanner.Complete();

        Assert.False(table.IsHeaderWhole);
        Assert.Equal(1_001, table.ColumnCount);
        Assert.True(table.Header.Sum(name => name.Length) <= CsvTable.MaxHeaderBytes);
    }

    private static CsvTable Read(string csv)
    {
        var table = new CsvTable();
        var scanner = new CsvScanner((byte)',', table);
        scanner.Add(Encoding.UTF8.GetBytes(csv));
        scanner.Complete();
        return table;
    }
}
