using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Dependencies;

public class SqlStatementTests
{
    [Theory]
    [InlineData("SELECT 1")]
    [InlineData("select count(*) from orders where state = 'open;' -- the open ones; all")]
    [InlineData("/* why; */ SELECT 1 ;  ")]
    [InlineData("(SELECT 1) UNION (SELECT 2)")]
    [InlineData("SHOW GLOBAL STATUS LIKE 'Threads_connected'")]
    [InlineData("SHOW CREATE TABLE orders")]
    [InlineData("WITH x AS (SELECT 1) SELECT * FROM x")]
    [InlineData("VALUES (1)")]
    [InlineData("TABLE orders")]
    [InlineData("SELECT updated_at, \"delete\", `update`, 'INTO' FROM t")]
    [InlineData("SELECT 'it''s; so'")]
    [InlineData("SELECT replace(name, 'a', 'b') FROM t")]
    [InlineData("SELECT [insert], [x], a FROM t")]
    [InlineData("SELECT truncate(price, 2), \"drop\" FROM t")]
    [InlineData("SELECT data #> '{a}' FROM t")]
    public void What_reads_only_is_taken(string statement) => Assert.Null(SqlStatement.Reject(statement));

    [Theory]
    [InlineData("", "an empty text")]
    [InlineData("DELETE FROM orders", "begins with DELETE")]
    [InlineData("SELECT 1; DROP TABLE orders", "more than one statement")]
    [InlineData("SELECT 1; --x\nDROP TABLE orders", "more than one statement")]
    [InlineData("WITH x AS (DELETE FROM orders RETURNING 1) SELECT * FROM x", "the word DELETE")]
    [InlineData("SELECT 1 DROP TABLE orders", "the word DROP")]
    [InlineData("SELECT 1 TRUNCATE TABLE orders", "the word TRUNCATE")]
    [InlineData("SELECT 1 exec sp_x", "the word EXEC")]
    [InlineData("SELECT 1 SHUTDOWN", "the word SHUTDOWN")]
    [InlineData("SELECT a[1] KILL 5", "the word KILL")]
    [InlineData("SELECT * INTO copy FROM orders", "the word INTO")]
    [InlineData("SELECT * FROM orders FOR UPDATE", "the word UPDATE")]
    [InlineData("SELECT 1 /*! INTO OUTFILE '/tmp/x' */", "that MySQL executes")]
    [InlineData("SELECT 1 /*M!100100 , 2 */", "that MySQL executes")]
    [InlineData("EXPLAIN ANALYZE DELETE FROM orders", "begins with EXPLAIN")]
    [InlineData("PRAGMA user_version = 1", "begins with PRAGMA")]
    [InlineData("SELECT 'open", "ends within a quote")]
    [InlineData("'SELECT 1'", "begins with a quote")]
    [InlineData("-- nothing", "without a statement")]
    // Where databases read differently, it must be one statement in each reading.
    [InlineData("SELECT 'a\\'; DROP TABLE orders; -- '", "more than one statement")]
    [InlineData("SELECT E'a\\'', '; DROP TABLE orders; --'", null)]
    [InlineData("SELECT 1 # '\n; DROP TABLE orders -- '", "more than one statement")]
    [InlineData("SELECT 1--1; DROP TABLE orders", "more than one statement")]
    [InlineData("SELECT /* /* */ 1; DROP TABLE orders /* */ */ 2", "more than one statement")]
    [InlineData("SELECT $$'$$; DROP TABLE orders; --'", "more than one statement")]
    [InlineData("SELECT [it's]; DROP TABLE orders --'", "more than one statement")]
    public void What_may_write_is_not(string statement, string? why)
    {
        var rejected = SqlStatement.Reject(statement);
        Assert.NotNull(rejected);
        if (why is not null)
        {
            Assert.Contains(why, rejected, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void It_is_bounded()
    {
        Assert.Contains("a text of 16385 characters", SqlStatement.Reject("SELECT 1" + new string(' ', SqlStatement.Longest - 7)), StringComparison.Ordinal);
        Assert.Null(SqlStatement.Reject("SELECT 1" + new string(' ', SqlStatement.Longest - 8)));
    }

    [Fact]
    public void Any_text_is_judged_and_nothing_plain_gets_a_second_statement_past()
    {
        Prop.ForAll<string?>(text => SqlStatement.Reject(text) is null or { Length: < 200 }).QuickCheckThrowOnFailure();
        var pieces = Gen.Elements("SELECT", " ", "'", "\"", "`", "$$", "$a$", "[", "]", "--", "#", "/*", "*/", "\\", "\n", "E'", "1", ";", "x");
        Prop.ForAll(
            Gen.ListOf(pieces).ToArbitrary(),
            parts =>
            {
                // What stands before is whole in the plainest reading, or it is rejected.
                var text = "SELECT 1 " + string.Concat(parts);
                return SqlStatement.Reject(text) is not null || SqlStatement.Reject(text + "\n;\nDROP TABLE x") is not null;
            }).QuickCheckThrowOnFailure();
    }
}
