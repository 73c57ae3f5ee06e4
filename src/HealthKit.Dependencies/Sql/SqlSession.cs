using System.Data;
using System.Data.Common;

namespace HealthKit;

/// <summary>
/// A connection for the time of one run: asks statements in their time, and knows when the connection cannot be used any more. One statement at a time.
/// </summary>
internal sealed class SqlSession(DbConnection connection, SqlDialect dialect, TimeProvider time)
{
    /// <summary>How long a driver has to come back after its token was cancelled.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(200);

    private volatile bool _isDead;
    private volatile bool _isBegun;

    /// <summary>The connection: for what the methods here do not do.</summary>
    public DbConnection Connection => connection;

    /// <summary>What was left running on it when its time was up; null when nothing was.</summary>
    public Task? LeftRunning { get; private set; }

    /// <summary>Whether nothing can be asked on it any more.</summary>
    public bool IsDead => _isDead || connection.State is ConnectionState.Closed or ConnectionState.Broken;

    /// <summary>The statement that gives the connection back what it had; null where nothing was changed. Set before what it undoes is done.</summary>
    public string? Undo { get; set; }

    /// <summary>
    /// Undoes what was done to the connection: the app may get it next. Also one that was given up, once what was left running on it has ended: its pool may keep it.
    /// </summary>
    /// <returns>Whether it is as it was.</returns>
    public async Task<bool> UndoAsync()
    {
        if (connection.State != ConnectionState.Open || (Undo is null && !_isBegun))
        {
            return true;
        }

        using var enough = new CancellationTokenSource(TimeSpan.FromSeconds(1), time);
        try
        {
            if (_isBegun)
            {
                await ExecuteAsync("ROLLBACK", enough.Token).ConfigureAwait(false);
                _isBegun = false;
            }

            if (Undo is { } undo)
            {
                await ExecuteAsync(undo, enough.Token).ConfigureAwait(false);
                Undo = null;
            }

            return true;
        }
        catch (Exception)
        {
            // Whatever the driver throws: it is as it is, so nothing more is asked on it.
            _isDead = true;
            return false;
        }
    }

    /// <summary>Nothing more is asked on it, and nobody else gets it.</summary>
    /// <param name="running">What still runs on it.</param>
    public void Abandon(Task? running = null)
    {
        _isDead = true;
        LeftRunning = LeftRunning is { } left && running is not null ? Task.WhenAll(left, running) : LeftRunning ?? running;
    }

    /// <summary>Asks for rows.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="most">How many are read at most.</param>
    /// <param name="token">Its end.</param>
    /// <exception cref="OperationCanceledException">It was not done by then.</exception>
    public Task<List<SqlRow>> RowsAsync(string statement, int most, CancellationToken token) => DoAsync(
        async stop =>
        {
            var command = Command(statement);
            await using (command.ConfigureAwait(false))
            {
                var reader = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    List<SqlRow> rows = [];
                    string[] names = [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)];
                    while (rows.Count < most && await reader.ReadAsync(stop).ConfigureAwait(false))
                    {
                        var values = new object?[names.Length];
                        for (var i = 0; i < values.Length; i++)
                        {
                            values[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
                        }

                        rows.Add(new SqlRow(names, values));
                    }

                    return rows;
                }
            }
        },
        token);

    /// <summary>Asks for the first value of the first row; null for NULL and for no row.</summary>
    public async Task<object?> ScalarAsync(string statement, CancellationToken token) =>
        await RowsAsync(statement, 1, token).ConfigureAwait(false) is [{ Count: > 0 } row] ? row[0] : null;

    /// <summary>Does a statement that gives no rows.</summary>
    public Task ExecuteAsync(string statement, CancellationToken token) => DoAsync(
        async stop =>
        {
            var command = Command(statement);
            await using (command.ConfigureAwait(false))
            {
                return await command.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
            }
        },
        token);

    /// <summary>Asks for rows in a transaction in which nothing can be written, where the server has such.</summary>
    public async Task<List<SqlRow>> ReadOnlyRowsAsync(string statement, int most, CancellationToken token)
    {
        if (dialect.BeginReadOnly is not { } begin)
        {
            return await RowsAsync(statement, most, token).ConfigureAwait(false);
        }

        _isBegun = true;
        await ExecuteAsync(begin, token).ConfigureAwait(false);
        try
        {
            return await RowsAsync(statement, most, token).ConfigureAwait(false);
        }
        finally
        {
            await RollBackAsync().ConfigureAwait(false);
        }
    }

    private async Task RollBackAsync()
    {
        if (IsDead)
        {
            return;
        }

        using var enough = new CancellationTokenSource(5 * Grace, time);
        try
        {
            await ExecuteAsync("ROLLBACK", enough.Token).ConfigureAwait(false);
            _isBegun = false;
        }
        catch (Exception)
        {
            // It cannot be told what would come of the next statement.
            _isDead = true;
        }
    }

    private DbCommand Command(string statement)
    {
        var command = connection.CreateCommand();
        command.CommandText = statement;
        return command;
    }

    private async Task<T> DoAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken token)
    {
        token.ThrowIfCancellationRequested();

        // A source of its own: a driver that hears of its end may take long over it (MySql.Data and Npgsql open another connection to cancel the statement), and the
        // deadline must not wait for that.
        var stop = new CancellationTokenSource();
        var working = BlockingCalls.RunAsync(() => call(stop.Token));
        try
        {
            return await working.WaitAsync(token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!working.IsCompleted)
        {
            // A good driver comes back in a moment, and the connection can go on; but not while its cancellation may still meet the next statement.
            var ending = Task.WhenAll(working, BlockingCalls.CancelAsync(stop));
            using var grace = new CancellationTokenSource(Grace, time);
            await ending.WaitAsync(grace.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!ending.IsCompleted)
            {
                _isDead = true;
                LeftRunning = ending;
                LeftBehind.Forget(ending);
            }

            throw;
        }
    }
}
