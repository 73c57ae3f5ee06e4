using HealthKit.IntegrationTests.Servers;

namespace HealthKit.IntegrationTests.Dependencies;

/// <summary>The TCP check and a real MariaDB that it reaches from an address that is not loopback.</summary>
public sealed class MariaDbTests : IDisposable
{
    private readonly MariaDbServer _server = MariaDbServer.StartApart("--max-connect-errors=5");

    public void Dispose() => _server.Dispose();

    [Fact]
    public void It_is_connected_to_once_and_does_not_block_this_host()
    {
        using var child = StartChild();

        for (var i = 0; i < 20; i++)
        {
            var (status, reason, text) = child.Run()["db"];
            Assert.Equal(("Degraded", "tcp.speaksFirst"), (status, reason));
            Assert.Contains("a MySQL or MariaDB server answers there (", text, StringComparison.Ordinal);
            Assert.Matches(@"answers there \([0-9.-]+-MariaDB[^)]*\); it counts ", text);
            Assert.Contains("Ask it by a check that logs in (AddMySqlCheck, Type: MySql) instead. It was connected to ", text, StringComparison.Ordinal);
        }

        Assert.InRange(_server.Status("Aborted_connects"), 0, 1);
    }

    [Fact]
    public async Task One_that_blocks_this_host_already_says_so()
    {
        // What a check would do that connects and closes at each run.
        Tool.Run("bash", "-c", $"for i in $(seq 12); do exec 3<>/dev/tcp/{_server.Address}/{_server.Port}; head -c 4 <&3 >/dev/null; exec 3>&-; done");
        await Eventually.TrueAsync(() => _server.Status("Aborted_connects") >= 5, "the server has counted them", seen: () => $"{_server.Status("Aborted_connects")}");

        using var child = StartChild();
        var (status, reason, text) = child.Run()["db"];

        Assert.Equal(("Degraded", "tcp.speaksFirst"), (status, reason));
        Assert.Contains("(error 1129: Host '", text, StringComparison.Ordinal);
        Assert.Contains("' is blocked because of many connection errors", text, StringComparison.Ordinal);
    }

    private NetworkChild StartChild() =>
        NetworkChild.Start([], [("db", ["Type=Tcp", $"Host={_server.Address}", $"Port={_server.Port}"])]);
}
