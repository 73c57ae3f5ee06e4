using System.Diagnostics;
using System.Text;
using HealthKit.Tests.Dependencies;
using HealthKit.Tests.Support;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using RabbitMQ.Client;

namespace HealthKit.Tests.RabbitMq;

public class RabbitMqCheckTests
{
    private static readonly byte[] Start =
        [1, 0, 0, 0, 0, 0, 28, 0, 10, 0, 10, 0, 9, 0, 0, 0, 0, 0, 0, 0, 5, .. "PLAIN"u8, 0, 0, 0, 5, .. "en_US"u8, 0xCE];

    private readonly ShiftedTime _time = new();

    [Fact]
    public async Task A_message_comes_back_and_the_connections_are_used_again_for_five_minutes()
    {
        using var broker = new FakeBroker { There = ["orders"] };
        using var check = Check($"amqp://u:p@127.0.0.1:{broker.Port}", options => options.RequiredQueues = ["orders"]);

        var first = await check.RunAsync();
        var second = await check.RunAsync();
        Assert.Equal((HealthStatus.Healthy, first.Description), (first.Status, first.Description));
        Assert.Matches("a message came back in .*, 1 queue there", first.Description);
        Assert.Equal((2, "3.99"), (broker.Accepted, first.Data["version"]));
        Assert.True(first.Data.ContainsKey("authenticateSeconds"));
        Assert.False(second.Data.ContainsKey("authenticateSeconds"));

        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.True((await check.RunAsync()).Data.ContainsKey("authenticateSeconds"));
        Assert.Equal((4, 0), (broker.Accepted, broker.Queues));
    }

    [Fact]
    public async Task A_broker_that_reads_no_more_has_an_alarm_and_is_not_published_to_again()
    {
        using var broker = new FakeBroker { BlockedReason = "low on disk & memory" };
        using var check = Check($"amqp://u:p@127.0.0.1:{broker.Port}");

        for (var run = 0; run < 4; run++)
        {
            var result = await check.RunAsync();
            Assert.Equal((HealthStatus.Unhealthy, "rabbitmq.alarm.memory"), (result.Status, result.Reason()));
            Assert.Contains("disk alarm (low on disk & memory)", result.Description, StringComparison.Ordinal);
        }

        Assert.Equal((2, 0), (broker.Accepted, broker.Queues));
    }

    [Fact]
    public async Task A_missing_queue_is_named_with_all_others_though_each_closes_its_channel()
    {
        using var broker = new FakeBroker { There = ["b"] };
        using var check = Check($"amqp://u:p@127.0.0.1:{broker.Port}", options => options.RequiredQueues = ["a", "b", "c"]);

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, "rabbitmq.queueMissing"), (result.Status, result.Reason()));
        Assert.Contains("queues: 2 of 3 missing: a, c", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_queue_is_asked_for_by_its_name_as_it_is()
    {
        using var broker = new FakeBroker { There = [" a b ", "jobs*", "x >= 2"] };
        using var check = Check($"amqp://u:p@127.0.0.1:{broker.Port}", options => (options.RoundTrip, options.RequiredQueues) = (false, [" a b ", "jobs*", "x >= 2"]));
        var result = await check.RunAsync();
        Assert.Equal((HealthStatus.Healthy, result.Description), (result.Status, result.Description));
        Assert.Contains("3 queues there", result.Description, StringComparison.Ordinal);

        using var other = Check($"amqp://u:p@127.0.0.1:{broker.Port}", options => (options.RoundTrip, options.RequiredQueues) = (false, ["a b", "mails?"]));
        var missing = await other.RunAsync();
        Assert.Contains("queues: 2 of 2 missing: a b, mails? (patterns need Management: AMQP cannot list queues)", missing.Description, StringComparison.Ordinal);

        var source = RabbitMqQueueSource.Create($"amqp://u:p@127.0.0.1:{broker.Port}", ["jobs*", " a b "], management: new Uri("http://127.0.0.1:1"));
        Assert.Equal(14, (await source.ReadAsync(CancellationToken.None)).Depth);
        ((IDisposable)source).Dispose();
    }

    public static TheoryData<string, string, string> Strangers => new()
    {
        { "speaks HTTP", "rabbitmq.protocol", "authenticate" },
        { "speaks AMQP 1.0", "rabbitmq.protocol", "authenticate" },
        { "claims a huge frame", "rabbitmq.protocol", "authenticate" },
        { "claims a negative frame", "rabbitmq.protocol", "authenticate" },
        { "ends within a frame", "rabbitmq.closed", "authenticate" },
        { "closes", "rabbitmq.closed", "authenticate" },
        { "closes after the start", "rabbitmq.closed", "authenticate" },
        { "says nothing", "auth.timeout", "authenticate" },
        { "sends zeros without end", "rabbitmq.protocol", "authenticate" },
        { "sends heartbeats without end", "auth.timeout", "authenticate" },
        { "offers no PLAIN and closes", "auth.mechanism", "authenticate" },
    };

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task What_is_no_broker_is_told_within_the_deadline(string what, string reason, string stage)
    {
        using var server = new RawServer(async (socket, token) =>
        {
            var got = new byte[8];
            _ = await socket.ReceiveAsync(got, token);
            byte[] said = what switch
            {
                "speaks HTTP" => Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
                "speaks AMQP 1.0" => [.. "AMQP"u8, 0, 1, 0, 0],
                "claims a huge frame" => [1, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0],
                "claims a negative frame" => [1, 0, 0, 0xff, 0xff, 0xff, 0xf0, 0],
                "ends within a frame" => Start[..20],
                "closes after the start" => Start,
                "sends zeros without end" => new byte[4096],
                "sends heartbeats without end" => [.. Enumerable.Repeat(new byte[] { 8, 0, 0, 0, 0, 0, 0, 0xCE }, 500).SelectMany(static frame => frame)],
                "offers no PLAIN and closes" => [.. Start[..21], .. "OTHER"u8, .. Start[26..]],
                _ => [],
            };
            if (said.Length > 0)
            {
                await socket.SendAsync(said, token);
            }

            while (what.EndsWith("without end", StringComparison.Ordinal))
            {
                await socket.SendAsync(said, token);
            }

            if (!what.Contains("close", StringComparison.Ordinal) && !what.StartsWith("ends", StringComparison.Ordinal))
            {
                await RawServer.DrainAsync(socket, token);
            }
        });
        using var check = Check($"amqp://u:p@127.0.0.1:{server.Port}", options => options.Deadline = TimeSpan.FromSeconds(2));
        var clock = Stopwatch.StartNew();

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, reason, result.Description), (result.Status, result.Reason(), result.Description));
        Assert.Equal(stage, result.Data["failedStage"]);
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_broker_that_hangs_is_noticed_though_nothing_is_required_of_it()
    {
        using var broker = new FakeBroker();
        using var check = Check($"amqp://u:p@127.0.0.1:{broker.Port}", options => (options.RoundTrip, options.Deadline) = (false, TimeSpan.FromSeconds(3)));
        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
        Assert.Equal(1, broker.Accepted);

        broker.Hangs = true;
        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, "use.timeout"), (result.Status, result.Reason()));
    }

    [Fact]
    public async Task A_connection_that_stands_is_kept_when_the_second_cannot_be_had()
    {
        using var broker = new FakeBroker { Welcome = 1 };
        using var check = Check($"amqp://u:p@127.0.0.1:{broker.Port}", options => options.Deadline = TimeSpan.FromSeconds(3));
        Assert.Equal("auth.timeout", (await check.RunAsync()).Reason());
        Assert.Equal(2, broker.Accepted);

        broker.Welcome = int.MaxValue;
        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
        Assert.Equal(3, broker.Accepted);
    }

    [Fact]
    public async Task The_stage_that_used_up_the_time_is_the_one_that_is_named()
    {
        using var run = new StageRun(TestNetwork.With(_time), TimeSpan.FromSeconds(2), CancellationToken.None);
        await run.DoAsync(Stage.Authenticate, _ =>
        {
            _time.Advance(TimeSpan.FromSeconds(60));
            return Task.CompletedTask;
        });
        var late = await Assert.ThrowsAsync<StageException>(() => run.DoAsync(Stage.Connect, static token => Task.Delay(Timeout.Infinite, token)));

        var blamed = RabbitMqCheck.Blame(run, late);

        Assert.Equal(("tcp.timeout", "auth.timeout", Stage.Authenticate), (late.Reason, blamed.Reason, blamed.Stage));
        Assert.Contains("the first of two connections took 1 min to authenticate", blamed.Message, StringComparison.Ordinal);
        var other = new StageException(Stage.Connect, "tcp.refused", "nothing listens there");
        Assert.Same(other, RabbitMqCheck.Blame(run, other));
    }

    [Fact]
    public async Task The_time_that_the_app_takes_for_a_canary_is_not_the_brokers()
    {
        using var broker = new FakeBroker();
        using var check = Check($"amqp://u:p@127.0.0.1:{broker.Port}", options => options.CanaryRoutingKey = "orders");
        var clock = Stopwatch.StartNew();

        var result = await check.RunAsync();

        Assert.Contains("a canary is on its way to queue orders", result.Description, StringComparison.Ordinal);
        var stages = result.Data.Where(static one => one.Key is "resolveSeconds" or "connectSeconds" or "authenticateSeconds" or "useSeconds").Sum(static one => (double)one.Value);
        Assert.InRange(clock.Elapsed.TotalSeconds - stages, 0.9, 60);
    }

    [Fact]
    public async Task A_virtual_host_that_is_not_there_is_told_each_time()
    {
        using var broker = new FakeBroker { CloseAtOpen = "NOT_ALLOWED - vhost shop not found" };
        for (var i = 0; i < 20; i++)
        {
            using var check = Check($"amqp://u:p@127.0.0.1:{broker.Port}/shop");

            var result = await check.RunAsync();

            Assert.Equal((HealthStatus.Unhealthy, "rabbitmq.noVhost", result.Description), (result.Status, result.Reason(), result.Description));
        }
    }

    [Fact]
    public async Task A_connection_to_an_address_that_was_changed_is_closed_even_where_the_new_one_cannot_be_had()
    {
        var open = 2;
        var left = new TaskCompletionSource();
        using var broker = new FakeBroker
        {
            Left = () =>
            {
                if (Interlocked.Decrement(ref open) == 0)
                {
                    left.TrySetResult();
                }
            },
        };
        using var nobody = new FakeBroker { Welcome = 0 };
        var options = new RabbitMqOptions { ConnectionString = $"amqp://u:p@127.0.0.1:{broker.Port}", Deadline = TimeSpan.FromSeconds(10) };
        using var check = new RabbitMqCheck(TestNetwork.With(_time), () => options, new Redactor());
        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);

        options = new RabbitMqOptions { ConnectionString = $"amqp://u:p@127.0.0.1:{nobody.Port}", Deadline = TimeSpan.FromSeconds(2) };
        Assert.Equal(HealthStatus.Unhealthy, (await check.RunAsync()).Status);

        await left.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData("amqp://app:a'b\"c9d@mq/o", "a'b\"c9d", "***")]
    [InlineData("amqp://orders:orders@mq/o", "orders", "orders")]
    [InlineData("amqp://app:orders@mq/orders", "orders", "orders")]
    public void The_password_is_registered_unless_it_is_a_name_too(string connection, string word, string expected)
    {
        var redactor = new Redactor();
        _ = new RabbitMqPlan(new RabbitMqOptions { ConnectionString = connection }, redactor);
        Assert.Equal($"it said {expected} so", redactor.Redact($"it said {word} so"));
    }

    [Fact]
    public void Only_canaries_are_canaries()
    {
        Assert.False(RabbitMqCanary.IsCanary(new BasicProperties()));
        Assert.False(RabbitMqCanary.IsCanary(new BasicProperties { Headers = new Dictionary<string, object?> { ["x-other"] = "y" } }));
        Assert.True(RabbitMqCanary.IsCanary(new BasicProperties { Headers = new Dictionary<string, object?> { [RabbitMqCanary.HeaderName] = "y" } }));
        Assert.Throws<ArgumentNullException>(() => RabbitMqCanary.IsCanary(null!));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("orders")]
    [InlineData("amq.rabbitmq.reply-to")]
    public async Task A_canary_is_replied_to_by_the_brokers_own_way_back_alone(string? replyTo)
    {
        using var broker = new FakeBroker();
        await using var connection = await new ConnectionFactory { HostName = "127.0.0.1", Port = broker.Port, AutomaticRecoveryEnabled = false }.CreateConnectionAsync();
        await connection.CloseAsync();
        var properties = new BasicProperties { Headers = new Dictionary<string, object?> { [RabbitMqCanary.HeaderName] = "y" }, ReplyTo = replyTo };

        // Not even tried; and where it is, a connection that is gone harms no consumer.
        Assert.True(await RabbitMqCanary.TryAcknowledgeAsync(connection, properties));
        Assert.False(await RabbitMqCanary.TryAcknowledgeAsync(connection, new BasicProperties { ReplyTo = "amq.rabbitmq.reply-to.x" }));
        properties.ReplyTo = "amq.rabbitmq.reply-to.x";
        Assert.True(await RabbitMqCanary.TryAcknowledgeAsync(connection, properties));
    }

    [Fact]
    public async Task What_options_may_not_be_is_told_by_name_and_shows_no_password()
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(
            static _ => { },
            ("Checks:mq:Type", "RabbitMq"),
            ("Checks:mq:ConnectionString", "amqp://u:s3cr3t-word@mq example"),
            ("Checks:mq:RequiredQueues", "orders\u0001"),
            ("Checks:mq:RequiredBindings", "shop -> orders"),
            ("Checks:mq:ManagementUser", "somebody"),
            ("Checks:mq:CanaryLostAfter", "00:00:01")));

        Assert.DoesNotContain("s3cr3t-word", error.Message, StringComparison.Ordinal);
        foreach (var option in new[] { "ConnectionString", "RequiredQueues", "RequiredBindings", "ManagementUser", "CanaryLostAfter" })
        {
            Assert.Contains($"HealthKit:Checks:mq:{option} = ", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Configuration_names_a_queue_of_a_broker()
    {
        using var broker = new FakeBroker { There = ["orders", "orders.dead"] };
        await using var host = await TestHost.Start(
            static _ => { },
            ("Checks:orders:Type", "Queue"),
            ("Checks:orders:Source", "RabbitMq"),
            ("Checks:orders:ConnectionString", $"amqp://u:s3cr3t-word@127.0.0.1:{broker.Port}"),
            ("Checks:orders:Queue", "orders"),
            ("Checks:orders:DeadLetterQueues", "orders.dead"));

        var state = await host.Monitor.RunAsync("orders");

        Assert.Equal((HealthStatus.Healthy, state.Description), (state.Status, state.Description));
        Assert.Contains($"amqp://127.0.0.1:{broker.Port} queue orders", state.Description, StringComparison.Ordinal);
        Assert.Contains(state.Readings, static reading => reading is { Name: "depthCount", Value: 7 });
        Assert.Contains(state.Readings, static reading => reading is { Name: "deadCount", Value: 7 });
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(
            static _ => { },
            ("Checks:orders:Type", "Queue"),
            ("Checks:orders:Source", "RabbitMq"),
            ("Checks:orders:ConnectionString", "amqp://mq.example"),
            ("Checks:orders:Queue", "orders"),
            ("Checks:orders:DeadLetterQueues", "orders\u0001"),
            ("Checks:orders:Management", "ftp://mq.example")));
        Assert.Contains("HealthKit:Checks:orders:DeadLetterQueues = ", error.Message, StringComparison.Ordinal);
        Assert.Contains("HealthKit:Checks:orders:Management = ", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(
            static _ => { }, ("Checks:orders:Type", "Queue"), ("Checks:orders:Source", "RabbitMq"), ("Checks:orders:ConnectionString", "amqp://mq.example")));
    }

    [Fact]
    public void A_queue_source_takes_names_alone()
    {
        foreach (var queues in new[] { Array.Empty<string>(), [""], ["a\u0001"], ["a", new string('b', 256)] })
        {
            Assert.Equal("queues", Assert.Throws<ArgumentException>(() => RabbitMqQueueSource.Create("amqp://mq.example", queues)).ParamName);
        }

        var error = Assert.Throws<ArgumentException>(static () => RabbitMqQueueSource.Create("amqp://u:s3cr3t-word@", ["a"]));
        Assert.Equal("connectionString", error.ParamName);
        Assert.DoesNotContain("s3cr3t-word", error.Message, StringComparison.Ordinal);
    }

    private RabbitMqCheck Check(string connection, Action<RabbitMqOptions>? configure = null)
    {
        var options = new RabbitMqOptions { ConnectionString = connection, Deadline = TimeSpan.FromSeconds(10) };
        configure?.Invoke(options);
        Assert.Empty(RabbitMqCheck.Type.Validate(options));
        return new RabbitMqCheck(TestNetwork.With(_time), () => options, new Redactor());
    }
}
