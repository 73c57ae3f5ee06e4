using System.Globalization;

namespace HealthKit.IntegrationTests.Servers;

/// <summary>
/// A real redis-server on a free port of 127.0.0.1, in a directory of its own. Disposal kills it, stopped or not, and deletes the directory.
/// </summary>
internal sealed class RedisServer : IDisposable
{
    private readonly string[] _settings;
    private ChildProcess _process;

    /// <summary>Starts one and waits until it answers.</summary>
    /// <param name="settings">More lines of its configuration, over the ones here: <c>maxmemory 1mb</c>.</param>
    public RedisServer(params IEnumerable<string> settings)
    {
        _settings = [.. settings];
        _process = Launch();
        Wait();
    }

    /// <summary>Its directory: its configuration and, unless it is told otherwise, its data.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("hk-redis-").FullName;

    /// <summary>Its port. With <see cref="StartTls"/> TLS is spoken there.</summary>
    public int Port { get; } = LoopbackPort.Free();

    /// <summary>The port at which other nodes of its cluster reach it: by default 10,000 above, where outgoing connections have theirs.</summary>
    public int ClusterPort { get; } = LoopbackPort.Free();

    /// <summary>Its address, without user and password, database 0.</summary>
    public string Address => string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{Port}");

    /// <summary>Its Unix socket, which speaks no TLS and stands in no test's way.</summary>
    public string SocketPath => $"{Path}/s";

    /// <summary>What it wrote to its log so far.</summary>
    public string Log => File.Exists($"{Path}/log") ? File.ReadAllText($"{Path}/log") : "";

    /// <summary>Starts one that speaks TLS alone at its port.</summary>
    /// <param name="certificate">The file of its certificate, in PEM.</param>
    /// <param name="key">The file of its key.</param>
    /// <param name="settings">More lines of its configuration.</param>
    public static RedisServer StartTls(string certificate, string key, params IEnumerable<string> settings) =>
        new([.. settings, $"tls-cert-file {certificate}", $"tls-key-file {key}", "tls-auth-clients no"]);

    /// <summary>
    /// Runs a command by redis-cli over the Unix socket, as the user default with all rights unless said otherwise, and gives what it printed. An error
    /// of the server is text too: <c>OOM command not allowed…</c>.
    /// </summary>
    public string Run(params IEnumerable<string> command) => Tool.Run("redis-cli", ["-s", SocketPath, .. command]).Trim();

    /// <summary>Makes a user who may do what the rules say: <c>+ping</c>, <c>~healthkit:probe:*</c>.</summary>
    public void SetUser(string user, string password, params IEnumerable<string> rules) =>
        Assert.Equal("OK", Run(["ACL", "SETUSER", user, "reset", "on", $">{password}", .. rules]));

    /// <summary>The address of a user.</summary>
    public string AddressOf(string user, string password) =>
        string.Create(CultureInfo.InvariantCulture, $"redis://{user}:{Uri.EscapeDataString(password)}@127.0.0.1:{Port}");

    /// <summary>SIGSTOP: the kernel goes on taking connections, and nothing answers.</summary>
    public void Stop() => _process.Stop();

    /// <summary>SIGCONT.</summary>
    public void Continue() => _process.Continue();

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Starts it again, at the same port, in the same directory.</summary>
    /// <param name="waitUntilReady">Whether to wait until it answers other than by <c>LOADING</c>.</param>
    public void Restart(bool waitUntilReady = true)
    {
        _process.Dispose();
        _process = Launch();
        if (waitUntilReady)
        {
            Wait();
        }
    }

    public void Dispose()
    {
        _process.Dispose();
        Directory.Delete(Path, recursive: true);
    }

    private ChildProcess Launch()
    {
        var port = _settings.Any(line => line.StartsWith("tls-cert-file ", StringComparison.Ordinal))
            ? string.Create(CultureInfo.InvariantCulture, $"port 0\ntls-port {Port}")
            : string.Create(CultureInfo.InvariantCulture, $"port {Port}");
        File.WriteAllText(
            $"{Path}/conf",
            $"""
            {port}
            bind 127.0.0.1
            unixsocket {SocketPath}
            dir {Path}
            save ""
            appendonly no
            daemonize no
            logfile {Path}/log
            cluster-port {ClusterPort}
            {string.Join('\n', _settings)}

            """);
        return ChildProcess.Start("redis-server", $"{Path}/conf");
    }

    private void Wait() => Eventually.TrueAsync(
        () =>
        {
            var (_, output, error) = Tool.TryRun("redis-cli", "-s", SocketPath, "PING");
            var said = output + error;
            return said.StartsWith("PONG", StringComparison.Ordinal) || said.StartsWith("NOAUTH", StringComparison.Ordinal) || said.StartsWith("MISCONF", StringComparison.Ordinal)
                || said.StartsWith("MASTERDOWN", StringComparison.Ordinal);
        },
        "redis-server answers",
        seen: () => Log + _process.Errors).GetAwaiter().GetResult();
}
