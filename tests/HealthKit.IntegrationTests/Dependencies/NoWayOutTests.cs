namespace HealthKit.IntegrationTests.Dependencies;

/// <summary>A process without a network: in a network namespace of its own (network_namespaces(7)), where there is nothing.</summary>
public sealed class NoWayOutTests
{
    private static readonly string[] NoNetwork = ["unshare", "-n"];

    [Fact]
    public void When_nobody_can_be_reached_it_is_this_machines_network()
    {
        using var child = NetworkChild.Start(
            NoNetwork,
            [
                ("one", ["Type=Tcp", "Host=192.0.2.1", "Port=80"]), ("two", ["Type=Tcp", "Host=198.51.100.1", "Port=443"]),
                ("three", ["Type=Tls", "Host=203.0.113.1"]), ("six", ["Type=Tcp", "Host=2001:db8::1", "Port=80"]),
            ]);

        var run = child.Run();

        Assert.All(run.States, state =>
        {
            Assert.Equal(("Unhealthy", "network.noWayOut"), (state.Value.Status, state.Value.Reason));
            Assert.Contains("none of the 4 hosts that are watched can be connected to: look at this machine's network first; ", state.Value.Text, StringComparison.Ordinal);
        });
        Assert.EndsWith("192.0.2.1:80 cannot be reached: no route to its network", run["one"].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void One_host_alone_is_that_one()
    {
        using var child = NetworkChild.Start(NoNetwork, [("one", ["Type=Tcp", "Host=192.0.2.1", "Port=80"])]);

        Assert.Equal(("Unhealthy", "tcp.unreachable"), (child.Run()["one"].Status, child.Run()["one"].Reason));
    }

    [Fact]
    public void A_host_that_refuses_is_the_way_out()
    {
        // An address of this machine that is not loopback, in a network of its own: it refuses. The other has no route.
        using var child = NetworkChild.Start(
            ["unshare", "-n", "sh", "-ec", "ip link set lo up; ip address add 10.99.0.1/32 dev lo; exec \"$@\"", "sh"],
            [("up", ["Type=Tcp", "Host=10.99.0.1", "Port=80"]), ("down", ["Type=Tcp", "Host=192.0.2.1", "Port=80"])]);

        var run = child.Run();

        Assert.Equal(("tcp.refused", "tcp.unreachable"), (run["up"].Reason, run["down"].Reason));
    }
}
