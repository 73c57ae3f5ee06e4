using System.Threading.Channels;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace HealthKit.Tests.Dependencies.Queues;

public class DeclaredQueueTests
{
    [Theory]
    [InlineData("HealthKit:Checks:jobs:Source = 'Kafka'; allowed: one of ", "Source=Kafka")]
    [InlineData("HealthKit:Checks:jobs:Source is missing; allowed: one of ", "Queue=a")]
    [InlineData("HealthKit:Checks:jobs:Group = '(set)'; allowed: nothing: the source RedisList does not use it, but ConnectionString, Queue, ", "Source=redislist;ConnectionString=redis://a;Queue=a;Group=b")]
    [InlineData("HealthKit:Checks:jobs:Queue is missing; allowed: the name of a key", "Source=RedisList;ConnectionString=redis://a")]
    [InlineData("HealthKit:Checks:jobs:Group is missing; allowed: the name of a consumer group", "Source=RedisStream;ConnectionString=redis://a;Queue=a")]
    [InlineData("HealthKit:Checks:jobs:ConsumerLostAfter = 00:00:00", "Source=RedisStream;ConnectionString=redis://a;Queue=a;Group=b;ConsumerLostAfter=00:00:00")]
    [InlineData("HealthKit:Checks:jobs:EnqueuedAtPointer = 'x'; allowed: a JSON pointer", "Source=RedisList;ConnectionString=redis://a;Queue=a;EnqueuedAtPointer=x")]
    [InlineData("HealthKit:Checks:jobs:ConnectionString is missing", "Source=Sidekiq")]
    [InlineData("HealthKit:Checks:jobs:Statement is missing; allowed: one read-only statement", "Source=Sql;DataSource=shop")]
    [InlineData("HealthKit:Checks:jobs:DataSource = 'shop'; allowed: the key of a DbDataSource", "Source=Sql;DataSource=shop;Statement=SELECT 1 AS depth")]
    [InlineData("HealthKit:Checks:jobs:Service = 'own'; allowed: the key of an IQueueSource that the app registers", "Source=Service;Service=own")]
    public async Task What_cannot_be_looked_at_stops_the_start_and_names_what_is_allowed(string message, string options)
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(_ => { }, Settings(options)));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RabbitMq_without_its_package_names_the_call_that_is_missing()
    {
        var builder = TestHost.Builder(Settings("Source=RabbitMq;ConnectionString=amqp://a;Queue=b"));
        builder.AddHealthKit(options => options.AddDefaultChecks = false).AddDependencyChecks();

        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(builder));

        Assert.Contains("RabbitMq is known once AddRabbitMqChecks() of the package HealthKit.RabbitMq stands beside AddHealthKit()", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_in_a_connection_that_is_none_is_not_shown()
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(_ => { }, Settings("Source=Sidekiq;ConnectionString=redis://x:hunter2@a b")));

        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_is_set_in_code_is_not_set_in_configuration()
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(
            builder => builder.AddQueueCheck((_, _) => Task.FromResult(new QueueState(0)), name: "jobs"), ("Checks:jobs:Queue", "other")));

        Assert.Contains("HealthKit:Checks:jobs:Queue = '(set)'; allowed: nothing: the source of this check is set in code", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registered_source_is_found_by_its_key_and_limits_come_from_the_configuration()
    {
        var channel = Channel.CreateBounded<int>(10);
        Assert.True(channel.Writer.TryWrite(1) && channel.Writer.TryWrite(2));
        var builder = TestHost.Builder([.. Settings("Source=Service;Service=inbox"), ("Checks:jobs:UnhealthyAboveDepthCount", "1")]);
        builder.Services.AddKeyedSingleton("inbox", QueueSources.Channel(channel.Reader, "inbox"));
        builder.AddHealthKit(options => options.AddDefaultChecks = false).AddDependencyChecks();
        await using var host = await TestHost.Start(builder);

        var state = await host.Monitor.RunAsync("jobs");

        Assert.Equal((HealthStatus.Unhealthy, "queue.depth"), (state.Status, state.Reason));
        Assert.StartsWith("inbox: depth 2, unhealthy above 1: 2 wait", state.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_function_gets_the_services_and_a_source_may_be_made_of_them()
    {
        var channel = Channel.CreateBounded<int>(10);
        await using var host = await TestHost.Start(builder =>
        {
            builder.Services.AddSingleton(channel);
            builder.AddQueueCheck((services, _) => Task.FromResult(new QueueState(services.GetRequiredService<Channel<int>>().Reader.Count)), name: "function");
            builder.AddQueueCheck(services => QueueSources.Channel(services.GetRequiredService<Channel<int>>().Reader), name: "made");
            builder.AddQueueCheck(_ => throw new InvalidOperationException("no such thing"), name: "broken");
        });

        Assert.StartsWith("queue: none waits", (await host.Monitor.RunAsync("function")).Description, StringComparison.Ordinal);
        Assert.StartsWith("channel of Int32: none waits", (await host.Monitor.RunAsync("made")).Description, StringComparison.Ordinal);
        var broken = await host.Monitor.RunAsync("broken");
        Assert.Equal((HealthStatus.Unhealthy, "queue.source.failed"), (broken.Status, broken.Reason));
        Assert.Contains("the source could not be made: System.InvalidOperationException: no such thing", broken.Description, StringComparison.Ordinal);
    }

    private static (string, string?)[] Settings(string options) =>
        [("Checks:jobs:Type", "Queue"), .. options.Split(';').Select(option => option.Split('=', 2)).Select(pair => ($"Checks:jobs:{pair[0]}", (string?)pair[1]))];
}
