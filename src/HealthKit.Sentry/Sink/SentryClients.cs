namespace HealthKit;

/// <summary>The clients of the sinks that were made, in the order of their registration.</summary>
internal sealed class SentryClients
{
    private readonly Lock _gate = new();
    private readonly List<SentryClient> _clients = [];

    /// <summary>Told after each change.</summary>
    public event Action? Changed;

    /// <summary>Whose DSN messages and check-ins go to: the first one that has any. Null when none has, or none is there yet.</summary>
    public SentryClient? Main
    {
        get
        {
            lock (_gate)
            {
                return _clients.Find(client => client.CanCheckIn) ?? _clients.Find(client => client.CanSend);
            }
        }
    }

    /// <summary>Whether there are sinks and none of them sends anything.</summary>
    public bool AreOff
    {
        get
        {
            lock (_gate)
            {
                return _clients.Count > 0 && !_clients.Exists(client => client.CanSend);
            }
        }
    }

    public void Add(SentryClient client)
    {
        lock (_gate)
        {
            _clients.Add(client);
        }

        Changed?.Invoke();
    }

    public void Remove(SentryClient client)
    {
        lock (_gate)
        {
            _clients.Remove(client);
        }

        Changed?.Invoke();
    }
}
