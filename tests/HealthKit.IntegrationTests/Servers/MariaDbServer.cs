using System.Globalization;

namespace HealthKit.IntegrationTests.Servers;

/// <summary>
/// A real MariaDB of a test, in a temporary directory, with an account <c>app</c> that may do anything in the database <c>app</c>, and nothing else.
/// It is stopped and deleted on disposal.
/// </summary>
internal sealed class MariaDbServer : IDisposable
{
    public const string User = "app";

    /// <summary>No text of a check may have it.</summary>
    public const string Password = "pw-7f3aK9";

    private readonly string _directory = Directory.CreateTempSubdirectory("hk-mariadb-").FullName;
    private readonly string[] _arguments;
    private readonly bool _apart;
    private readonly string? _link;
    private ChildProcess? _process;

    private MariaDbServer(bool apart, string[] arguments)
    {
        _apart = apart;
        _arguments = arguments;
        Port = apart ? 3306 : LoopbackPort.Free();
        if (apart)
        {
            // Networks of tests that run side by side must not meet.
            var net = Random.Shared.Next(0, 64 * 256);
            var start = string.Create(CultureInfo.InvariantCulture, $"10.99.{net / 64}.");
            var last = net % 64 * 4;
            (ClientAddress, Address) = ($"{start}{last + 1}", $"{start}{last + 2}");
            _link = string.Create(CultureInfo.InvariantCulture, $"hk{net}");
        }

        try
        {
            Tool.Run(
                "mariadb-install-db", "--no-defaults", "--user=root", $"--datadir={_directory}/data", "--auth-root-authentication-method=normal", "--skip-test-db",
                "--innodb-log-file-size=4M");
            Start();
            Query($"CREATE DATABASE app CHARACTER SET utf8mb4; CREATE USER {User} IDENTIFIED BY '{Password}'; GRANT ALL ON app.* TO {User}");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where clients reach it: loopback, unless it has a network of its own.</summary>
    public string Address { get; } = "127.0.0.1";

    /// <summary>The address that it sees this process come from.</summary>
    public string ClientAddress { get; } = "127.0.0.1";

    public int Port { get; }

    /// <summary>The process id: a network of its own is that of this process.</summary>
    public int Id => Running.Id;

    /// <summary>Starts one on loopback.</summary>
    /// <param name="arguments">More of its arguments: <c>--max-connections=10</c>.</param>
    public static MariaDbServer Start(params string[] arguments) => new(apart: false, arguments);

    /// <summary>
    /// Starts one in a network of its own, so that this process comes to it from an address that is not loopback and has a name: it counts
    /// interrupted handshakes only of hosts that it has looked up.
    /// </summary>
    /// <param name="arguments">More of its arguments.</param>
    public static MariaDbServer StartApart(params string[] arguments) => new(apart: true, arguments);

    /// <summary>A connection string for MySql.Data, without a pool: what is closed is gone.</summary>
    /// <param name="user">The user; null means <see cref="User"/>.</param>
    /// <param name="password">The password.</param>
    /// <param name="database">The database; empty for none.</param>
    /// <param name="more">More of it.</param>
    public string ConnectionString(string? user = null, string password = Password, string database = "app", string more = "CharSet=utf8mb4;Pooling=false") =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"Server={Address};Port={Port};Uid={user ?? User};Pwd={password};{(database.Length > 0 ? $"Database={database};" : "")}SslMode=none;{more}");

    /// <summary>Runs statements as root, and returns what they gave: a line a row, tabs between columns.</summary>
    public string Query(string sql)
    {
        var (exitCode, output, error) = Ask(sql);
        return exitCode == 0 ? output.Trim() : throw new InvalidOperationException($"{sql}: {error.Trim()}");
    }

    /// <summary>The same; null when it fails.</summary>
    public string? TryQuery(string sql) => Ask(sql) is (0, var output, _) ? output.Trim() : null;

    /// <summary>The value of a status variable.</summary>
    public long Status(string name) => long.Parse(Query($"SHOW GLOBAL STATUS LIKE '{name}'").Split('\t')[1], CultureInfo.InvariantCulture);

    /// <summary>Makes an account with these privileges, and none else.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="grants">The privileges, each as it stands between <c>GRANT</c> and <c>TO</c>.</param>
    public void CreateUser(string name, params string[] grants) =>
        Query($"CREATE USER {name} IDENTIFIED BY '{Password}'; " + string.Concat(grants.Select(grant => $"GRANT {grant} TO {name}; ")));

    /// <summary>Replicates from another, from what it does from now on.</summary>
    public void Follow(MariaDbServer primary)
    {
        primary.Query($"CREATE USER IF NOT EXISTS repl IDENTIFIED BY '{Password}'; GRANT REPLICATION SLAVE ON *.* TO repl");
        var at = primary.Query("SHOW MASTER STATUS").Split('\t');
        Query(
            $"CHANGE MASTER TO MASTER_HOST='{primary.Address}', MASTER_PORT={primary.Port}, MASTER_USER='repl', MASTER_PASSWORD='{Password}', "
            + $"MASTER_LOG_FILE='{at[0]}', MASTER_LOG_POS={at[1]}, MASTER_CONNECT_RETRY=1; START SLAVE");
    }

    /// <summary>SIGSTOP: it keeps everything and does nothing.</summary>
    public void Freeze() => Running.Stop();

    /// <summary>SIGCONT.</summary>
    public void Thaw() => Running.Continue();

    /// <summary>Ends it; <see cref="Start()"/> brings it up again with what it has.</summary>
    public void Stop()
    {
        if (_process is { } process)
        {
            process.Kill();
            process.Dispose();
            _process = null;
        }
    }

    /// <summary>Starts it, and waits until it answers.</summary>
    public void Start()
    {
        string[] command =
        [
            "mariadbd", "--no-defaults", "--user=root", $"--datadir={_directory}/data", $"--socket={_directory}/s", $"--pid-file={_directory}/pid", $"--port={Port}",
            "--innodb-log-file-size=4M", "--innodb-buffer-pool-size=8M", "--performance-schema=OFF",
        ];
        if (!_apart)
        {
            _process = ChildProcess.Start(command[0], [.. command[1..], "--bind-address=127.0.0.1", "--skip-name-resolve", .. _arguments]);
        }
        else
        {
            File.WriteAllText($"{_directory}/hosts", $"127.0.0.1 localhost\n{ClientAddress} client.example\n");
            _process = ChildProcess.Start(
                "unshare",
                [
                    "-mn", "sh", "-ec",
                    $"mount --bind {_directory}/hosts /etc/hosts; ip link set lo up; echo ready; read go; ip address add {Address}/30 dev peer; ip link set peer up; exec \"$@\"",
                    "sh", .. command, "--bind-address=0.0.0.0", .. _arguments,
                ]);
            _process.ReadLine();

            // It goes with the network of its other end.
            Tool.Run("ip", "link", "add", _link!, "type", "veth", "peer", "name", "peer", "netns", $"{_process.Id}");
            Tool.Run("ip", "address", "add", $"{ClientAddress}/30", "dev", _link!);
            Tool.Run("ip", "link", "set", _link!, "up");
            _process.WriteLine("go");
        }

        Eventually.TrueAsync(() => TryQuery("SELECT 1") == "1", "MariaDB answers", TimeSpan.FromSeconds(30), () => _process.Errors).GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        Stop();
        Directory.Delete(_directory, recursive: true);
    }

    private ChildProcess Running => _process ?? throw new InvalidOperationException("The server is stopped.");

    private (int ExitCode, string Output, string Error) Ask(string sql) =>
        Tool.TryRun("mariadb", "--no-defaults", "-uroot", "-S", $"{_directory}/s", "--default-character-set=utf8mb4", "-N", "-B", "-e", sql);
}
