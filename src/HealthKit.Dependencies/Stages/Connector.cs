using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace HealthKit;

/// <summary>
/// Connects to one of several addresses as RFC 8305 (happy eyeballs) has it: families take turns, IPv6 first, the next address is tried when
/// one has failed or has been silent for 250 ms, and the first to answer wins.
/// </summary>
internal static class Connector
{
    /// <summary>RFC 8305, section 5: "Connection Attempt Delay".</summary>
    private static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>A name may have hundreds: more than these are not tried.</summary>
    private const int MostAddresses = 20;

    /// <summary>Resolves and connects. The socket is closed with the run.</summary>
    /// <exception cref="StageException">Resolving or connecting failed.</exception>
    public static async Task<Socket> ConnectAsync(StageRun run, string host, int port)
    {
        var addresses = await run.Network.Lookups.ResolveAsync(run, host).ConfigureAwait(false);
        return await ConnectAsync(run, addresses, port).ConfigureAwait(false);
    }

    /// <summary>Connects to one of the addresses.</summary>
    /// <exception cref="StageException">None could be connected to.</exception>
    public static async Task<Socket> ConnectAsync(StageRun run, IReadOnlyList<IPAddress> addresses, int port)
    {
        var ordered = Order(addresses);
        var socket = await run.DoAsync(Stage.Connect, token => RaceAsync(run, ordered, port, token)).ConfigureAwait(false);
        run.Detail = null;
        run.Remote = (IPEndPoint?)socket.RemoteEndPoint;
        return socket;
    }

    /// <summary>Why a connection failed that a driver tried.</summary>
    public static StageException Explain(IPEndPoint target, SocketException error) => Explain([(target, error)]);

    /// <summary>Families in turns, IPv6 first, each in the order it was given (RFC 8305, section 4).</summary>
    internal static List<IPAddress> Order(IReadOnlyList<IPAddress> addresses)
    {
        var six = new Queue<IPAddress>(addresses.Where(address => address.AddressFamily == AddressFamily.InterNetworkV6));
        var four = new Queue<IPAddress>(addresses.Where(address => address.AddressFamily != AddressFamily.InterNetworkV6));
        List<IPAddress> ordered = [];
        while (six.Count + four.Count > 0)
        {
            if (six.TryDequeue(out var next))
            {
                ordered.Add(next);
            }

            if (four.TryDequeue(out next))
            {
                ordered.Add(next);
            }
        }

        return ordered.Count > MostAddresses ? ordered[..MostAddresses] : ordered;
    }

    private static async Task<Socket> RaceAsync(StageRun run, List<IPAddress> addresses, int port, CancellationToken token)
    {
        List<(IPEndPoint Target, SocketException Error)> failed = [];
        List<(Task<Socket> Attempt, IPEndPoint Target)> racing = [];
        using var others = CancellationTokenSource.CreateLinkedTokenSource(token);
        var next = 0;
        while (true)
        {
            if (next < addresses.Count)
            {
                var target = new IPEndPoint(addresses[next++], port);
                racing.Add((AttemptAsync(run, target, others.Token), target));
            }

            // Told in advance: at the deadline nobody waits for this.
            Tell(run, failed, racing);
            if (racing.Count == 0)
            {
                throw Explain(failed);
            }

            var finished = await FirstAsync(racing.Select(one => one.Attempt), next < addresses.Count, run.Network.Time, others.Token).ConfigureAwait(false);
            if (finished is null)
            {
                continue; // silent: the next one besides
            }

            var at = racing.FindIndex(one => one.Attempt == finished);
            try
            {
                var winner = await finished.ConfigureAwait(false);
                if (racing.Count > 1)
                {
                    await others.CancelAsync().ConfigureAwait(false);
                }

                foreach (var (attempt, _) in racing)
                {
                    LeftBehind.Forget(attempt);
                }

                // Only those before it had their chance.
                Tell(run, failed, racing[..at]);
                return winner;
            }
            catch (SocketException e)
            {
                failed.Add((racing[at].Target, e));
                racing.RemoveAt(at);
            }
        }
    }

    private static void Tell(StageRun run, List<(IPEndPoint Target, SocketException Error)> failed, List<(Task<Socket> Attempt, IPEndPoint Target)> silent)
    {
        run.Failed = [.. failed.Select(one => Describe(one.Target, one.Error)), .. silent.Select(one => $"{one.Target} is silent")];
        run.Detail = string.Join("; ", run.Failed);
    }

    /// <summary>The first that ended; null when none did within the delay, and there is another one to try.</summary>
    private static async Task<Task<Socket>?> FirstAsync(IEnumerable<Task<Socket>> racing, bool thereAreMore, TimeProvider time, CancellationToken token)
    {
        var any = Task.WhenAny(racing);
        if (!thereAreMore)
        {
            return await any.WaitAsync(token).ConfigureAwait(false);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(token);
        var delay = Task.Delay(AttemptDelay, time, stop.Token);
        var first = await Task.WhenAny(any, delay).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        token.ThrowIfCancellationRequested();
        return first == any ? await any.ConfigureAwait(false) : null;
    }

    private static async Task<Socket> AttemptAsync(StageRun run, IPEndPoint target, CancellationToken token)
    {
        var socket = run.Own(new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        try
        {
            await socket.ConnectAsync(target, token).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string Describe(IPEndPoint target, SocketException error) => $"{target} {Words(target, error)}";

    private static StageException Explain(List<(IPEndPoint Target, SocketException Error)> failed)
    {
        // A host that refuses is there: that tells most.
        var worst = failed.MinBy(one => one.Error.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => 0,
            SocketError.ConnectionReset => 1,
            SocketError.TimedOut => 2,
            _ => 3,
        });
        return new StageException(Stage.Connect, Reason(worst.Target, worst.Error), string.Join("; ", failed.Select(one => Describe(one.Target, one.Error))), worst.Error)
        {
            Answered = worst.Error.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset,
        };
    }

    /// <summary>
    /// Whether this machine has an address to connect from: connect(2) says EADDRNOTAVAIL where it has none of the family, and where all
    /// local ports are taken.
    /// </summary>
    private static bool HasAddressFor(IPEndPoint target)
    {
        try
        {
            return IPAddress.IsLoopback(target.Address) || NetworkInterface.GetAllNetworkInterfaces().Any(one => one.GetIPProperties().UnicastAddresses.Any(
                address => address.Address.AddressFamily == target.AddressFamily && !IPAddress.IsLoopback(address.Address) && !address.Address.IsIPv6LinkLocal));
        }
        catch (NetworkInformationException)
        {
            return true; // not to be known
        }
    }

    private static string Reason(IPEndPoint target, SocketException error) => error.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "tcp.refused",
        SocketError.ConnectionReset => "tcp.reset",
        SocketError.TimedOut => "tcp.timeout",
        SocketError.NetworkUnreachable or SocketError.HostUnreachable or SocketError.NetworkDown or SocketError.HostDown => "tcp.unreachable",
        SocketError.AccessDenied => "tcp.denied",
        SocketError.AddressNotAvailable => HasAddressFor(target) ? "tcp.noLocalPort" : "tcp.unreachable",
        SocketError.TooManyOpenSockets => "tcp.noDescriptor",
        SocketError.AddressFamilyNotSupported => "tcp.unreachable",
        _ => "tcp.failed",
    };

    private static string Words(IPEndPoint target, SocketException error) => error.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "refused the connection",
        SocketError.ConnectionReset => "reset the connection",
        SocketError.TimedOut => "did not answer",
        SocketError.NetworkUnreachable or SocketError.NetworkDown => "cannot be reached: no route to its network",
        SocketError.HostUnreachable or SocketError.HostDown => "cannot be reached: no route to the host",
        SocketError.AccessDenied => "is forbidden to this process",
        SocketError.AddressNotAvailable => HasAddressFor(target)
            ? "could not be tried: this machine has no free local port"
            : "cannot be reached: this machine has no address of that family",
        SocketError.TooManyOpenSockets => "could not be tried: this process has no free descriptor",
        _ => $"failed: {error.Message}",
    };
}
