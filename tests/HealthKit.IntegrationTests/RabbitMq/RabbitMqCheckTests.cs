using HealthKit.IntegrationTests.Servers;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace HealthKit.IntegrationTests.RabbitMq;

/// <summary>A real broker, broken for real.</summary>
public sealed class RabbitMqCheckTests(RabbitMqServer server) : IClassFixture<RabbitMqServer>, IAsyncLifetime
{
    private const string Password = RabbitMqBench.Password;

    public async Task InitializeAsync()
    {
        await server.AddUserAsync("app", Password, "monitoring", (".*", ".*", ".*"));
        await server.AddUserAsync("least", Password, "", ("", "", "^orders$"));
        await server.AddUserAsync("enough", Password, "monitoring", ("^amq\\.gen-.*", "^amq\\.default$", "^amq\\.gen-.*"));
        await server.AddUserAsync("stranger", Password);
        await server.SendAsync(HttpMethod.Put, "queues/%2F/orders", """{"durable":false}""");
        await server.SendAsync(HttpMethod.Put, "queues/%2F/mails", """{"durable":false}""");
        await server.SendAsync(HttpMethod.Put, "exchanges/%2F/shop", """{"type":"topic","durable":false}""");
        await server.SendAsync(HttpMethod.Post, "bindings/%2F/e/shop/q/orders", """{"routing_key":"order.created"}""");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task All_well_is_healthy_tells_the_numbers_and_leaves_nothing_behind()
    {
        await Eventually.TrueAsync(
            async () => (await server.SendAsync(HttpMethod.Get, "nodes?columns=mem_used")).Contains("mem_used", StringComparison.Ordinal), "the node has measured itself", TimeSpan.FromSeconds(30));
        var before = server.Everything();
        using (var check = RabbitMqBench.Check(server.AddressOf("app", Password), options =>
        {
            options.Management = server.Management;
            options.RequiredQueues = ["orders", "mails", "mai*"];
            options.RequiredExchanges = ["shop"];
            options.RequiredBindings = ["shop -> orders [order.created]", "shop -> orders"];
        }))
        {
            for (var run = 0; run < 3; run++)
            {
                var (status, reason, text, data) = await check.RunAsync();

                Assert.Equal((HealthStatus.Healthy, null, text), (status, reason, text));
                Assert.Matches("a message came back in .* 3 queues there, 1 exchange there", text);
                Assert.Contains("2 bindings there", text, StringComparison.Ordinal);
                Assert.StartsWith("3.", (string)data["version"], StringComparison.Ordinal);
                Assert.InRange((double)data["roundTripSeconds"], 0, 5);
                Assert.Equal((0.0, 0.0), ((double)data.Item("orders")["messageCount"], (double)data.Item("mails")["consumerCount"]));
                Assert.InRange((double)data.Item($"hk{server.Port}@localhost")["memoryUsedPercent"], 0.01, 99);
                Assert.Equal(run > 0, !data.ContainsKey("connectSeconds"));
            }
        }

        await Eventually.TrueAsync(() => server.Everything() == before, "all is as before", TimeSpan.FromSeconds(20), server.Everything);
    }

    public static TheoryData<string, string, string> Failures => new()
    {
        { "wrong password", "auth.rejected", "does not accept the user and password" },
        { "no vhost", "rabbitmq.noVhost", "there is no virtual host nowhere" },
        { "no access", "rabbitmq.vhostDenied", "the user has no access to virtual host /" },
        { "missing queues", "rabbitmq.queueMissing", "queues: 2 of 3 missing: bills, refunds" },
        { "missing pattern", "rabbitmq.queueMissing", "queues: 1 of 2 missing: o* (1 of 2)" },
        { "missing exchange", "rabbitmq.exchangeMissing", "exchanges: 1 of 2 missing: market" },
        { "missing binding", "rabbitmq.bindingMissing", "bindings: 2 of 3 missing: shop -> orders [order.paid], shop -> nowhere" },
        { "no permission to configure", "rabbitmq.denied", "lacks the permission configure on amq.gen-*" },
        { "no management tag", "rabbitmq.management.denied", "its user lacks the tag m" },
        { "no management", "rabbitmq.management.unavailable", "the management API at http://127.0.0.1:" },
        { "certificate", "tls.selfSigned", "self-signed" },
        { "unrouted canary", "rabbitmq.canary.unrouted", "a canary to exchange shop with routing key nobody.wants.it reached no queue" },
        { "canary to no exchange", "rabbitmq.exchangeMissing", "there is no exchange for canaries to exchange market" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Each_way_to_fail_has_its_reason_and_names_the_cause(string what, string reason, string words)
    {
        var app = server.AddressOf("app", Password);
        using var check = what switch
        {
            "wrong password" => RabbitMqBench.Check(server.AddressOf("app", Password + "x")),
            "no vhost" => RabbitMqBench.Check(server.AddressOf("app", Password, "nowhere")),
            "no access" => RabbitMqBench.Check(server.AddressOf("stranger", Password)),
            "missing queues" => RabbitMqBench.Check(app, options => options.RequiredQueues = ["bills", "orders", "refunds"]),
            "missing pattern" => RabbitMqBench.Check(app, options => (options.RequiredQueues, options.Management) = (["o* >= 2", "mails"], server.Management)),
            "missing exchange" => RabbitMqBench.Check(app, options => options.RequiredExchanges = ["shop", "market"]),
            "missing binding" => RabbitMqBench.Check(
                app, options => (options.RequiredBindings, options.Management) = (["shop -> orders [order.created]", "shop -> orders [order.paid]", "shop -> nowhere"], server.Management)),
            "no permission to configure" => RabbitMqBench.Check(server.AddressOf("least", Password), options => options.RequiredQueues = ["orders"]),
            "no management tag" => RabbitMqBench.Check(
                app, options => (options.Management, options.ManagementUser, options.ManagementPassword) = (server.Management, "least", Password)),
            "no management" => RabbitMqBench.Check(app, options => options.Management = new Uri($"http://127.0.0.1:{server.Port}")),
            "certificate" => RabbitMqBench.Check($"amqps://app:{Password}@127.0.0.1:{server.TlsPort}"),
            "unrouted canary" => RabbitMqBench.Check(app, options => (options.CanaryExchange, options.CanaryRoutingKey) = ("shop", "nobody.wants.it")),
            _ => RabbitMqBench.Check(app, options => options.CanaryExchange = "market"),
        };

        // The second run by a connection that is used again, where there is one.
        for (var run = 0; run < 2; run++)
        {
            var (status, itsReason, text, _) = await check.RunAsync();

            Assert.Equal((reason, text), (itsReason, text));
            Assert.Contains(words, text, StringComparison.Ordinal);
            Assert.Equal(reason is "rabbitmq.denied" or "rabbitmq.management.denied" or "rabbitmq.management.unavailable" ? HealthStatus.Degraded : HealthStatus.Unhealthy, status);
        }
    }

    [Fact]
    public async Task Tls_with_a_pinned_certificate_is_healthy()
    {
        using var check = RabbitMqBench.Check($"amqps://app:{Password}@127.0.0.1:{server.TlsPort}", options => options.PinnedSha256 = [server.CertificateSha256]);

        var (status, _, text, data) = await check.RunAsync();

        Assert.Equal((HealthStatus.Healthy, text), (status, text));
        Assert.StartsWith("TLS 1.", (string)data["tlsProtocol"], StringComparison.Ordinal);
        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
    }

    [Fact]
    public async Task The_documented_permissions_are_enough()
    {
        await using var connection = await ConnectAsync();
        await using var channel = await ConsumeAsync(connection, "orders", static _ => { });
        using var check = RabbitMqBench.Check(
            server.AddressOf("enough", Password),
            options => (options.RequiredQueues, options.RequiredExchanges, options.Management, options.CanaryRoutingKey) = (["orders"], ["shop"], server.Management, "orders"));

        var (status, _, text, _) = await check.RunAsync();

        Assert.Equal((HealthStatus.Healthy, text), (status, text));
        Assert.Contains("the app acknowledged a canary in ", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_missing_permission_is_named()
    {
        foreach (var (configure, write, read, words) in new[]
        {
            ("", ".*", ".*", "configure on amq.gen-*"),
            (".*", "", ".*", "write on amq.default"),
            (".*", ".*", "", "read on amq.gen-*"),
        })
        {
            await server.AddUserAsync("partly", Password, "", (configure, write, read));
            using var check = RabbitMqBench.Check(server.AddressOf("partly", Password), options => options.RequiredExchanges = ["shop"]);

            for (var run = 0; run < 2; run++)
            {
                var (status, reason, text, _) = await check.RunAsync();

                Assert.Equal((HealthStatus.Degraded, "rabbitmq.denied", text), (status, reason, text));
                Assert.Contains($"the user lacks the permission {words}", text, StringComparison.Ordinal);
                Assert.Contains("1 exchange there", text, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_disk_alarm_is_noticed_by_the_round_trip_and_by_the_management_api_and_connections_do_not_pile_up()
    {
        var before = server.Everything();
        using (var check = RabbitMqBench.Check(server.AddressOf("app", Password)))
        using (var watcher = RabbitMqBench.Check(server.AddressOf("app", Password), options => (options.RoundTrip, options.Management) = (false, server.Management)))
        {
            Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
            await UntilAsync(watcher, null); // what the management API tells is some seconds old
            server.Control("set_disk_free_limit", "900GB");
            try
            {
                await UntilAsync(check, "rabbitmq.alarm.disk");
                for (var run = 0; run < 5; run++)
                {
                    var (status, reason, text, _) = await check.RunAsync();
                    Assert.Equal((HealthStatus.Unhealthy, "rabbitmq.alarm.disk"), (status, reason));
                    Assert.Contains("low on disk", text, StringComparison.Ordinal);
                }

                var seen = await UntilAsync(watcher, "rabbitmq.alarm.disk");
                Assert.Contains($"node hk{server.Port}@localhost has a disk alarm (", seen, StringComparison.Ordinal);
                var connections = server.Control("list_connections", "name", "--no-table-headers").Split('\n', StringSplitOptions.RemoveEmptyEntries);
                Assert.InRange(connections.Length, 1, 3);
            }
            finally
            {
                server.Control("set_disk_free_limit", "50MB");
            }

            await UntilAsync(check, null);
            await UntilAsync(watcher, null);
        }

        await Eventually.TrueAsync(() => server.Everything() == before, "all is as before", TimeSpan.FromSeconds(20), server.Everything);
    }

    [Fact]
    public async Task A_memory_alarm_is_noticed_by_the_round_trip()
    {
        using var check = RabbitMqBench.Check(server.AddressOf("app", Password));
        server.Control("set_vm_memory_high_watermark", "absolute", "16MB");
        try
        {
            Assert.Contains("low on memory", await UntilAsync(check, "rabbitmq.alarm.memory"), StringComparison.Ordinal);
        }
        finally
        {
            server.Control("set_vm_memory_high_watermark", "0.4");
        }

        await UntilAsync(check, null);
    }

    [Fact]
    public async Task A_canary_that_the_app_acknowledges_is_timed()
    {
        await using var connection = await ConnectAsync();
        var work = 0;
        await using var channel = await ConsumeAsync(connection, "orders", _ => Interlocked.Increment(ref work));
        await using var other = await connection.CreateChannelAsync();
        await other.BasicPublishAsync("shop", "order.created", new byte[] { 1 });
        using var check = RabbitMqBench.Check(
            server.AddressOf("app", Password), options => (options.CanaryExchange, options.CanaryRoutingKey, options.CanaryInterval) = ("shop", "order.created", TimeSpan.FromSeconds(1)));

        for (var run = 0; run < 3; run++)
        {
            var (status, _, text, data) = await check.RunAsync();

            Assert.Equal((HealthStatus.Healthy, text), (status, text));
            Assert.Contains("the app acknowledged a canary in ", text, StringComparison.Ordinal);
            Assert.InRange((double)data["canarySeconds"], 0, 5);
        }

        await Eventually.TrueAsync(() => Volatile.Read(ref work) == 1, "the app worked on its own message, and on that alone");
    }

    [Fact]
    public async Task A_canary_that_nobody_takes_is_late_then_lost_and_does_not_pile_up()
    {
        await server.SendAsync(HttpMethod.Put, "queues/%2F/idle", """{"durable":false}""");
        using var check = RabbitMqBench.Check(server.AddressOf("app", Password), options =>
        {
            options.CanaryRoutingKey = "idle";
            options.CanaryInterval = TimeSpan.FromSeconds(1);
            options.CanaryLateAfter = TimeSpan.FromMilliseconds(500);
            options.CanaryLostAfter = TimeSpan.FromSeconds(2);
            options.RequiredQueues = ["idle"];
        });

        var (status, reason, text, data) = await check.RunAsync();
        Assert.Equal((HealthStatus.Degraded, "rabbitmq.canary.late", text), (status, reason, text));
        Assert.Equal(1.0, data.Item("idle")["messageCount"]);

        Assert.Contains("no consumer takes it", await UntilAsync(check, "rabbitmq.canary.lost"), StringComparison.Ordinal);
        for (var run = 0; run < 4; run++)
        {
            (status, reason, _, data) = await check.RunAsync();
            Assert.Equal((HealthStatus.Unhealthy, "rabbitmq.canary.lost"), (status, reason));
            Assert.InRange((double)data.Item("idle")["messageCount"], 0, 1);
        }

        // It comes back by itself.
        await using var connection = await ConnectAsync();
        await using var channel = await ConsumeAsync(connection, "idle", static _ => { });
        await UntilAsync(check, null);
    }

    [Fact]
    public async Task A_queue_source_tells_depth_consumers_and_what_the_management_api_knows()
    {
        foreach (var name in new[] { "todo", "todo2", "dead" })
        {
            await server.SendAsync(HttpMethod.Put, $"queues/%2F/{name}", """{"durable":false}""");
        }

        await using var connection = await ConnectAsync();
        await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(true, true));
        for (var i = 0; i < 5; i++)
        {
            await channel.BasicPublishAsync("", "todo", true, new BasicProperties { Timestamp = new AmqpTimestamp(DateTimeOffset.UtcNow.AddMinutes(-5).ToUnixTimeSeconds()) }, new byte[] { 1 });
        }

        await channel.BasicPublishAsync("", "dead", true, new byte[] { 1 });
        var taken = await channel.BasicGetAsync("todo", autoAck: false);
        await channel.BasicAckAsync(taken!.DeliveryTag, false);
        _ = await channel.BasicGetAsync("todo", autoAck: false);

        using var bare = (BrokerQueueSource)RabbitMqQueueSource.Create(server.AddressOf("app", Password), ["todo"]);
        var state = await bare.ReadAsync(CancellationToken.None);
        Assert.Equal(new QueueState(3) { Consumers = 0 }, state);
        Assert.DoesNotContain(Password, bare.Target, StringComparison.Ordinal);

        using var full = (BrokerQueueSource)RabbitMqQueueSource.Create(server.AddressOf("app", Password), ["todo", "todo2"], ["dead"], server.Management);
        await Eventually.TrueAsync(
            async () => (state = await full.ReadAsync(CancellationToken.None)) is { Depth: 3, Dead: 1, InProgress: 1, Parts.Count: 2 },
            "the management API knows it",
            TimeSpan.FromSeconds(30),
            () => $"{state}");
        Assert.Equal((3, 0), (state.Parts!["todo"].Depth, state.Parts["todo2"].Depth));
        Assert.True(state.OldestAge is null || state.OldestAge > TimeSpan.FromMinutes(4), $"{state.OldestAge}");

        var missing = RabbitMqQueueSource.Create(server.AddressOf("app", Password), ["todo", "nowhere", "nor-here"]);
        var error = await Assert.ThrowsAsync<StageException>(() => missing.ReadAsync(CancellationToken.None));
        Assert.Equal(("rabbitmq.queueMissing", "2 of 3 queues missing: nowhere, nor-here"), (error.Reason, error.Message));
        ((IDisposable)missing).Dispose();
    }

    private static async Task<string> UntilAsync(RabbitMqCheck check, string? reason)
    {
        var (text, last) = ("", (string?)"");
        await Eventually.TrueAsync(
            async () =>
            {
                (_, last, text, _) = await check.RunAsync();
                return last == reason;
            },
            $"the reason is {reason ?? "none"}",
            TimeSpan.FromSeconds(40),
            () => $"{last}: {text}");
        return text;
    }

    private static async Task<IChannel> ConsumeAsync(IConnection connection, string queue, Action<ReadOnlyMemory<byte>> work)
    {
        var channel = await connection.CreateChannelAsync();
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            if (!await RabbitMqCanary.TryAcknowledgeAsync(connection, delivery.BasicProperties))
            {
                work(delivery.Body);
            }

            await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false);
        };
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer);
        return channel;
    }

    private async Task<IConnection> ConnectAsync() =>
        await new ConnectionFactory { Uri = new Uri(server.AddressOf("app", Password)), AutomaticRecoveryEnabled = false }.CreateConnectionAsync();
}
