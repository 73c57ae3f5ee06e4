using System.Globalization;

namespace HealthKit.IntegrationTests.Dependencies;

/// <summary>
/// A real MariaDB, in a network of its own, with an address that is not loopback: it counts interrupted handshakes only of hosts that it has looked up.
/// </summary>
public sealed class MariaDbTests : IDisposable
{
    private const string Address = "10.99.0.1";

    private readonly string _directory = Directory.CreateTempSubdirectory("hk-mariadb-").FullName;
    private readonly ChildProcess _server;

    public MariaDbTests()
    {
        Tool.Run(
            "mariadb-install-db", "--no-defaults", "--user=root", $"--datadir={_directory}/data", "--auth-root-authentication-method=normal", "--skip-test-db",
            "--innodb-log-file-size=4M");
        File.WriteAllText($"{_directory}/hosts", $"127.0.0.1 localhost\n{Address} client.example\n");
        _server = ChildProcess.Start(
            "unshare",
            "-mn",
            "sh",
            "-ec",
            $"""
            mount --bind {_directory}/hosts /etc/hosts
            ip link set lo up
            ip address add {Address}/32 dev lo
            exec mariadbd --no-defaults --user=root --datadir={_directory}/data --socket={_directory}/s --pid-file={_directory}/pid --port=3306 \
              --bind-address={Address} --innodb-log-file-size=4M --innodb-buffer-pool-size=8M --performance-schema=OFF --max-connect-errors=5
            """);
        Eventually.TrueAsync(() => TryQuery("SELECT 1") == "1", "MariaDB answers", TimeSpan.FromSeconds(30), () => _server.Errors).GetAwaiter().GetResult();

        // A host from which nobody may log in is turned away at once, and not counted.
        Assert.NotNull(TryQuery("CREATE USER app IDENTIFIED BY 'x'"));
    }

    public void Dispose()
    {
        _server.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void It_is_connected_to_once_and_does_not_block_this_host()
    {
        using var child = Start(Address);

        for (var i = 0; i < 20; i++)
        {
            var (status, reason, text) = child.Run()["db"];
            Assert.Equal(("Degraded", "tcp.speaksFirst"), (status, reason));
            Assert.Contains("a MySQL or MariaDB server answers there (", text, StringComparison.Ordinal);
            Assert.Matches(@"answers there \([0-9.-]+-MariaDB[^)]*\); it counts ", text);
            Assert.Contains("Ask it by a check that logs in instead. It was connected to ", text, StringComparison.Ordinal);
        }

        Assert.InRange(AbortedConnects(), 0, 1);
    }

    [Fact]
    public async Task One_that_blocks_this_host_already_says_so()
    {
        // What a check would do that connects and closes at each run.
        Tool.Run("nsenter", "-t", $"{_server.Id}", "-n", "bash", "-c", $"for i in $(seq 12); do exec 3<>/dev/tcp/{Address}/3306; head -c 4 <&3 >/dev/null; exec 3>&-; done");
        await Eventually.TrueAsync(() => AbortedConnects() >= 5, "the server has counted them", seen: () => $"{AbortedConnects()}");

        using var child = Start(Address);
        var (status, reason, text) = child.Run()["db"];

        Assert.Equal(("Degraded", "tcp.speaksFirst"), (status, reason));
        Assert.Contains("(error 1129: Host '", text, StringComparison.Ordinal);
        Assert.Contains("' is blocked because of many connection errors", text, StringComparison.Ordinal);
    }

    private NetworkChild Start(string host) =>
        NetworkChild.Start(["nsenter", "-t", $"{_server.Id}", "-n", "-m"], [("db", ["Type=Tcp", $"Host={host}", "Port=3306"])]);

    private int AbortedConnects() =>
        int.Parse(TryQuery("SHOW GLOBAL STATUS LIKE 'Aborted_connects'")!.Split('\t')[1], CultureInfo.InvariantCulture);

    private string? TryQuery(string sql)
    {
        var (exitCode, output, _) = Tool.TryRun("mariadb", "--no-defaults", "-uroot", "-S", $"{_directory}/s", "-N", "-B", "-e", sql);
        return exitCode == 0 ? output.Trim() : null;
    }
}
