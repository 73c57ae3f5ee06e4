using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>
/// The frame of every check of a database: gets a connection, asks the statement, lets the kind of database look closer, asks for the facts that are due.
/// </summary>
internal abstract class DatabaseCheck<TOptions> : DependencyCheck<TOptions>
    where TOptions : DatabaseOptions
{
    /// <summary>How long what a run left undone on its connection has to end, before the connection is given up.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(400);

    private readonly Func<string, string> _redact;
    private readonly DatabaseConnections _connections;
    private readonly SqlFactRunner _facts;

    // Not disposed: a run may still hold it, and it has no handle unless one is asked for.
    private readonly SemaphoreSlim _oneRun = new(1);
    private Task? _using;

    protected DatabaseCheck(Network network, Func<TOptions> options, IServiceProvider services)
        : base(network, options)
    {
        var redactor = services.GetService<Redactor>() ?? new Redactor();
        _redact = redactor.Redact;
        _connections = new DatabaseConnections(network, services, redactor, () => Dialect, Explain);
        _facts = new SqlFactRunner(network.Time, _redact);
    }

    /// <summary>The kind of server; null: to be told by the driver.</summary>
    protected abstract SqlDialect? Dialect { get; }

    /// <summary>The facts of this kind of database, as the options have their limits. Asked for at each run; equal ones keep what is known of them.</summary>
    protected virtual IEnumerable<SqlFact> FactsOf(TOptions options) => [];

    /// <summary>
    /// What an error of the driver means to this kind of database, by its number (<see cref="SqlErrors.NumberOf"/>) or SQLSTATE; null: what it means to all.
    /// </summary>
    /// <param name="error">The driver's exception.</param>
    /// <param name="opening">Whether it came of opening the connection; else of a statement.</param>
    protected virtual StageException? Explain(DbException error, bool opening) => null;

    /// <summary>Whether an error says that the account lacks a right. SQLSTATE 42501 does anywhere.</summary>
    protected virtual bool LacksPrivilege(DbException error) => error.SqlState == "42501";

    /// <summary>
    /// Looks closer, at each run, after the statement and before the facts. What it finds it adds to the findings. A DbException or StageException that it
    /// throws is a failure of the run: catch what is none. What it does to the connection it has undone: <see cref="SqlSession.Undo"/>.
    /// </summary>
    /// <param name="session">The connection.</param>
    /// <param name="options">The options.</param>
    /// <param name="findings">Where to.</param>
    /// <param name="token">Ends with the run's deadline.</param>
    protected virtual Task ExamineAsync(SqlSession session, TOptions options, DatabaseFindings findings, CancellationToken token) => Task.CompletedTask;

    /// <summary>A text of the server or the driver, fit to be shown.</summary>
    protected string Shown(string text) => ForeignText.Shown(_redact(text));

    protected override string TargetOf(TOptions options) => _connections.TargetOf(options).Text;

    protected override string? HostOf(TOptions options) => _connections.TargetOf(options).Host;

    protected override async Task<DependencyFinding> ProbeAsync(StageRun run, TOptions options)
    {
        await _oneRun.WaitAsync(run.Token).ConfigureAwait(false);
        try
        {
            return await AskAsync(run, options).ConfigureAwait(false);
        }
        finally
        {
            _oneRun.Release();
        }
    }

    private async Task<DependencyFinding> AskAsync(StageRun run, TOptions options)
    {
        var findings = new DatabaseFindings();
        var lease = await _connections.GetAsync(run, options).ConfigureAwait(false);
        string? prefix = null;
        try
        {
            try
            {
                await UseAsync(run, lease.Session, session => session.RowsAsync(options.Statement, 1, run.Token)).ConfigureAwait(false);
            }
            catch (StageException e) when (lease.WasUsedBefore && lease.Session.IsDead && e.Reason == "use.broken")
            {
                // It died since it was used last, which says nothing about now.
                prefix = $"the connection that was kept was dead ({e.Message}), and a new one works";
                await _connections.ReturnAsync(lease).ConfigureAwait(false);
                lease = await _connections.GetAsync(run, options, anew: true).ConfigureAwait(false);
                await UseAsync(run, lease.Session, session => session.RowsAsync(options.Statement, 1, run.Token)).ConfigureAwait(false);
            }

            await UseAsync(run, lease.Session, async session =>
            {
                await ExamineAsync(session, options, findings, run.Token).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
            List<SqlFact> facts = [.. FactsOf(options), .. options.Facts];
            await _facts.AskAsync(run, lease.Session, facts, LacksPrivilege).ConfigureAwait(false);
            _facts.Tell(findings, facts, _connections.TargetOf(options).User);
            var finding = findings.ToFinding(prefix);
            return finding.Status == HealthStatus.Healthy && run.Elapsed > run.Deadline
                ? throw new StageException(
                    Stage.Use, "use.timeout", $"it answered after {Latency.Text(run.Elapsed)}; the deadline is {Latency.Text(run.Deadline)}") { Answered = true }
                : finding;
        }
        finally
        {
            await SettleAsync(lease.Session).ConfigureAwait(false);
            await _connections.ReturnAsync(lease).ConfigureAwait(false);
        }
    }

    /// <summary>The run does not wait longer than its deadline for what it does on a connection; who gets the connection next must.</summary>
    private async Task SettleAsync(SqlSession session)
    {
        if (_using is { IsCompleted: false } busy)
        {
            using var grace = new CancellationTokenSource(Grace, Network.Time);
            await busy.WaitAsync(grace.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!busy.IsCompleted)
            {
                session.Abandon(busy);
            }
        }

        if (!session.IsDead)
        {
            await session.UndoAsync().ConfigureAwait(false);
        }
    }

    private Task<T> UseAsync<T>(StageRun run, SqlSession session, Func<SqlSession, Task<T>> use)
    {
        return run.DoAsync(Stage.Use, token =>
        {
            var working = DoAsync(token);
            _using = working;
            return working;
        });

        async Task<T> DoAsync(CancellationToken token)
        {
            try
            {
                return await use(session).ConfigureAwait(false);
            }
            catch (Exception e) when (e is not StageException && !token.IsCancellationRequested)
            {
                throw SqlErrors.Explain(e, opening: false, session.IsDead, _connections.Place, Explain, _redact);
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _connections.Dispose();
    }
}
