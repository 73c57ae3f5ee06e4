using System.Net;

namespace HealthKit;

/// <summary>
/// One run of a dependency check: which stage it is in, how long each took, and one deadline over all of them. What a stage opens is closed
/// when the run ends, even where the work in it goes on without regard to its token.
/// </summary>
internal sealed class StageRun : IDisposable
{
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly CancellationToken _outer;
    private readonly CancellationTokenSource _deadline;
    private readonly CancellationTokenSource _both;
    private readonly TimeSpan?[] _took = new TimeSpan?[Stages.Count];
    private readonly Lock _gate = new();
    private readonly Dictionary<string, object> _notes = [];
    private List<IDisposable>? _owned;
    private bool _ended;

    /// <param name="network">Where names are looked up.</param>
    /// <param name="deadline">The time for all stages together.</param>
    /// <param name="cancellationToken">The run's own end.</param>
    public StageRun(Network network, TimeSpan deadline, CancellationToken cancellationToken)
    {
        Network = network;
        Deadline = deadline;
        _time = network.Time;
        _start = _time.GetTimestamp();
        _outer = cancellationToken;
        _deadline = new CancellationTokenSource(deadline, _time);
        _both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _deadline.Token);
    }

    public Network Network { get; }

    public TimeSpan Deadline { get; }

    /// <summary>Ends with the deadline or the run.</summary>
    public CancellationToken Token => _both.Token;

    /// <summary>Since the run began.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_start);

    /// <summary>The last stage that was gone through.</summary>
    public Stage? Reached { get; private set; }

    /// <summary>The address that was connected to.</summary>
    public IPEndPoint? Remote { get; set; }

    /// <summary>Addresses that were tried in vain, each with what happened.</summary>
    public IReadOnlyList<string> Failed { get; set; } = [];

    /// <summary>The certificate that was shown, valid or not.</summary>
    public ShownCertificate? Certificate { get; set; }

    /// <summary>The one of the certificates above it that expires first; null when the chain was not looked at, or has but one.</summary>
    public ShownCertificate? ChainEnds { get; set; }

    /// <summary>The protocol that was agreed on: <c>TLS 1.3</c>.</summary>
    public string? TlsProtocol { get; set; }

    /// <summary>What a timeout has to add: which address did not answer.</summary>
    public string? Detail { get; set; }

    /// <summary>The time that a stage took, all its parts together; null when it was not gone through.</summary>
    public TimeSpan? TimeOf(Stage stage) => _took[(int)stage];

    /// <summary>Goes through a stage, or through a part of one: times add up.</summary>
    /// <exception cref="StageException">The deadline passed, or the work says that it failed.</exception>
    /// <exception cref="OperationCanceledException">The run was ended from outside.</exception>
    public async Task<T> DoAsync<T>(Stage stage, Func<CancellationToken, Task<T>> work)
    {
        var from = _time.GetTimestamp();
        Task<T>? working = null;
        try
        {
            working = work(Token);
            var result = await working.WaitAsync(Token).ConfigureAwait(false);
            _took[(int)stage] = (_took[(int)stage] ?? TimeSpan.Zero) + _time.GetElapsedTime(from);
            Reached = stage;
            return result;
        }
        catch (Exception e) when (!_outer.IsCancellationRequested && _deadline.IsCancellationRequested && e is not StageException)
        {
            var detail = Detail is null ? "" : $" ({Detail})";
            throw new StageException(
                stage, stage.Prefix() + ".timeout", $"no answer within {Latency.Text(Deadline)}, {Latency.Text(_time.GetElapsedTime(from))} of it in this stage{detail}", e);
        }
        finally
        {
            if (working is { IsCompleted: false })
            {
                // It goes on without regard to its token.
                LeftBehind.Forget(working);
            }
        }
    }

    /// <inheritdoc cref="DoAsync{T}"/>
    public Task DoAsync(Stage stage, Func<CancellationToken, Task> work) => DoAsync(stage, async token =>
    {
        await work(token).ConfigureAwait(false);
        return true;
    });

    /// <summary>What was noted so far.</summary>
    public IReadOnlyList<KeyValuePair<string, object>> Notes
    {
        get
        {
            lock (_gate)
            {
                return [.. _notes];
            }
        }
    }

    /// <summary>Notes something that the result's data is to tell however the run ends. Work that was left behind notes nothing.</summary>
    public void Note(string key, object value)
    {
        lock (_gate)
        {
            if (!_ended)
            {
                _notes[key] = value;
            }
        }
    }

    /// <summary>Leaves something open when the run ends: somebody else closes it from now on.</summary>
    public void Leave(IDisposable resource)
    {
        lock (_gate)
        {
            _owned?.Remove(resource);
        }
    }

    /// <summary>Closes something when the run ends.</summary>
    public T Own<T>(T resource)
        where T : IDisposable
    {
        lock (_gate)
        {
            if (!_ended)
            {
                (_owned ??= []).Add(resource);
                return resource;
            }
        }

        // Work that was left behind opened it.
        resource.Dispose();
        return resource;
    }

    public void Dispose()
    {
        List<IDisposable>? owned;
        lock (_gate)
        {
            _ended = true;
            (owned, _owned) = (_owned, null);
        }

        // Streams before the sockets under them.
        for (var i = (owned?.Count ?? 0) - 1; i >= 0; i--)
        {
            owned![i].Dispose();
        }

        _both.Dispose();
        _deadline.Dispose();
    }
}
