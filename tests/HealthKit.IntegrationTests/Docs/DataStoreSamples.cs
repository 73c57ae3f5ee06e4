using System.Data.Common;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace HealthKit.IntegrationTests.Docs;

/// <summary>The code of the pages of data stores and queues, compiled against the real drivers; a test of the docs compares it with the pages.</summary>
internal static class DataStoreSamples
{
    public static void Channels(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(Channel.CreateBounded<Mail>(1_000));
        builder.AddHealthKit()
            .AddQueueCheck(
                services => QueueSources.Channel(services.GetRequiredService<Channel<Mail>>().Reader, "mails"),
                options => options.DegradedAboveDepthCount = 800,
                name: "mails");
    }

    public static void List(WebApplicationBuilder builder)
    {
        builder.AddHealthKit().AddQueueCheck(
            QueueSources.RedisList("redis://cache.example:6379/0", "mails", enqueuedAtPointer: "/enqueuedAt"),
            options => options.DegradedAboveOldestAge = TimeSpan.FromMinutes(5),
            name: "mails");
    }

    public static void Functions(WebApplicationBuilder builder)
    {
        builder.AddHealthKit().AddQueueCheck((services, _) =>
        {
            var inbox = services.GetRequiredService<Inbox>();
            return Task.FromResult(new QueueState(inbox.Count) { OldestAge = inbox.OldestAge, Arrived = inbox.Written, Completed = inbox.Done });
        });
    }

    public static void Sql(WebApplicationBuilder builder, DbDataSource dataSource)
    {
        builder.AddHealthKit()
            .AddSqlCheck(dataSource, options =>
            {
                options.Facts.Add(new SqlFact("unpaidInvoices", "SELECT count(*) FROM invoices WHERE paid_at IS NULL")
                {
                    DegradedLimit = 100,
                    UnhealthyLimit = 1000,
                    Period = TimeSpan.FromMinutes(5),
                    Grant = "GRANT SELECT ON invoices TO {user}",
                    Reason = "shop.unpaidInvoices",
                });
            });
    }

    public static void MySql(WebApplicationBuilder builder, DbDataSource dataSource)
    {
        builder.AddHealthKit()
            .AddMySqlCheck(dataSource, options =>
            {
                options.UnhealthyAboveSizeBytes = 50_000_000_000;
                options.KnownNarrowColumns = ["sessions.id", "legacy_*"];
            });
    }

    public static void PostgreSql(WebApplicationBuilder builder)
    {
        builder.AddHealthKit()
            .AddPostgreSqlCheck(services => services.GetRequiredService<NpgsqlDataSource>(), options => options.UnhealthyAboveSizeBytes = 200L << 30);
    }

    public static void Redis(WebApplicationBuilder builder)
    {
        builder.AddHealthKit()
            .AddRedisCheck("rediss://app:secret@cache.example/1", options => options.ExpectRole = RedisRole.Master)
            .AddRedisCheck("jobs.example:6379,password=secret,ssl=false", options => options.DegradedAboveEvictedPerSecond = 0, name: "jobs_redis");
    }

    public static void OwnRedisClient(WebApplicationBuilder builder)
    {
        builder.AddHealthKit()
            .AddRedisCheck(async (services, command, _) => (string?)await services.GetRequiredService<IConnectionMultiplexer>().GetDatabase()
                .ExecuteAsync(command[0], [.. command.Skip(1)]));
    }

    public static void RabbitMq(WebApplicationBuilder builder)
    {
        builder.AddHealthKit()
            .AddRabbitMqCheck("amqp://app:password@mq.example:5672/shop", options =>
            {
                options.RequiredQueues = ["orders", "mails"];
                options.Management = new Uri("http://mq.example:15672");
                options.RequiredBindings = ["shop -> orders [order.created]"];
            });
    }

    public static void Canary(IConnection connection, IChannel channel, AsyncEventingBasicConsumer consumer)
    {
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            if (!await RabbitMqCanary.TryAcknowledgeAsync(connection, delivery.BasicProperties))
            {
                await HandleAsync(delivery);
            }

            await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false);
        };
    }

    public static void BrokerQueue(WebApplicationBuilder builder)
    {
        builder.AddHealthKit()
            .AddQueueCheck(RabbitMqQueueSource.Create(
                "amqp://app:password@mq.example/shop", ["orders"], deadLetterQueues: ["orders.dead"], management: new Uri("http://mq.example:15672")));
    }

    public static void Sidekiq(WebApplicationBuilder builder)
    {
        builder.AddHealthKit()
            .AddQueueCheck(
                QueueSources.Sidekiq("redis://cache.example:6379/0"),
                options => (options.DegradedAboveOldestAge, options.DegradedAboveDeadCount) = (TimeSpan.FromMinutes(5), 0),
                name: "sidekiq");
    }

    private static async Task HandleAsync(BasicDeliverEventArgs delivery) => await Console.Out.WriteLineAsync(delivery.RoutingKey);

    private sealed record Mail(string To);

    private sealed record Inbox(long Count, TimeSpan OldestAge, long Written, long Done);

    /// <summary>The shape of StackExchange.Redis, as far as the page uses it: the package cannot be had everywhere.</summary>
    private interface IConnectionMultiplexer
    {
        IDatabase GetDatabase();
    }

    private interface IDatabase
    {
        Task<RedisResult> ExecuteAsync(string command, params object[] args);
    }

    private sealed class RedisResult
    {
        public static explicit operator string?(RedisResult result) => result.ToString();
    }
}
