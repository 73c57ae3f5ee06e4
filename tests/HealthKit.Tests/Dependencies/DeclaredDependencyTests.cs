using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace HealthKit.Tests.Dependencies;

public class DeclaredDependencyTests
{
    [Fact]
    public async Task Checks_of_dependencies_are_of_readiness_unless_told_otherwise()
    {
        await using var host = await TestHost.Start(
            builder => builder
                .AddTcpCheck("localhost", 1)
                .AddDnsCheck("localhost")
                .AddTlsCertificateCheck("localhost")
                .AddTlsCertificateCheck("localhost", 8443, tags: ["slow"])
                .AddTcpCheck("localhost", 2, tags: []),
            ("Checks:declared:Type", "Tcp"),
            ("Checks:declared:Host", "localhost"),
            ("Checks:declared:Port", "1"),
            ("Checks:tagged:Type", "Dns"),
            ("Checks:tagged:Host", "localhost"),
            ("Checks:tagged:Tags", "slow"));

        var tags = host.Host.Services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations
            .ToDictionary(registration => registration.Name, registration => string.Join(',', registration.Tags));

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["tcp_localhost_1"] = "ready",
                ["dns_localhost"] = "ready",
                ["tls_localhost"] = "ready",
                ["tls_localhost_8443"] = "slow",
                ["tcp_localhost_2"] = "",
                ["declared"] = "ready",
                ["tagged"] = "slow",
            },
            tags);
    }

    [Theory]
    [InlineData("Tcp", "Host", "app:hunter2@db.example")]
    [InlineData("Tcp", "Host", "Server=db;Password=hunter2")]
    [InlineData("Dns", "Host", "https://app:hunter2@db.example/")]
    [InlineData("Dns", "Expected", "hunter2")]
    [InlineData("Tls", "ServerName", "app:hunter2@db.example")]
    [InlineData("Tls", "PinnedSha256", "hunter2")]
    public async Task What_may_hold_a_password_is_rejected_and_not_shown(string type, string option, string value)
    {
        var settings = new Dictionary<string, string?> { ["Checks:db:Type"] = type, ["Checks:db:Host"] = "db.example", [$"Checks:db:{option}"] = value };
        if (type == "Tcp")
        {
            settings["Checks:db:Port"] = "1";
        }

        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(_ => { }, [.. settings.Select(one => (one.Key, one.Value))]));

        Assert.Contains($"HealthKit:Checks:db:{option} = '*** ({value.Length} characters, not shown because they may hold a password)'; allowed: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_code_the_same_is_rejected_at_the_start()
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(builder => builder.AddTcpCheck("app:hunter2@db.example", 0)));

        Assert.Contains("Check 'tcp_0': Host = '***", error.Message, StringComparison.Ordinal);
        Assert.Contains("Check 'tcp_0': Port = 0; allowed: a port from 1 to 65535", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_packages_call_the_error_names_it()
    {
        var builder = TestHost.Builder(("Checks:db:Type", "Tcp"));
        builder.Services.AddHealthKit(options => options.AddDefaultChecks = false);

        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(builder));

        Assert.Contains("Type = 'Tcp'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_string_may_be_the_name_of_one_under_ConnectionStrings()
    {
        var port = LoopbackPort.Closed();
        var builder = TestHost.Builder(
            ("Checks:cache:Type", "Redis"),
            ("Checks:cache:ConnectionString", "Cache"),
            ("Checks:jobs:Type", "Queue"),
            ("Checks:jobs:Source", "Sidekiq"),
            ("Checks:jobs:ConnectionString", "cache"),
            ("Checks:mq:Type", "RabbitMq"),
            ("Checks:mq:ConnectionString", "Broker"),
            ("Checks:host:Type", "Redis"),
            ("Checks:host:ConnectionString", $"127.0.0.1:{port}"));
        builder.Configuration["ConnectionStrings:Cache"] = $"redis://app:hunter22@127.0.0.1:{port}/3";
        builder.Configuration["ConnectionStrings:Broker"] = $"amqp://app:hunter22@127.0.0.1:{port}/shop";
        builder.Services.AddHealthKit(options => options.AddDefaultChecks = false).AddDependencyChecks().AddRabbitMqChecks();
        await using var host = await TestHost.Start(builder);

        foreach (var (check, target) in new[] { ("cache", $"redis://127.0.0.1:{port}/3: "), ("jobs", $"redis://127.0.0.1:{port}/3 Sidekiq: "), ("mq", $"amqp://127.0.0.1:{port}/shop: "), ("host", $"redis://127.0.0.1:{port}/0: ") })
        {
            var state = await host.Monitor.RunAsync(check);
            Assert.Equal("tcp.refused", state.Reason);
            Assert.StartsWith(target, state.Description, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter22", state.Description, StringComparison.Ordinal);
        }
    }
}
