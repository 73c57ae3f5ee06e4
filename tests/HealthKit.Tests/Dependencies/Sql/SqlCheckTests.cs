using System.Net.Sockets;
using System.Security.Authentication;
using HealthKit.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies;

public sealed class SqlCheckTests : IDisposable
{
    private readonly ShiftedTime _time = new();
    private readonly FakeServer _server = new();
    private readonly List<IDisposable> _open = [];

    public void Dispose() => _open.ForEach(one => one.Dispose());

    [Fact]
    public async Task A_database_that_answers_is_healthy_and_tells_where_it_is_but_no_secret()
    {
        var check = Check(_server.Options());

        var result = await check.RunAsync();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Matches(@"^127\.0\.0\.1:1/shop: answers \(connect [0-9.]+ m?s, use [0-9.]+ m?s\)$", result.Description);
        Assert.Equal("use", result.Data["stage"]);
        Assert.DoesNotContain("hunter2", result.Description + string.Join('\n', result.Data.Values), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_of_its_own_is_without_a_pool_and_kept_for_five_minutes()
    {
        var check = Check(_server.Options());

        await check.RunAsync();
        await check.RunAsync();
        _time.Advance(TimeSpan.FromMinutes(4.9));
        await check.RunAsync();
        Assert.Equal((1, 1), (_server.Opened, _server.Open));
        Assert.Contains("Pooling=False", Assert.Single(_server.OpenedWith), StringComparison.OrdinalIgnoreCase);

        _time.Advance(TimeSpan.FromMinutes(0.2));
        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
        Assert.Equal(2, _server.Opened);
        await Wait.For(() => _server.Open == 1);

        (check as IDisposable).Dispose();
        await Wait.For(() => _server.Open == 0);
    }

    [Fact]
    public async Task A_connection_of_the_apps_own_source_is_given_back_after_each_run()
    {
        using var source = new FakeDataSource(_server.ConnectionString);
        var check = Check(new SqlOptions { Source = source });

        await check.RunAsync();
        await Wait.For(() => _server.Open == 0);
        await check.RunAsync();

        await Wait.For(() => (_server.Opened, _server.Open) == (2, 0));
    }

    [Fact]
    public async Task A_kept_connection_that_died_is_replaced_once_and_that_is_said()
    {
        var check = Check(_server.Options());
        await check.RunAsync();

        _server.KillNext = true;
        var result = await check.RunAsync();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Contains("the connection that was kept was dead (", result.Description, StringComparison.Ordinal);
        Assert.Equal((2, 1), (_server.Opened, _server.Open));
    }

    [Fact]
    public async Task A_new_connection_that_dies_is_a_failure()
    {
        _server.KillNext = true;

        var result = await Check(_server.Options()).RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, "use.broken"), (result.Status, result.Reason()));
        Assert.Equal(1, _server.Opened);
    }

    public static TheoryData<string, string, string> Errors => new()
    {
        { "28P01", "auth.rejected", "authenticate" },
        { "28000", "auth.rejected", "authenticate" },
        { "3D000", "sql.noDatabase", "authenticate" },
        { "53300", "sql.tooManyConnections", "authenticate" },
        { "57P03", "sql.starting", "authenticate" },
        { "XX000", "sql.openFailed", "connect" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task What_the_server_refuses_is_told_apart(string state, string reason, string stage)
    {
        // Something must listen there, or the look at who is silent says that nothing does.
        using var listener = RawServer.Silent();
        _server.OnOpen = _ => throw new FakeException($"no, with {_server.ConnectionString}", state);
        var options = _server.Options();
        options.ConnectionString = options.ConnectionString!.Replace("Port=1;", $"Port={listener.Port};", StringComparison.Ordinal);

        var result = await Check(options).RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, reason, stage), (result.Status, result.Reason(), result.Data["failedStage"]));
        Assert.Contains(state, result.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_failed_below_the_server_is_told_by_the_exception_within()
    {
        var check = Check(_server.Options());
        foreach (var (inner, reason) in new (Exception, string)[]
        {
            (new SocketException((int)SocketError.ConnectionRefused), "tcp.refused"),
            (new AggregateException(new SocketException((int)SocketError.HostUnreachable)), "tcp.unreachable"),
            (new SocketException((int)SocketError.HostNotFound), "dns.notFound"),
            (new AuthenticationException("The remote certificate is invalid: UntrustedRoot"), "tls.untrusted"),
            (new IOException("Attempted to read past the end of the stream"), "auth.closed"),
        })
        {
            _server.OnOpen = _ => throw new FakeException("could not connect", inner: inner);
            Assert.Equal(reason, (await check.RunAsync()).Reason());
        }

        foreach (var words in new[]
        {
            "The connection pool has been exhausted, either raise 'Max Pool Size' (currently 100) or 'Timeout'",
            "Connect Timeout expired. All pooled connections are in use.",
            "Timeout expired.  The timeout period elapsed prior to obtaining a connection from the pool.",
        })
        {
            _server.OnOpen = _ => throw new InvalidOperationException(words, new TimeoutException());
            Assert.Equal("sql.poolExhausted", (await check.RunAsync()).Reason());
        }
    }

    [Fact]
    public async Task A_driver_that_blocks_and_ignores_its_token_is_not_waited_for_and_not_asked_again()
    {
        using var go = new ManualResetEventSlim();
        using var listener = RawServer.Silent();
        var calls = 0;
        _server.OnOpen = _ =>
        {
            Interlocked.Increment(ref calls);
            go.Wait(TimeSpan.FromSeconds(60), CancellationToken.None);
            return Task.CompletedTask;
        };
        var options = _server.Options();
        options.ConnectionString = options.ConnectionString!.Replace("Port=1;", $"Port={listener.Port};", StringComparison.Ordinal);
        options.Deadline = TimeSpan.FromSeconds(4);
        var check = Check(options);

        var first = await check.RunAsync();
        var second = await check.RunAsync();

        Assert.Equal(("auth.timeout", "auth.timeout"), (first.Reason(), second.Reason()));
        Assert.Contains("the driver has not come back for", second.Description, StringComparison.Ordinal);
        Assert.Equal(1, calls);

        // An unknown server is bothered with one look in a row of failures.
        Assert.Equal(1, listener.Accepted);

        go.Set();
        await Wait.For(() => _server.Open == 0 && _server.Opened == 1);
        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
    }

    [Fact]
    public async Task A_driver_that_takes_long_to_cancel_does_not_hold_the_deadline_up()
    {
        using var go = new ManualResetEventSlim();
        _server.OnStatement = async (_, token) =>
        {
            // As MySql.Data does, which opens another connection to say KILL QUERY.
            using var cancelled = token.Register(() => go.Wait(TimeSpan.FromSeconds(60), CancellationToken.None));
            await Task.Delay(Timeout.Infinite, token);
            return null;
        };
        var options = _server.Options();
        options.Deadline = TimeSpan.FromSeconds(2);
        var check = Check(options);
        var watch = System.Diagnostics.Stopwatch.StartNew();

        Assert.Equal("use.timeout", (await check.RunAsync()).Reason());
        Assert.InRange(watch.Elapsed, TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(30));
        Assert.Contains("the driver has not come back", (await check.RunAsync()).Description, StringComparison.Ordinal);

        // Its cancellation would meet the next statement on the same connection: that is given up.
        _server.OnStatement = static (_, _) => Task.FromResult<object?[][]?>(null);
        go.Set();
        await Wait.For(() => _server.Open == 0);
        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
        Assert.Equal(2, _server.Opened);
    }

    [Fact]
    public async Task A_factory_of_the_app_that_throws_is_a_failure_of_the_check()
    {
        var result = await Check(new SqlOptions { ConnectionOf = _ => throw new InvalidOperationException("no settings") }).RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, "sql.openFailed"), (result.Status, result.Reason()));
        Assert.Contains("no settings", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_driver_says_of_a_connection_string_that_it_cannot_read_is_not_shown()
    {
        foreach (var options in new SqlOptions[]
        {
            new() { ConnectionOf = _ => throw new ArgumentException("Couldn't set tail9 (Parameter 'tail9')", new KeyNotFoundException("tail9")) },
            new() { SourceOf = _ => throw new ArgumentException("Couldn't set tail9 (Parameter 'tail9')") },
        })
        {
            var result = await Check(options).RunAsync();

            Assert.Equal("sql.openFailed", result.Reason());
            Assert.Contains("quote values that hold ';' or '='", result.Description, StringComparison.Ordinal);
            Assert.DoesNotContain("tail9", result.Description, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_driver_whose_own_time_is_up_first_does_not_hide_a_server_that_hangs(bool borrowed)
    {
        using var listener = RawServer.Silent();
        _server.OnOpen = _ => throw new FakeException("Unable to connect", inner: new IOException("x", new SocketException((int)SocketError.TimedOut)));
        var text = _server.ConnectionString.Replace("Port=1;", $"Port={listener.Port};", StringComparison.Ordinal);
        using var source = new FakeDataSource(text);
        var check = Check(borrowed ? new SqlOptions { Source = source } : new SqlOptions { Provider = FakeServer.Provider, ConnectionString = text });

        var result = await check.RunAsync();

        // What the driver of an unknown kind waits for cannot be told where a pool stands between.
        Assert.Equal(borrowed ? "sql.openTimeout" : "auth.timeout", result.Reason());
        if (borrowed)
        {
            Assert.Contains("so it lets nobody in, or the app's pool has none left", result.Description, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Without_time_left_to_look_no_server_is_called_silent()
    {
        using var listener = RawServer.Silent();
        var options = _server.Options();
        options.ConnectionString = options.ConnectionString!.Replace("Port=1;", $"Port={listener.Port};", StringComparison.Ordinal);
        options.Deadline = TimeSpan.FromSeconds(60);
        var tries = 0;
        _server.OnOpen = _ =>
        {
            // As where the process itself gets no time: the driver's end is seen just before the deadline.
            _time.Advance(tries++ == 0 ? options.Deadline * 0.995 : TimeSpan.Zero);
            throw new TimeoutException("no greeting");
        };
        var check = Check(options);

        var starved = await check.RunAsync();
        Assert.Equal(("sql.openTimeout", 0), (starved.Reason(), listener.Accepted));
        Assert.DoesNotContain("silent", starved.Description, StringComparison.Ordinal);

        Assert.Equal("auth.timeout", (await check.RunAsync()).Reason());
    }

    [Fact]
    public async Task After_a_login_that_was_not_answered_no_other_is_tried_for_a_growing_time()
    {
        using var listener = RawServer.Silent();
        var tries = 0;
        _server.OnOpen = _ =>
        {
            tries++;
            throw new TimeoutException("no greeting");
        };
        var options = _server.Options();
        options.ConnectionString = options.ConnectionString!.Replace("Port=1;", $"Port={listener.Port};", StringComparison.Ordinal);
        options.Deadline = TimeSpan.FromSeconds(2);
        var check = Check(options);
        await check.RunAsync();
        for (var second = 0; second < 100; second += 5)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            var result = await check.RunAsync();
            Assert.Equal((HealthStatus.Unhealthy, "auth.timeout"), (result.Status, result.Reason()));
        }

        // At once, after 15 s, after 30 s more; with the look at who is silent that is four.
        Assert.Equal((3, 1), (tries, listener.Accepted));
        _server.OnOpen = static _ => Task.CompletedTask;
        var between = await check.RunAsync();
        Assert.Contains("(so it was at the last try, ", between.Description, StringComparison.Ordinal);
        Assert.Contains(" ago; the next is in ", between.Description, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
    }

    [Fact]
    public void A_data_source_of_dotnets_own_type_is_of_the_kind_of_its_connections()
    {
        using var source = MySqlStandIn.StandInFactory.Instance.CreateDataSource("Server=db;Database=shop");
        using var services = new ServiceCollection().BuildServiceProvider();

        var plan = new DatabaseConnections.Plan(new SqlOptions { Source = source }, services, new Redactor(), null);

        Assert.Equal((SqlDialect.MySql, 3306), (SqlDialect.Of(plan.Driver), plan.Target.Port));
    }

    [Fact]
    public async Task An_address_that_is_silent_is_told_from_a_server_that_hangs()
    {
        using var silent = new FullListener();
        _server.OnOpen = token => Task.Delay(Timeout.Infinite, token);
        var options = _server.Options();
        options.ConnectionString = options.ConnectionString!.Replace("Port=1;", $"Port={silent.Port};", StringComparison.Ordinal);
        options.Deadline = TimeSpan.FromSeconds(4);

        var result = await Check(options).RunAsync();

        Assert.Equal(("tcp.timeout", "connect"), (result.Reason(), result.Data["failedStage"]));
        Assert.Contains("is silent", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_statement_that_hangs_fails_in_use_and_its_connection_is_not_used_again()
    {
        _server.OnStatement = async (_, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return null;
        };
        var options = _server.Options();
        options.Deadline = TimeSpan.FromSeconds(2);
        var check = Check(options);

        var result = await check.RunAsync();

        Assert.Equal(("use.timeout", "use"), (result.Reason(), result.Data["failedStage"]));
    }

    [Fact]
    public async Task Facts_are_judged_kept_and_asked_for_again_when_their_period_is_over()
    {
        var count = 5;
        _server.OnStatement = (statement, _) => Task.FromResult<object?[][]?>(statement.Contains("invoices", StringComparison.Ordinal) ? [[count]] : null);
        var check = Check(_server.Options(new SqlFact("unpaidInvoices", "SELECT count(*) FROM invoices") { DegradedLimit = 10, UnhealthyLimit = 100, Reason = "shop.unpaid" }));

        var result = await check.RunAsync();
        Assert.Equal((HealthStatus.Healthy, 5.0), (result.Status, result.Data["unpaidInvoicesCount"]));
        Assert.Contains("answers, unpaidInvoices 5", result.Description, StringComparison.Ordinal);
        Assert.False(result.Data.ContainsKey("unpaidInvoicesAgeSeconds"));

        count = 500;
        _time.Advance(TimeSpan.FromSeconds(30));
        result = await check.RunAsync();
        Assert.Equal((HealthStatus.Healthy, 5.0, 30.0), (result.Status, result.Data["unpaidInvoicesCount"], result.Data["unpaidInvoicesAgeSeconds"]));

        _time.Advance(TimeSpan.FromSeconds(30));
        result = await check.RunAsync();
        Assert.Equal((HealthStatus.Unhealthy, "shop.unpaid", 500.0), (result.Status, result.Reason(), result.Data["unpaidInvoicesCount"]));
        Assert.Contains("unpaidInvoices 500, unhealthy above 100", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_are_items_each_judged_and_no_more_of_them_than_allowed()
    {
        _server.OnStatement = (statement, _) => Task.FromResult<object?[][]?>(
            statement.Contains("queues", StringComparison.Ordinal) ? [["mail", 5, "oldest 3 min"], ["bills", 50, null], ["more", 1, null]] : null);
        var check = Check(_server.Options(new SqlFact("waiting", "SELECT name, n, d FROM queues") { DegradedLimit = 10, MaxRows = 2 }));

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Degraded, "sql.factLimit"), (result.Status, result.Reason()));
        var items = Assert.IsAssignableFrom<IReadOnlyDictionary<string, object>>(result.Data["items"]);
        Assert.Equal(["bills", "mail"], items.Keys.Order());
        Assert.Contains("bills: waiting 50, degraded above 10", result.Description, StringComparison.Ordinal);
        Assert.Contains("mail: waiting 5 (oldest 3 min)", result.Description, StringComparison.Ordinal);
        Assert.Contains("unknown: waiting of more than 2 rows", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Null_is_unknown_no_row_is_nothing_and_a_missing_right_is_named_and_degrades_nothing()
    {
        _server.OnStatement = (statement, _) => statement switch
        {
            "SELECT a" => Task.FromResult<object?[][]?>([[null]]),
            "SELECT b" => Task.FromResult<object?[][]?>([]),
            "SELECT c" => throw new FakeException("permission denied for table c", "42501"),
            _ => Task.FromResult<object?[][]?>(null),
        };
        var check = Check(_server.Options(
            new SqlFact("first", "SELECT a") { UnhealthyLimit = 1 },
            new SqlFact("second", "SELECT b") { UnhealthyLimit = 1 },
            new SqlFact("third", "SELECT c") { UnhealthyLimit = 1, Grant = "GRANT SELECT ON c TO {user}" }));

        var result = await check.RunAsync();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Contains("answers; unknown: first; not allowed to see: third (GRANT SELECT ON c TO app)", result.Description, StringComparison.Ordinal);
        Assert.Equal(["third (GRANT SELECT ON c TO app)"], Assert.IsAssignableFrom<IEnumerable<string>>(result.Data["missingPrivileges"]));
        Assert.DoesNotContain(result.Data.Keys, key => key.EndsWith("Count", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_fact_that_fails_is_degraded_and_the_others_are_told()
    {
        _server.OnStatement = (statement, _) => statement switch
        {
            "SELECT a" => throw new FakeException("relation a does not exist", "42P01"),
            "SELECT b" => Task.FromResult<object?[][]?>([["many"]]),
            _ => Task.FromResult<object?[][]?>([[7]]),
        };
        var check = Check(_server.Options(new SqlFact("first", "SELECT a"), new SqlFact("second", "SELECT b"), new SqlFact("third", "SELECT c")));

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Degraded, "sql.factFailed"), (result.Status, result.Reason()));
        Assert.Contains("first could not be asked for: relation a does not exist", result.Description, StringComparison.Ordinal);
        Assert.Contains("second could not be asked for: 'many' is no number", result.Description, StringComparison.Ordinal);
        Assert.Equal(7.0, result.Data["thirdCount"]);
    }

    [Fact]
    public async Task What_a_driver_throws_that_is_not_its_own_kind_is_the_failure_of_that_fact()
    {
        _server.OnStatement = (statement, _) => statement switch
        {
            "SELECT a" => throw new ArgumentOutOfRangeException("collation", "no such collation, hunter2hunter2"),
            "SELECT b" => throw new StageException(Stage.Use, "x.y", "unheard of"),
            _ => Task.FromResult<object?[][]?>([[7]]),
        };
        var check = Check(_server.Options(new SqlFact("first", "SELECT a"), new SqlFact("second", "SELECT b"), new SqlFact("third", "SELECT c")));

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Degraded, "sql.factFailed"), (result.Status, result.Reason()));
        Assert.Contains("first could not be asked for: ArgumentOutOfRangeException: no such collation", result.Description, StringComparison.Ordinal);
        Assert.Contains("second could not be asked for: StageException: unheard of", result.Description, StringComparison.Ordinal);
        Assert.Equal(7.0, result.Data["thirdCount"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_driver_that_opens_well_and_then_blocks_does_not_hold_the_deadline_up(bool closing)
    {
        using var go = new ManualResetEventSlim();
        _server.OnOpen = static async _ => await Task.Yield();
        if (closing)
        {
            _server.OnClose = () => go.Wait(TimeSpan.FromSeconds(60));
        }
        else
        {
            _server.OnStatement = (_, _) =>
            {
                go.Wait(TimeSpan.FromSeconds(60), CancellationToken.None);
                return Task.FromResult<object?[][]?>(null);
            };
        }

        using var source = new FakeDataSource(_server.ConnectionString);
        var check = Check(new SqlOptions { Source = source, Deadline = TimeSpan.FromSeconds(2) });
        var watch = System.Diagnostics.Stopwatch.StartNew();

        var result = await check.RunAsync();

        Assert.Equal(closing ? null : "use.timeout", result.Data.GetValueOrDefault("reason"));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        go.Set();
        await Wait.For(() => _server.Open == 0);
    }

    [Fact]
    public async Task A_slow_fact_has_its_share_of_the_time_and_no_more()
    {
        _server.OnStatement = async (statement, token) =>
        {
            if (statement == "SELECT a")
            {
                await Task.Delay(Timeout.Infinite, token);
            }

            return [[7]];
        };
        var options = _server.Options(new SqlFact("first", "SELECT a"), new SqlFact("second", "SELECT b"));
        options.Deadline = TimeSpan.FromSeconds(2);
        var check = Check(options);

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Degraded, "sql.factLate"), (result.Status, result.Reason()));
        Assert.Contains("first not known: no answer within ", result.Description, StringComparison.Ordinal);
        Assert.Equal(7.0, result.Data["secondCount"]);
    }

    [Fact]
    public async Task What_grows_steadily_towards_its_limit_is_foretold()
    {
        var size = 1_000L;
        _server.OnStatement = (statement, _) => Task.FromResult<object?[][]?>([[size]]);
        var check = Check(_server.Options(new SqlFact("size", "SELECT size", GaugeUnit.Bytes) { UnhealthyLimit = 2_000, ForecastReason = "shop.sizeGrows" }));

        var result = await check.RunAsync();
        for (var i = 0; i < 12; i++)
        {
            size += 50;
            _time.Advance(TimeSpan.FromMinutes(1));
            result = await check.RunAsync();
        }

        Assert.Equal((HealthStatus.Degraded, "shop.sizeGrows"), (result.Status, result.Reason()));
        Assert.Contains("grows and reaches 1.95 KiB in about ", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_real_database_by_its_own_driver()
    {
        var connection = new SqliteConnection("Data Source=:memory:");
        var check = Check(new SqlOptions { ConnectionOf = _ => connection, Facts = { new SqlFact("tables", "SELECT count(*) FROM sqlite_master") } });

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Healthy, 0.0), (result.Status, result.Data["tablesCount"]));
        Assert.StartsWith(":memory:: answers, tables 0 (", result.Description, StringComparison.Ordinal);
    }

    private SqlCheck Check(SqlOptions options)
    {
        Assert.Empty(options.Validate());
        var services = new ServiceCollection().BuildServiceProvider();
        var check = new SqlCheck(TestNetwork.With(_time), () => options, services);
        _open.Add(check);
        _open.Add(services);
        return check;
    }
}
