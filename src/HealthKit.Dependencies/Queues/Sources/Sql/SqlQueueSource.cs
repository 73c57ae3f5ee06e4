namespace HealthKit;

/// <summary>A table of jobs, looked at by one read-only statement in a transaction that can write nothing, where the server has such.</summary>
internal sealed class SqlQueueSource(DatabaseOptions options, IServiceProvider? services) : StagedQueueSource, IDisposable
{
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _oneLook = new(1);
    private Redactor _redactor = new();
    private DatabaseConnections? _connections;

    public override string Target => $"{TargetOfConnection?.Text ?? "database"} queue";

    public override string? Host => TargetOfConnection?.Host;

    private DatabaseTarget? TargetOfConnection => _connections?.TargetOf(options);

    public override void HideIn(Redactor redactor) => _redactor = redactor;

    public override async Task<QueueState> ReadAsync(StageRun run)
    {
        await _oneLook.WaitAsync(run.Token).ConfigureAwait(false);
        try
        {
            var connections = Connections(run.Network);
            var lease = await connections.GetAsync(run, options).ConfigureAwait(false);
            try
            {
                try
                {
                    return SqlQueueRows.Read(await AskAsync(run, connections, lease).ConfigureAwait(false), run.Network.Time.GetUtcNow());
                }
                catch (StageException e) when (lease.WasUsedBefore && lease.Session.IsDead && e.Reason == "use.broken")
                {
                    // It died since it was used last, which says nothing about now.
                    await connections.ReturnAsync(lease).ConfigureAwait(false);
                    lease = await connections.GetAsync(run, options, anew: true).ConfigureAwait(false);
                    return SqlQueueRows.Read(await AskAsync(run, connections, lease).ConfigureAwait(false), run.Network.Time.GetUtcNow());
                }
            }
            finally
            {
                await connections.ReturnAsync(lease).ConfigureAwait(false);
            }
        }
        finally
        {
            _oneLook.Release();
        }
    }

    public void Dispose() => _connections?.Dispose();

    private Task<List<SqlRow>> AskAsync(StageRun run, DatabaseConnections connections, DatabaseConnections.Lease lease) => run.DoAsync(Stage.Use, async token =>
    {
        try
        {
            return await lease.Session.ReadOnlyRowsAsync(options.Statement, SqlQueueRows.Most + 1, token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not StageException && !token.IsCancellationRequested)
        {
            throw SqlErrors.Explain(e, opening: false, lease.Session.IsDead, connections.Place, static (_, _) => null, _redactor.Redact);
        }
    });

    private DatabaseConnections Connections(Network network)
    {
        lock (_gate)
        {
            return _connections ??= new DatabaseConnections(
                network, services ?? new NoServices(), _redactor, static () => null, static (_, _) => null);
        }
    }

    /// <summary>What is given in code needs none.</summary>
    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
