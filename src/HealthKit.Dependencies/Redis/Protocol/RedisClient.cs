namespace HealthKit;

/// <summary>
/// A server over the runs of a check: its connection is kept for five minutes, then made anew, so that connecting and logging in stay
/// tested. One that died meanwhile is replaced within the run.
/// </summary>
/// <param name="endpoint">The server.</param>
/// <param name="pins">Fingerprints of which the certificate must have one.</param>
/// <param name="limits">How much of a reply is read.</param>
internal sealed class RedisClient(RedisEndpoint endpoint, IReadOnlyCollection<string>? pins = null, RespLimits? limits = null) : IDisposable
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(5);

    private RedisConnection? _kept;
    private volatile bool _disposed;

    public RedisEndpoint Endpoint => endpoint;

    /// <summary>
    /// Sends commands, on the kept connection if there is one, and keeps it. They are sent a second time when that turns out to be dead: they must do
    /// no harm twice.
    /// </summary>
    /// <exception cref="StageException">A stage failed.</exception>
    public async Task<RespValue[]> SendAsync(StageRun run, RespRequest request)
    {
        var (connection, replies) = await BeginAsync(run, request).ConfigureAwait(false);
        Keep(run, connection);
        return replies;
    }

    /// <summary>
    /// The same, but the connection is the caller's for the rest of the run, to go on with; it is closed with the run unless <see cref="Keep"/> takes it
    /// back.
    /// </summary>
    /// <exception cref="StageException">A stage failed.</exception>
    public async Task<(RedisConnection Connection, RespValue[] Replies)> BeginAsync(StageRun run, RespRequest first)
    {
        if (Interlocked.Exchange(ref _kept, null) is { } kept)
        {
            kept.Join(run);
            if (run.Network.Time.GetElapsedTime(kept.OpenedAt) < KeptFor)
            {
                try
                {
                    return (kept, await kept.SendAsync(run, first).ConfigureAwait(false));
                }
                catch (StageException e) when (e.Reason == RedisConnection.ClosedReason && !kept.HasHeard)
                {
                    // The server restarted, or closes what is idle (its setting timeout): not a failure before a new connection failed too.
                }
            }

            run.Remote = null;
        }

        var connection = await RedisConnection.OpenAsync(run, endpoint, pins, limits).ConfigureAwait(false);
        return (connection, await connection.SendAsync(run, first).ConfigureAwait(false));
    }

    /// <summary>Keeps a connection, on which nothing is open, for the next run.</summary>
    public void Keep(StageRun run, RedisConnection connection)
    {
        run.Leave(connection);
        Interlocked.Exchange(ref _kept, connection)?.Dispose();
        if (_disposed || connection.IsDisposed)
        {
            Interlocked.Exchange(ref _kept, null)?.Dispose();
        }
    }

    public void Dispose()
    {
        _disposed = true;
        Interlocked.Exchange(ref _kept, null)?.Dispose();
    }
}
