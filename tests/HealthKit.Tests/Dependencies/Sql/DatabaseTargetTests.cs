using System.Data.Common;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Dependencies;

public class DatabaseTargetTests
{
    [Theory]
    [InlineData("Host=db.example;Port=6432;Database=shop;Username=app;Password=x", null, "db.example", 6432, "app", "db.example:6432/shop")]
    [InlineData("Server=db.example;Database=shop;Uid=app;Pwd=x", 3306, "db.example", 3306, "app", "db.example:3306/shop")]
    [InlineData("Server=tcp:db.example,1433;Initial Catalog=shop;User ID=app", null, "db.example", 1433, "app", "db.example:1433/shop")]
    [InlineData("Data Source=db.example;Initial Catalog=shop", null, "db.example", null, null, "db.example/shop")]
    [InlineData("Host=::1;Database=shop", 5432, "::1", 5432, null, "[::1]:5432/shop")]
    [InlineData("Host=a.example,b.example;Database=shop", 5432, null, 5432, null, "a.example,b.example/shop")]
    [InlineData("Host=/var/run/postgresql;Database=shop", 5432, null, 5432, null, "/var/run/postgresql/shop")]
    [InlineData("Data Source=/var/lib/app/app.db", null, null, null, null, "app.db")]
    [InlineData("Data Source=app.db;Mode=ReadOnly", null, null, null, null, "app.db")]
    [InlineData("Host=db.example", 5432, "db.example", 5432, null, "db.example:5432")]
    [InlineData("Host=app:hunter2@db.example", null, null, null, null, "app:hunter2@db.example")]
    [InlineData("nonsense", null, null, null, null, "database")]
    [InlineData("", null, null, null, null, "database")]
    public void A_connection_string_tells_where_it_leads(string text, int? defaultPort, string? host, int? port, string? user, string shown)
    {
        Assert.Equal(new DatabaseTarget(host, port, user, shown), DatabaseTarget.Of(text, defaultPort));
    }

    [Fact]
    public void Any_text_is_read_and_no_password_is_in_what_is_shown()
    {
        Prop.ForAll<string?>(text => DatabaseTarget.Of(text, 1).Text.Length < 400).QuickCheckThrowOnFailure();
        Prop.ForAll<string, string>((host, database) =>
        {
            var pairs = new DbConnectionStringBuilder { ["Host"] = Clean(host), ["Database"] = Clean(database), ["Password"] = "hunter2hunter2" };
            var target = DatabaseTarget.Of(pairs.ConnectionString, 1);
            return !target.ToString().Contains("hunter2hunter2", StringComparison.Ordinal) && !target.Text.Contains('\n', StringComparison.Ordinal);
        }).QuickCheckThrowOnFailure();
    }

    /// <summary>What a connection string can hold at all.</summary>
    private static string Clean(string? text) => (text ?? "").Replace("\0", "", StringComparison.Ordinal);
}
