using System.Globalization;
using HealthKit.Tests.RabbitMq;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

internal sealed class RabbitMqCase() : DependencyCase<RabbitMqOptions>(
    RabbitMqCheck.Type, static (network, options) => new RabbitMqCheck(network, options, new Redactor()), Stage.Use)
{
    private static readonly Lazy<FakeBroker> Broker = new(static () => new FakeBroker { There = ["orders"] });

    public override IEnumerable<string> MoreSources => [.. base.MoreSources, "src/HealthKit.RabbitMq/Connections", "src/HealthKit.RabbitMq/Management"];

    protected override void Configure(Scenario scenario, RabbitMqOptions options)
    {
        options.ConnectionString = scenario switch
        {
            Scenario.Unmeasurable => "amqp://u:p@mq.example/shop",
            Scenario.Failing => Address(RefusingPort),
            _ => Address(Broker.Value.Port),
        };
        options.RequiredQueues = ["orders"];
    }

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory)
    {
        var encoded = Uri.EscapeDataString(text);
        var port = Broker.Value.Port;
        builder
            .AddRabbitMqCheck($"amqp://{encoded}:{encoded}@{Planted(text)}:{RefusingPort}/{encoded}", name: "refused")
            .AddRabbitMqCheck($"amqp://u:{encoded}@127.0.0.1:{port}/{encoded}", options => options.RequiredQueues = [text], name: "missing")
            .AddRabbitMqCheck(
                $"amqp://127.0.0.1:{port}",
                options =>
                {
                    options.RequiredBindings = [$"{text} -> {text} [{text}]"];
                    (options.Management, options.ManagementUser, options.ManagementPassword) = (new Uri($"http://127.0.0.1:{port}/{encoded}"), "u", text);
                },
                name: "management");
    }

    private static string Address(int port) => string.Create(CultureInfo.InvariantCulture, $"amqp://u:p@127.0.0.1:{port}");
}
