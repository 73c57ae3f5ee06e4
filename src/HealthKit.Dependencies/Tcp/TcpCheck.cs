using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>Whether a host accepts connections at a port; and, now and then, whether it speaks first.</summary>
internal sealed class TcpCheck(Network network, Func<TcpOptions> options) : DependencyCheck<TcpOptions>(network, options)
{
    public static readonly CheckType<TcpOptions> Type = CheckType.Create<TcpOptions>(
        new CheckDescriptor(
            "Tcp",
            "Whether a host accepts TCP connections at a port, how long that takes, and who answers there if he speaks first.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "It accepts connections.",
                [HealthStatus.Degraded] =
                    "It took longer than DegradedAboveLatency, closes connections as soon as it has accepted them, or is a MySQL server, which this check must not try again and again.",
                [HealthStatus.Unhealthy] = "Its name cannot be resolved, or none of its addresses accepts a connection.",
            },
            "The text names the stage and each address that was tried. ss -ltn on the host shows what listens there; getent ahosts <host> and "
            + "nc -vz <host> <port> from here show what this machine sees.",
            "Start the service, or open the way to it.")
        {
            RemedyByReason = StageRemedies.UpTo(Stage.Connect, new Dictionary<string, string>
            {
                ["tcp.speaksFirst"] = "Ask it by the check for it, which logs in with the app's own driver: AddMySqlCheck, Type: MySql. If the server says that this host is blocked: mysqladmin flush-hosts, or TRUNCATE performance_schema.host_cache.",
                ["tcp.closed"] = "A proxy without a backend does so, and a server that is full: look at the log of what listens there.",
            }),
            DefaultTags = ["ready"],
        },
        static options => options.Validate(),
        static (services, options) => new TcpCheck(services.GetRequiredService<Network>(), options));

    /// <summary>How long it is listened for a greeting.</summary>
    private static readonly TimeSpan Listening = TimeSpan.FromMilliseconds(250);

    /// <summary>The same at the port of MySQL, which looks the client's name up before it greets, and must not be missed.</summary>
    private static readonly TimeSpan ListeningForMySql = TimeSpan.FromSeconds(2);

    private const int MySqlPort = 3306;

    /// <summary>How often it is listened.</summary>
    private static readonly TimeSpan ListenAgain = TimeSpan.FromHours(1);

    /// <summary>
    /// How often a MySQL server is connected to. Its default is to shut a host out after 100 interrupted handshakes with no login in between
    /// (max_connect_errors).
    /// </summary>
    private static readonly TimeSpan AskMySqlAgain = TimeSpan.FromDays(1);

    private volatile Heard? _heard;

    protected override string TargetOf(TcpOptions options) => options.Target;

    protected override string? HostOf(TcpOptions options) => options.Host;

    protected override async Task<DependencyFinding> ProbeAsync(StageRun run, TcpOptions options)
    {
        // Another target after a reload: what was heard is not its.
        var target = options.Target;
        var heard = _heard is { } known && known.Target == target ? known : null;
        var age = heard is null ? TimeSpan.MaxValue : Network.Time.GetElapsedTime(heard.At);
        if (heard?.Greeting is { IsMySql: true } mySql && age < AskMySqlAgain)
        {
            return SpeaksFirst(mySql, age);
        }

        var socket = await Connector.ConnectAsync(run, options.Host!, options.Port).ConfigureAwait(false);
        if (heard is null || heard.Closed || age >= ListenAgain)
        {
            var (greeting, closed) = await ListenAsync(socket, options.Port == MySqlPort ? ListeningForMySql : Listening, run).ConfigureAwait(false);
            _heard = heard = new Heard(target, greeting, closed, Network.Time.GetTimestamp());
        }

        return heard switch
        {
            { Greeting: { IsMySql: true } greeting } => SpeaksFirst(greeting, null),
            { Greeting: { Protocol: { } protocol } greeting } => DependencyFinding.Healthy($"accepts connections and greets as {protocol}: {greeting.Text}", DataOf(greeting)),
            { Greeting: { } greeting } => DependencyFinding.Healthy($"accepts connections and greets: {greeting.Text}", DataOf(greeting)),
            { Closed: true } => DependencyFinding.Degraded("tcp.closed", "accepted the connection and closed it at once, without a word"),
            _ => DependencyFinding.Healthy("accepts connections"),
        };
    }

    private static DependencyFinding SpeaksFirst(Greeting greeting, TimeSpan? age)
    {
        var when = age is { } ago ? $"It was connected to {Latency.Text(ago)} ago and is not now" : "It will not be connected to";
        return DependencyFinding.Degraded(
            "tcp.speaksFirst",
            $"a MySQL or MariaDB server answers there ({greeting.Text}); it counts a connection without login as an interrupted handshake and in the end blocks "
            + $"this host (max_connect_errors). Ask it by a check that logs in (AddMySqlCheck, Type: MySql) instead. {when}, until {Latency.Text(AskMySqlAgain)} have passed: this check does not know whether it is up",
            DataOf(greeting));
    }

    private static Dictionary<string, object> DataOf(Greeting greeting)
    {
        var data = new Dictionary<string, object> { ["greeting"] = greeting.Text };
        if (greeting.Protocol is { } protocol)
        {
            data["protocol"] = protocol;
        }

        return data;
    }

    /// <summary>Waits a moment for the peer's first words.</summary>
    private static async Task<(Greeting? Greeting, bool Closed)> ListenAsync(Socket socket, TimeSpan wait, StageRun run)
    {
        // Listening must not cost the run its result.
        var left = run.Deadline - run.Elapsed;
        using var enough = new CancellationTokenSource(wait < left / 2 ? wait : TimeSpan.FromTicks(Math.Max(left.Ticks / 2, 1)), run.Network.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, run.Token);
        var bytes = new byte[Greeting.MostBytes];
        var length = 0;
        try
        {
            while (!Greeting.IsWhole(bytes.AsSpan(0, length)))
            {
                var read = await socket.ReceiveAsync(bytes.AsMemory(length), either.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    return length == 0 ? (null, true) : (Greeting.Read(bytes.AsSpan(0, length)), false);
                }

                length += read;
            }
        }
        catch (OperationCanceledException)
        {
            // Most peers wait to be spoken to.
        }
        catch (SocketException) when (length == 0)
        {
            return (null, true);
        }
        catch (SocketException)
        {
            // It spoke before it left.
        }

        return (length == 0 ? null : Greeting.Read(bytes.AsSpan(0, length)), false);
    }

    /// <summary>What a target said when it was listened to last.</summary>
    private sealed record Heard(string Target, Greeting? Greeting, bool Closed, long At);
}
