using System.Net;
using System.Net.Sockets;

namespace HealthKit;

/// <summary>
/// Names become addresses by getaddrinfo(3), which cannot be cancelled and may take many seconds when name servers are silent. So each name
/// has at most one lookup under way, on a thread of its own: who asks again meanwhile waits for the same one, and the app's pool is left alone.
/// </summary>
internal sealed class HostLookups
{
    private readonly Func<string, AddressFamily, IPAddress[]> _lookUp;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Name, AddressFamily Family), Task<IPAddress[]>> _underWay = [];

    public HostLookups()
        : this(AskSystem)
    {
    }

    /// <param name="lookUp">Blocks until it knows.</param>
    internal HostLookups(Func<string, AddressFamily, IPAddress[]> lookUp) => _lookUp = lookUp;

    /// <summary>How many lookups are under way.</summary>
    public int UnderWay
    {
        get
        {
            lock (_gate)
            {
                return _underWay.Count;
            }
        }
    }

    /// <summary>Goes through the stage of resolving; an address is its own answer, and that takes no stage.</summary>
    /// <param name="run">The run.</param>
    /// <param name="host">A name, or an address.</param>
    /// <param name="family">IPv4 or IPv6 only, or both.</param>
    /// <exception cref="StageException">There is no such name, it has no address, or it could not be looked up in time.</exception>
    public async Task<IPAddress[]> ResolveAsync(StageRun run, string host, AddressFamily family = AddressFamily.Unspecified)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            return [address];
        }

        return await run.DoAsync(Stage.Resolve, async token =>
        {
            try
            {
                var found = await Start(host, family).WaitAsync(token).ConfigureAwait(false);
                return found.Length > 0 ? found : throw NoAddress(host, family, null);
            }
            catch (SocketException e)
            {
                throw Explain(host, family, e);
            }
            catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
            {
                // clone(2): EAGAIN.
                throw new StageException(Stage.Resolve, "dns.failed", $"{host} could not be looked up: no thread could be started", e);
            }
            catch (ArgumentException e)
            {
                // Longer than a name can be.
                throw new StageException(Stage.Resolve, "dns.notFound", $"{host} can be no name", e);
            }
        }).ConfigureAwait(false);
    }

    /// <summary>What the system's resolver says when it finds nothing, as a failure of the stage.</summary>
    public static StageException Explain(string host, AddressFamily family, SocketException e) => e.SocketErrorCode switch
    {
        SocketError.HostNotFound => new StageException(Stage.Resolve, "dns.notFound", $"there is no name {host}", e) { Answered = true }, // by the name servers
        SocketError.NoData => NoAddress(host, family, e),
        SocketError.TryAgain => new StageException(Stage.Resolve, "dns.unavailable", $"no name server answered for {host}", e),
        _ => new StageException(Stage.Resolve, "dns.failed", $"{host} could not be looked up: {e.Message}", e),
    };

    /// <summary>The system's resolver. It says "no such name" also of a name that only has addresses of the other family: that is told apart.</summary>
    private static IPAddress[] AskSystem(string host, AddressFamily family)
    {
        try
        {
            return Dns.GetHostAddresses(host, family);
        }
        catch (SocketException e) when (family != AddressFamily.Unspecified && e.SocketErrorCode == SocketError.HostNotFound)
        {
            _ = Dns.GetHostAddresses(host);
            return [];
        }
    }

    private static StageException NoAddress(string host, AddressFamily family, Exception? inner) => new(
        Stage.Resolve,
        "dns.noAddress",
        family switch
        {
            AddressFamily.InterNetwork => $"{host} has no IPv4 address (A)",
            AddressFamily.InterNetworkV6 => $"{host} has no IPv6 address (AAAA)",
            _ => $"{host} has no address",
        },
        inner)
    {
        Answered = true, // the name servers: they know the name
    };

    private Task<IPAddress[]> Start(string host, AddressFamily family)
    {
        var key = (host.ToUpperInvariant(), family);
        TaskCompletionSource<IPAddress[]> answer;
        lock (_gate)
        {
            if (_underWay.TryGetValue(key, out var same))
            {
                return same;
            }

            answer = new TaskCompletionSource<IPAddress[]>(TaskCreationOptions.RunContinuationsAsynchronously);
            _underWay[key] = answer.Task;
        }

        try
        {
            // It may outlive the run by far: it must not hold on to what flows with that.
            new Thread(LookUp, 256 * 1024) { IsBackground = true, Name = "HealthKit lookup" }.UnsafeStart();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            // Others may wait for it already.
            Forget();
            answer.SetException(e);
        }

        return answer.Task;

        void LookUp()
        {
            try
            {
                var found = _lookUp(host, family);
                Forget();
                answer.SetResult(found);
            }
            catch (Exception e)
            {
                Forget();
                answer.SetException(e);
                _ = answer.Task.Exception; // perhaps nobody waits any more
            }
        }

        void Forget()
        {
            lock (_gate)
            {
                _underWay.Remove(key);
            }
        }
    }
}
