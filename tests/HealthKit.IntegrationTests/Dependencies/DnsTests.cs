using System.Diagnostics;
using System.Net;

namespace HealthKit.IntegrationTests.Dependencies;

/// <summary>The system's resolver with name servers of our own: in a mount namespace, with another /etc/resolv.conf.</summary>
public sealed class DnsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hk-dns-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_name_server_that_refuses_leaves_the_name_unknown()
    {
        // Nothing listens there: the kernel answers "port unreachable".
        using var child = NetworkChild.Start(ResolvConf("127.0.0.77", "timeout:1 attempts:1"), [("db", ["Type=Tcp", "Host=db.example", "Port=5432"])]);

        var (status, reason, text) = child.Run()["db"];

        Assert.Equal(("Unhealthy", "dns.unavailable"), (status, reason));
        Assert.Equal("db.example:5432: failed to resolve: no name server answered for db.example", text);
    }

    [Fact]
    public void Of_several_names_the_name_servers_are_at_fault()
    {
        using var child = NetworkChild.Start(
            ResolvConf("127.0.0.77", "timeout:1 attempts:1"),
            [("db", ["Type=Tcp", "Host=db.example", "Port=5432"]), ("shop", ["Type=Tls", "Host=shop.example"]), ("here", ["Type=Dns", "Host=localhost"])]);

        var run = child.Run();

        Assert.Equal(("network.noNames", "network.noNames", "Healthy"), (run["db"].Reason, run["shop"].Reason, run["here"].Status));
        Assert.Contains("none of the 2 hosts that are watched can be resolved: look at this machine's name servers first", run["db"].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silent_name_server_costs_the_deadline_and_one_thread_and_is_got_over()
    {
        var silent = true;
        using var server = new NameServer(
            IPAddress.Parse("127.0.0.78"), (_, six) => silent ? null : (NameServer.NoError, six ? [] : [IPAddress.Parse("10.1.0.7")]));
        using var child = NetworkChild.Start(
            ResolvConf("127.0.0.78", "timeout:2 attempts:3"),
            [("name", ["Type=Dns", "Host=db.example.", "Deadline=00:00:00.3"]), ("port", ["Type=Tcp", "Host=db.example.", "Port=5432", "Deadline=00:00:00.3"])]);

        var clock = Stopwatch.StartNew();
        var first = child.Run();
        for (var i = 0; i < 6; i++)
        {
            var run = child.Run();
            Assert.Equal(("dns.timeout", "dns.timeout"), (run["name"].Reason, run["port"].Reason));
            Assert.Matches(@"^db\.example\.: failed to resolve: no answer within 300 ms, [0-9]+ ms of it in this stage$", run["name"].Text);
            // Both checks, and all their runs, wait for one lookup.
            Assert.Equal(1, run.Lookups);
            Assert.InRange(run.Threads, 1, first.Threads + 2);
        }

        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(1.8), TimeSpan.FromSeconds(10));
        Assert.InRange(server.Asked, 1, 16);

        silent = false;
        await Eventually.TrueAsync(() => child.Run()["name"].Status == "Healthy", "the name is found again", TimeSpan.FromSeconds(20));
        var after = child.Run();
        Assert.StartsWith("db.example.: 1 address, 10.1.0.7 (resolve ", after["name"].Text, StringComparison.Ordinal);
        Assert.Equal(0, after.Lookups);
    }

    [Fact]
    public void Names_that_are_not_there_and_names_without_an_address_are_told_apart()
    {
        using var server = new NameServer(IPAddress.Parse("127.0.0.79"), (name, six) => name switch
        {
            "four.example" => (NameServer.NoError, six ? [] : [IPAddress.Parse("10.1.0.7"), IPAddress.Parse("10.1.0.8")]),
            "six.example" => (NameServer.NoError, six ? [IPAddress.Parse("fd00::7")] : []),
            "both.example" => (NameServer.NoError, six ? [IPAddress.Parse("fd00::7")] : [IPAddress.Parse("10.1.0.7")]),
            "none.example" => (NameServer.NoError, []),
            "broken.example" => (NameServer.Failure, []),
            _ => (NameServer.NoSuchName, []),
        });
        using var child = NetworkChild.Start(
            ResolvConf("127.0.0.79", "timeout:1 attempts:1"),
            [
                Check("missing", "missing.example."), Check("none", "none.example."), Check("broken", "broken.example."),
                Check("any", "both.example."), Check("both", "both.example.", "Family=Both"), Check("bothOfFour", "four.example.", "Family=Both"),
                Check("fourOfSix", "six.example.", "Family=IPv4"), Check("sixOfFour", "four.example.", "Family=IPv6"), Check("six", "six.example.", "Family=IPv6"),
                Check("sixOfMissing", "missing.example.", "Family=IPv6"),
                Check("expected", "four.example.", "Expected:0=10.1.0.7", "Expected:1=10.1.0.8"),
                Check("network", "four.example.", "Expected=10.1.0.0/24"),
                Check("unexpected", "four.example.", "Expected:0=10.1.0.7", "Expected:1=10.1.0.9"),
                Check("lacking", "four.example.", "Expected:0=10.1.0.0/16", "Expected:1=10.1.0.9"),
                Check("few", "four.example.", "MinimumAddressesCount=3"),
            ]);

        var run = child.Run();

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["missing"] = "dns.notFound",
                ["broken"] = "dns.unavailable",
                ["any"] = "",
                ["both"] = "",
                ["bothOfFour"] = "dns.noAddress",
                ["fourOfSix"] = "dns.noAddress",
                ["sixOfFour"] = "dns.noAddress",
                ["six"] = "",
                ["sixOfMissing"] = "dns.notFound",
                ["expected"] = "",
                ["network"] = "",
                ["unexpected"] = "dns.unexpected",
                ["lacking"] = "dns.missing",
                ["few"] = "dns.tooFew",
            },
            run.States.Where(state => state.Key != "none").ToDictionary(state => state.Key, state => state.Value.Reason));
        Assert.StartsWith("four.example.: answered what is not expected: 10.1.0.8; lacks what is expected: 10.1.0.9; 2 addresses, 10.1.0.7, 10.1.0.8 (", run["unexpected"].Text, StringComparison.Ordinal);

        // getaddrinfo(3) has two answers, and .NET makes one of them.
        Assert.Contains(run["none"].Reason, (string[])["dns.notFound", "dns.noAddress"]);
    }

    [Fact]
    public void The_hosts_file_is_asked_first()
    {
        var hosts = Path.Combine(_directory, "hosts");
        File.WriteAllText(hosts, "10.1.0.7 db.example\n");
        using var child = NetworkChild.Start(NetworkChild.WithFile(hosts, "/etc/hosts"), [Check("db", "db.example", "Expected=10.1.0.7")]);

        Assert.Equal("Healthy", child.Run()["db"].Status);
    }

    private static (string Name, string[] Settings) Check(string name, string host, params string[] settings) => (name, ["Type=Dns", $"Host={host}", .. settings]);

    private string[] ResolvConf(string server, string options)
    {
        var file = Path.Combine(_directory, "resolv.conf");
        File.WriteAllText(file, $"nameserver {server}\noptions {options}\n");
        return NetworkChild.WithFile(file, "/etc/resolv.conf");
    }
}
