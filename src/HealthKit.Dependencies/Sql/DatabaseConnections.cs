using System.Data;
using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit;

/// <summary>
/// Gets a check its connection. One of the app's own pool is borrowed for the time of the run. One that the check opens itself is kept for five minutes and
/// then opened anew, so that the ways in stay tested. Never more than one that a driver did not come back with. For one run at a time.
/// </summary>
internal sealed class DatabaseConnections(
    Network network, IServiceProvider services, Redactor redactor, Func<SqlDialect?> dialect, Func<DbException, bool, StageException?> explain) : IDisposable
{
    /// <summary>How long a connection of the check's own is kept.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(5);

    /// <summary>How long a run waits for a connection to be closed; it goes on alone then, and the next run waits for it.</summary>
    private static readonly TimeSpan ClosingGrace = TimeSpan.FromMilliseconds(200);

    /// <summary>How long no connection is opened after a first one that was not let in, where the server counts those; twice as long after each further one.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private volatile Plan? _plan;
    private Kept? _kept;
    private Task? _left;
    private long _leftAt;
    private StageException? _touched;
    private IReadOnlyList<IPAddress> _addresses = [];
    private volatile Pause? _pause;
    private bool _ended;

    /// <summary>Where connections lead.</summary>
    public SqlErrors.Place Place => new(_plan?.Target ?? DatabaseTarget.Unknown, _addresses);

    public DatabaseTarget TargetOf(DatabaseOptions options)
    {
        var plan = _plan;
        return plan is not null && plan.Options == options ? plan.Target : DatabaseTarget.Unknown;
    }

    /// <summary>Gets one: the kept one, or a new one.</summary>
    /// <exception cref="StageException">None is to be had.</exception>
    public async Task<Lease> GetAsync(StageRun run, DatabaseOptions options, bool anew = false)
    {
        var plan = PlanOf(options);
        await WaitForLeftAsync(run).ConfigureAwait(false);
        if (TakeKept(plan, anew) is { } kept)
        {
            return new Lease(kept.Connection, Session(kept.Connection), plan.IsBorrowed, WasUsedBefore: true, kept);
        }

        ThrowIfPausing();
        DbConnection? made = null;
        try
        {
            if (plan.Make is { } make)
            {
                made = make();
                plan.Learn(made, redactor, Dialect(made));
                _addresses = plan.Target.Host is { } host ? await network.Lookups.ResolveAsync(run, host).ConfigureAwait(false) : [];
            }

            var opened = await run.DoAsync(Stage.Connect, token => OpenAsync(run, plan, made, token)).ConfigureAwait(false);
            (_touched, _pause) = (null, null);
            return new Lease(opened, Session(opened), plan.IsBorrowed, plan.IsBorrowed, new Kept(opened, plan, network.Time.GetTimestamp()));
        }
        catch (Exception e)
        {
            if (made is not null && _left is not { IsCompleted: false })
            {
                await SoonAsync(CloseAsync(made)).ConfigureAwait(false);
            }

            if (e is StageException or OperationCanceledException)
            {
                throw;
            }

            // The app's own factory threw.
            throw Explained(e);
        }
    }

    /// <summary>Takes it back when the run is over.</summary>
    public async Task ReturnAsync(Lease lease)
    {
        if (lease.Session.LeftRunning is { } running)
        {
            // It is in use: it is closed, or given back as it was, when that ends.
            Leave(running.ContinueWith(_ => UndoAndCloseAsync(lease.Session), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default).Unwrap());
            return;
        }

        lock (_gate)
        {
            if (!lease.IsBorrowed && !lease.Session.IsDead && !_ended)
            {
                _kept = lease.Origin;
                return;
            }
        }

        await SoonAsync(UndoAndCloseAsync(lease.Session)).ConfigureAwait(false);
    }

    private static async Task<bool> UndoAndCloseAsync(SqlSession session)
    {
        await session.UndoAsync().ConfigureAwait(false);
        return await CloseAsync(session.Connection).ConfigureAwait(false);
    }

    public void Dispose()
    {
        Kept? kept;
        lock (_gate)
        {
            _ended = true;
            (kept, _kept) = (_kept, null);
        }

        if (kept is not null)
        {
            _ = CloseAsync(kept.Connection);
        }
    }

    private Kept? TakeKept(Plan plan, bool anew)
    {
        Kept? kept;
        lock (_gate)
        {
            (kept, _kept) = (_kept, null);
        }

        if (kept is null)
        {
            return null;
        }

        if (!anew && kept.Plan == plan && kept.Connection.State == ConnectionState.Open && network.Time.GetElapsedTime(kept.OpenedAt) < KeptFor)
        {
            return kept;
        }

        Leave(CloseAsync(kept.Connection));
        return null;
    }

    private async Task<DbConnection> OpenAsync(StageRun run, Plan plan, DbConnection? made, CancellationToken token)
    {
        var left = run.Deadline - run.Elapsed;

        // Some of the time is kept to find out who was silent.
        var mayTouch = MayTouch(plan);
        var kept = mayTouch ? TimeSpan.FromTicks(Math.Min(left.Ticks / 4, TimeSpan.TicksPerSecond)) : left / 20;
        using var enough = new CancellationTokenSource(left - kept > TimeSpan.Zero ? left - kept : TimeSpan.FromTicks(1), network.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, token);
        var opening = BlockingCalls.RunAsync(async () =>
        {
            if (made is null)
            {
                return await plan.Source!.OpenConnectionAsync(either.Token).ConfigureAwait(false);
            }

            await made.OpenAsync(either.Token).ConfigureAwait(false);
            return made;
        });
        StageException failure;
        try
        {
            return await opening.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // It may also have come at the last moment.
            if (!opening.IsCompleted || opening.IsCompletedSuccessfully)
            {
                LeaveOpening(opening, made);
            }

            token.ThrowIfCancellationRequested();
            failure = enough.IsCancellationRequested || (SqlErrors.IsTimeout(e) || SqlErrors.IsSocketTimeout(e)) && !SqlErrors.IsPoolExhausted(e)
                ? new StageException(Stage.Connect, "sql.openTimeout", $"the driver gave no connection within {Latency.Text(run.Elapsed)}; at which stage it waits it does not tell", e)
                : Explained(e);
        }

        if (failure.Reason is "sql.openTimeout" or "sql.openFailed")
        {
            // On a host that starves this process the time that was kept may be gone: what a touch without it says would be said of the server.
            failure = mayTouch && run.Deadline - run.Elapsed < kept / 2 ? failure : await TouchAsync(run, plan, failure, mayTouch).ConfigureAwait(false);
        }

        _pause = failure.Reason == "auth.timeout" && Dialect(plan.Driver).CountsInterruptedHandshakes
            ? new Pause(failure, network.Time.GetTimestamp(), _pause is { } before ? TimeSpan.FromTicks(Math.Min(2 * before.For.Ticks, LongestPause.Ticks)) : ShortestPause)
            : null;
        throw failure;
    }

    /// <summary>
    /// A server that hangs gets each login that is given up as an interrupted handshake once it goes on, and after max_connect_errors of them it lets nobody of this
    /// host in, the app included. So they become rare.
    /// </summary>
    private void ThrowIfPausing()
    {
        if (_pause is not { } pause)
        {
            return;
        }

        var age = network.Time.GetElapsedTime(pause.At);
        if (age < pause.For)
        {
            var last = pause.Last;
            throw new StageException(
                last.Stage,
                last.Reason,
                $"{last.Message} (so it was at the last try, {Latency.Text(age)} ago; the next is in {Latency.Text(pause.For - age)}, or the server may shut this host out)",
                last) { Answered = last.Answered };
        }
    }

    /// <summary>
    /// Whether a connection of our own may be made to learn who is silent. A server that counts interrupted handshakes is bothered with one in each row of failures.
    /// </summary>
    private bool MayTouch(Plan plan) => plan.Target is { Host: not null, Port: not null } && (_touched is null || !Dialect(plan.Driver).CountsInterruptedHandshakes);

    private async Task<StageException> TouchAsync(StageRun run, Plan plan, StageException failure, bool mayTouch)
    {
        if (!mayTouch)
        {
            return _touched is { } before && failure.Reason == "sql.openTimeout"
                ? new StageException(before.Stage, before.Reason, $"{before.Message} (as found out at the first of these failures in a row)", failure) { Answered = before.Answered }
                : failure;
        }

        try
        {
            var within = run.Elapsed;
            using var socket = await Connector.ConnectAsync(run, plan.Target.Host!, plan.Target.Port!.Value).ConfigureAwait(false);
            var speaks = await SpeaksAsync(run, socket, Dialect(plan.Driver).SpeaksAfter).ConfigureAwait(false);
            return _touched = (failure.Reason, speaks) switch
            {
                ("sql.openFailed", _) => failure,
                (_, false) => new StageException(
                    Stage.Authenticate, "auth.timeout", $"the server accepted the connection and said nothing (within {Latency.Text(within)})", failure) { Answered = true },
                _ when plan.IsBorrowed => new StageException(
                    Stage.Connect,
                    "sql.openTimeout",
                    $"{failure.Message}: the server {(speaks == true ? "answers a new connection" : "accepts connections")}, so it lets nobody in, or the app's pool has none left",
                    failure) { Answered = true },
                (_, true) => new StageException(
                    Stage.Authenticate, "auth.timeout", $"the server answers and did not let us in within {Latency.Text(within)}", failure) { Answered = true },
                _ => new StageException(
                    Stage.Authenticate, "auth.timeout", $"the server accepts connections and did not let us in within {Latency.Text(within)}", failure) { Answered = true },
            };
        }
        catch (StageException e)
        {
            return _touched = e;
        }
    }

    /// <summary>Whether the server says a word; null where it is not known how to make it.</summary>
    private static async Task<bool?> SpeaksAsync(StageRun run, Socket socket, byte[]? after)
    {
        if (after is null)
        {
            return null;
        }

        using var enough = new CancellationTokenSource(TimeSpan.FromTicks(Math.Max((run.Deadline - run.Elapsed).Ticks * 3 / 4, 1)), run.Network.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, run.Token);
        try
        {
            if (after.Length > 0)
            {
                await socket.SendAsync(after, either.Token).ConfigureAwait(false);
            }

            return await socket.ReceiveAsync(new byte[1], either.Token).ConfigureAwait(false) > 0;
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !run.Token.IsCancellationRequested))
        {
            return false;
        }
    }

    private StageException Explained(Exception error) => SqlErrors.Explain(error, opening: true, isDead: false, Place, explain, redactor.Redact);

    private SqlSession Session(DbConnection connection) => new(connection, Dialect(connection), network.Time);

    private SqlDialect Dialect(object? driver) => dialect() ?? SqlDialect.Of(driver);

    /// <summary>A driver that did not come back is waited for: opening yet another connection would pile them up.</summary>
    private async Task WaitForLeftAsync(StageRun run)
    {
        if (_left is not { IsCompleted: false } left)
        {
            return;
        }

        var most = (run.Deadline - run.Elapsed) * 0.9;
        using var enough = new CancellationTokenSource(most > TimeSpan.Zero ? most : TimeSpan.FromTicks(1), network.Time);
        await left.WaitAsync(enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!left.IsCompleted)
        {
            var age = Latency.Text(network.Time.GetElapsedTime(_leftAt));
            throw _touched is { } touched
                ? new StageException(touched.Stage, touched.Reason, $"{touched.Message}; the driver has not come back for {age}, and is not asked again until it has", touched) { Answered = touched.Answered }
                : new StageException(Stage.Use, "use.timeout", $"the driver has not come back from what it was asked {age} ago, and is not asked again until it has");
        }
    }

    private void LeaveOpening(Task<DbConnection> opening, DbConnection? made) => Leave(opening.ContinueWith(
        ended =>
        {
            if (ended.IsCompletedSuccessfully)
            {
                _pause = null; // it lets in again, if late
            }

            return (made ?? (ended.IsCompletedSuccessfully ? ended.Result : null)) is { } connection ? CloseAsync(connection) : Forget(ended);
        },
        CancellationToken.None,
        TaskContinuationOptions.None,
        TaskScheduler.Default).Unwrap());

    private static Task<bool> Forget(Task ended)
    {
        LeftBehind.Forget(ended);
        return Task.FromResult(true);
    }

    private void Leave(Task task)
    {
        if (_left is not { IsCompleted: false })
        {
            _left = task;
            _leftAt = network.Time.GetTimestamp();
        }
        else
        {
            _left = Task.WhenAll(_left, task);
        }
    }

    private async Task SoonAsync(Task<bool> closing)
    {
        using var enough = new CancellationTokenSource(ClosingGrace, network.Time);
        await ((Task)closing).WaitAsync(enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!closing.IsCompleted)
        {
            Leave(closing);
        }
    }

    private static Task<bool> CloseAsync(DbConnection connection) => BlockingCalls.RunAsync(async () =>
    {
        try
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is DbException or IOException or InvalidOperationException or SocketException)
        {
            // It is gone either way.
        }

        return true;
    });

    private Plan PlanOf(DatabaseOptions options)
    {
        var plan = _plan;
        if (plan is not null && plan.Options == options)
        {
            return plan;
        }

        try
        {
            plan = new Plan(options, services, redactor, dialect());
        }
        catch (Exception e)
        {
            // The app's or the driver's own code: a data source whose connection string is wrong.
            throw new StageException(
                Stage.Connect,
                "sql.openFailed",
                $"the app's data source could not be made: {(SqlErrors.IsOfParser(e) ? SqlErrors.Unreadable : $"{e.GetType().Name}: {ForeignText.Shown(redactor.Redact(e.Message))}")}",
                e);
        }

        (_touched, _pause) = (null, null);
        return _plan = plan;
    }

    /// <summary>The last failure to log in, when it was, and how long none is tried.</summary>
    private sealed record Pause(StageException Last, long At, TimeSpan For);

    /// <summary>A connection for one run.</summary>
    internal sealed record Lease(DbConnection Connection, SqlSession Session, bool IsBorrowed, bool WasUsedBefore, Kept Origin);

    internal sealed record Kept(DbConnection Connection, Plan Plan, long OpenedAt);

    /// <summary>Options as runs need them.</summary>
    internal sealed class Plan
    {
        private readonly int? _defaultPort;
        private volatile DatabaseTarget _target;

        public Plan(DatabaseOptions options, IServiceProvider services, Redactor redactor, SqlDialect? dialect)
        {
            Options = options;
            _defaultPort = dialect?.DefaultPort;
            if (options.Provider is { } provider)
            {
                var factory = DbProviderFactories.GetFactory(provider);
                var text = options.ConnectionString;
                redactor.AddConnectionString(text);
                var pairs = factory.CreateConnectionStringBuilder() ?? new DbConnectionStringBuilder();
                pairs.ConnectionString = text;
                if (pairs.ContainsKey("Pooling"))
                {
                    pairs["Pooling"] = false;
                }

                Make = () =>
                {
                    var made = factory.CreateConnection() ?? throw new InvalidOperationException($"{provider} makes no connections");
                    made.ConnectionString = pairs.ConnectionString;
                    return made;
                };
                Driver = factory;
                _target = DatabaseTarget.Of(text, _defaultPort ?? SqlDialect.Of(factory).DefaultPort);
            }
            else if (options.DataSource is null && options.ConnectionOf is { } factory)
            {
                Make = () => factory(services);
                _target = DatabaseTarget.Unknown;
            }
            else
            {
                Source = options.DataSource is { } key
                    ? services.GetKeyedService<DbDataSource>(key) ?? (key == DatabaseOptions.UnkeyedName ? services.GetRequiredService<DbDataSource>() : services.GetRequiredKeyedService<DbDataSource>(key))
                    : options.Source ?? options.SourceOf!(services);
                redactor.AddConnectionString(Source.ConnectionString);
                Driver = DriverOf(Source);
                _target = DatabaseTarget.Of(Source.ConnectionString, _defaultPort ?? SqlDialect.Of(Driver).DefaultPort);
            }
        }

        /// <summary>A source that DbProviderFactory.CreateDataSource made is of .NET's own type; its connections are the driver's.</summary>
        private static object DriverOf(DbDataSource source)
        {
            if (SqlDialect.Of(source) != SqlDialect.Unknown)
            {
                return source;
            }

            using var closed = source.CreateConnection();
            return closed;
        }

        public DatabaseOptions Options { get; }

        /// <summary>Where connections are borrowed; else they are made.</summary>
        public DbDataSource? Source { get; }

        public Func<DbConnection>? Make { get; }

        public bool IsBorrowed => Source is not null;

        /// <summary>An object of the driver's.</summary>
        public object? Driver { get; private set; }

        public DatabaseTarget Target => _target;

        /// <summary>What a factory's connection tells of where it leads.</summary>
        public void Learn(DbConnection made, Redactor redactor, SqlDialect dialect)
        {
            if (Driver is null || _target == DatabaseTarget.Unknown)
            {
                redactor.AddConnectionString(made.ConnectionString);
                Driver = made;
                _target = DatabaseTarget.Of(made.ConnectionString, dialect.DefaultPort);
            }
        }
    }
}
