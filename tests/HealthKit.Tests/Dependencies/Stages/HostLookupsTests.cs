using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.Dependencies;

public sealed class HostLookupsTests : IDisposable
{
    private static readonly IPAddress[] Answer = [IPAddress.Parse("192.0.2.7")];

    private readonly ManualResetEventSlim _answered = new();
    private int _asked;

    public void Dispose() => _answered.Set();

    [Fact]
    public async Task Fifty_who_ask_for_a_name_wait_for_one_lookup()
    {
        var network = Blocking();
        var waiters = Enumerable.Range(0, 50).Select(i => Resolve(network, i % 2 == 0 ? "db.example" : "DB.Example")).ToList();
        await Wait.For(() => Volatile.Read(ref _asked) == 1);

        Assert.Equal(1, network.Lookups.UnderWay);
        Assert.All(waiters, waiter => Assert.False(waiter.IsCompleted));
        _answered.Set();

        Assert.All(await Task.WhenAll(waiters), found => Assert.Equal(Answer, found));
        Assert.Equal((1, 0), (_asked, network.Lookups.UnderWay));
    }

    [Fact]
    public async Task Other_names_and_other_families_have_lookups_of_their_own()
    {
        var network = Blocking();
        Task[] waiters =
        [
            Resolve(network, "one.example"), Resolve(network, "two.example"), Resolve(network, "one.example", AddressFamily.InterNetwork),
            Resolve(network, "one.example", AddressFamily.InterNetworkV6),
        ];
        await Wait.For(() => Volatile.Read(ref _asked) == 4);

        Assert.Equal(4, network.Lookups.UnderWay);
        _answered.Set();
        await Task.WhenAll(waiters);
    }

    [Fact]
    public async Task Who_gives_up_leaves_the_lookup_and_the_next_run_joins_it()
    {
        var network = Blocking();
        for (var run = 0; run < 5; run++)
        {
            var clock = Stopwatch.StartNew();
            var error = await Assert.ThrowsAsync<StageException>(() => Resolve(network, "db.example", deadline: TimeSpan.FromMilliseconds(60)));
            Assert.Equal((Stage.Resolve, "dns.timeout"), (error.Stage, error.Reason));
            Assert.InRange(clock.Elapsed, TimeSpan.FromMilliseconds(40), TimeSpan.FromSeconds(20));
        }

        Assert.Equal((1, 1), (_asked, network.Lookups.UnderWay));
        var last = Resolve(network, "db.example");
        _answered.Set();

        Assert.Equal(Answer, await last);
        Assert.Equal((1, 0), (_asked, network.Lookups.UnderWay));
    }

    [Fact]
    public async Task A_run_that_is_ended_from_outside_ends_at_once_and_is_no_failure()
    {
        var network = Blocking();
        using var end = new CancellationTokenSource();
        var run = Resolve(network, "db.example", token: end.Token);
        await Wait.For(() => Volatile.Read(ref _asked) == 1);

        await end.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal(1, network.Lookups.UnderWay);
    }

    [Fact]
    public async Task A_fault_reaches_all_who_wait_and_the_next_one_asks_anew()
    {
        var fails = true;
        var network = new Network(TimeProvider.System)
        {
            Lookups = new HostLookups((_, _) =>
            {
                Interlocked.Increment(ref _asked);
                _answered.Wait();
                return fails ? throw new SocketException((int)SocketError.TryAgain) : Answer;
            }),
        };
        var waiters = Enumerable.Range(0, 10).Select(_ => Resolve(network, "db.example")).ToList();
        await Wait.For(() => Volatile.Read(ref _asked) == 1);
        _answered.Set();

        foreach (var waiter in waiters)
        {
            Assert.Equal("dns.unavailable", (await Assert.ThrowsAsync<StageException>(() => waiter)).Reason);
        }

        fails = false;
        Assert.Equal(Answer, await Resolve(network, "db.example"));
        Assert.Equal((2, 0), (_asked, network.Lookups.UnderWay));
    }

    [Theory]
    [InlineData(SocketError.HostNotFound, "dns.notFound", "there is no name db.example")]
    [InlineData(SocketError.NoData, "dns.noAddress", "db.example has no address")]
    [InlineData(SocketError.TryAgain, "dns.unavailable", "no name server answered for db.example")]
    [InlineData(SocketError.NoRecovery, "dns.failed", "db.example could not be looked up")]
    public async Task The_resolvers_answer_has_a_reason(SocketError answer, string reason, string text)
    {
        var network = Failing(new SocketException((int)answer));

        var error = await Assert.ThrowsAsync<StageException>(() => Resolve(network, "db.example"));

        Assert.Equal(reason, error.Reason);
        Assert.StartsWith(text, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_resolver_refuses_or_lacks_has_a_reason_too()
    {
        Assert.Equal("dns.notFound", (await Assert.ThrowsAsync<StageException>(() => Resolve(Failing(new ArgumentException("long")), "db.example"))).Reason);
        Assert.Equal("dns.failed", (await Assert.ThrowsAsync<StageException>(() => Resolve(Failing(new OutOfMemoryException()), "db.example"))).Reason);
        var none = new Network(TimeProvider.System) { Lookups = new HostLookups((_, _) => []) };
        var error = await Assert.ThrowsAsync<StageException>(() => Resolve(none, "db.example", AddressFamily.InterNetworkV6));
        Assert.Equal(("dns.noAddress", "db.example has no IPv6 address (AAAA)"), (error.Reason, error.Message));
    }

    [Fact]
    public async Task An_address_is_its_own_answer()
    {
        var network = Failing(new SocketException((int)SocketError.HostNotFound));
        using var run = new StageRun(network, TimeSpan.FromSeconds(5), CancellationToken.None);

        Assert.Equal([IPAddress.IPv6Loopback], await network.Lookups.ResolveAsync(run, "[::1]"));
        Assert.Equal([IPAddress.Loopback], await network.Lookups.ResolveAsync(run, "127.0.0.1"));

        Assert.Null(run.Reached);
        Assert.Null(run.TimeOf(Stage.Resolve));
    }

    [Fact]
    public async Task The_systems_resolver_knows_localhost()
    {
        var network = new Network(TimeProvider.System);

        Assert.All(await Resolve(network, "localhost"), address => Assert.True(IPAddress.IsLoopback(address)));
        Assert.Contains(IPAddress.Loopback, await Resolve(network, "localhost", AddressFamily.InterNetwork));
    }

    private static Network Failing(Exception error) => new(TimeProvider.System) { Lookups = new HostLookups((_, _) => throw error) };

    private static async Task<IPAddress[]> Resolve(
        Network network, string host, AddressFamily family = AddressFamily.Unspecified, TimeSpan? deadline = null, CancellationToken token = default)
    {
        using var run = new StageRun(network, deadline ?? TimeSpan.FromSeconds(20), token);
        return await network.Lookups.ResolveAsync(run, host, family);
    }

    private Network Blocking() => new(TimeProvider.System)
    {
        Lookups = new HostLookups((_, _) =>
        {
            Interlocked.Increment(ref _asked);
            _answered.Wait();
            return Answer;
        }),
    };
}
