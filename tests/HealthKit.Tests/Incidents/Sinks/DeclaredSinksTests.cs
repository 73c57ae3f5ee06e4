using HealthKit.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace HealthKit.Tests.Incidents.Sinks;

public sealed class DeclaredSinksTests
{
    private static readonly SinkType<ChatOptions> Chat = SinkType.Create<ChatOptions>(
        "Chat",
        static options => options.Rooms < 1 ? [new OptionError(nameof(options.Rooms), options.Rooms, "a whole number from 1")] : [],
        static (_, name, options) => new ChatSink(name, options));

    private static readonly SinkType<LogSinkOptions> Log = LogSink.Type;

    [Fact]
    public async Task An_entry_with_a_type_declares_a_sink_with_options_and_policy()
    {
        await using var host = await TestHost.Start(
            kit => kit.AddSinkType(Chat),
            ("Sinks:team_1:Type", "chat"),
            ("Sinks:team_1:Address", "https://chat.example/1"),
            ("Sinks:team_1:Rooms", "3"),
            ("Sinks:team_1:MinimumStatus", "unhealthy"),
            ("Sinks:team_1:Tags", "db"),
            ("Sinks:team_1:Checks:0", "sink_*"),
            ("Sinks:team_1:Checks:1", "other*"),
            ("Sinks:team_1:IncludeSilent", "true"));

        var sink = Assert.Single(Sinks(host));
        Assert.Equal(("team_1", "Chat", "sink_team_1"), (sink.Name, sink.Type, sink.CheckName));
        Assert.Equal((true, HealthStatus.Unhealthy, true), (sink.Policy.Enabled, sink.Policy.MinimumStatus, sink.Policy.IncludeSilent));
        Assert.Equal(["db"], sink.Policy.Tags);
        Assert.Equal(["sink_*", "other*"], sink.Policy.Checks);
        var made = Assert.IsType<ChatSink>(sink.Create(host.Host.Services));
        Assert.Equal(("team_1", "https://chat.example/1", 3), (made.Name, made.Options.Address?.ToString(), made.Options.Rooms));
    }

    [Fact]
    public async Task Configuration_wins_over_code_and_code_over_the_type()
    {
        await using var host = await TestHost.Start(
            kit => kit
                .AddSink(Chat, "a", options => (options.Rooms, options.Token) = (2, "code"), policy => policy with { Tags = ["x"], IncludeSilent = true })
                .AddSink(Log, "journal")
                .AddSink(Log, "quiet", policy: policy => policy with { IncludeSilent = false })
                .AddSink<OwnSink>("own"),
            ("Sinks:A:Rooms", "5"),
            ("Sinks:A:Tags:0", "y"),
            ("Sinks:own:Enabled", "false"));

        var sinks = Sinks(host).ToDictionary(sink => sink.Name);
        var a = Assert.IsType<ChatSink>(sinks["a"].Create(host.Host.Services));
        Assert.Equal((5, "code"), (a.Options.Rooms, a.Options.Token));
        Assert.Equal(["y"], sinks["a"].Policy.Tags);
        Assert.True(sinks["a"].Policy.IncludeSilent);
        Assert.True(sinks["journal"].Policy.IncludeSilent);
        Assert.False(sinks["quiet"].Policy.IncludeSilent);
        Assert.Equal(("OwnSink", false), (sinks["own"].Type, sinks["own"].Policy.Enabled));
        Assert.Same(host.Host.Services.GetRequiredService<OwnSink>(), sinks["own"].Create(host.Host.Services));
        Assert.Equal(["a", "journal", "log", "quiet"], host.Host.Services.GetRequiredService<IncidentDelivery>().States.Select(state => state.Name).Order());
    }

    [Fact]
    public async Task Every_sink_that_is_on_but_the_log_has_a_check_that_configuration_can_change()
    {
        await using var host = await TestHost.Start(
            kit => kit.AddSink(Chat, "a").AddSink(Log, "b").AddSink(Chat, "c", policy: policy => policy with { Enabled = false }),
            ("Checks:sink_a:Tags:0", "alarms"),
            ("Checks:sink_a:Period", "00:01:00"));

        var state = Assert.Single(host.Monitor.Current.Checks);
        Assert.Equal("sink_a", state.Name);
        Assert.Equal(["alarms"], state.Tags);
        state = await host.Monitor.RunAsync("sink_a");
        Assert.Equal(HealthStatus.Healthy, state.Status);
        Assert.Equal(0L, state.Data["waitingCount"]);
    }

    [Fact]
    public async Task All_mistakes_are_told_at_once_with_path_value_and_what_is_allowed()
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(
            kit => kit.AddSinkType(Chat).AddSink(Chat, "a").AddSink(Log, "b").AddSink(Chat, "B").AddSink<OwnSink>("own")
                .AddSink(Log, "healthy", policy: policy => policy with { MinimumStatus = HealthStatus.Healthy })
                .AddSink(Log, "broken", policy: _ => null!),
            ("Sinks:b:MinimumStatus", "Healthy"),
            ("Sinks:b:Checks", "disc"),
            ("Sinks:own:Rooms", "1"),
            ("Sinks:x:Type", "Pigeon"),
            ("Sinks:y:Tags", "db"),
            ("Sinks:own2", "https://hooks.example/s3cr3t"),
            ("Sinks:bad-name:Type", "Chat"),
            ("Sinks:a:Type", "Chat"),
            ("Checks:nobody:Period", "00:00:10")));

        string[] expected =
        [
            "Two sinks are named 'B'",
            "HealthKit:Sinks:a:Type = 'Chat' declares sink 'a', which is there already",
            "HealthKit:Sinks:b:MinimumStatus = 'Healthy'; allowed: one of Unhealthy, Degraded",
            "Checks = 'disc' names no check; allowed: sink_a",
            "HealthKit:Sinks:own:Rooms is not a known key; allowed: Type, Enabled, MinimumStatus",
            "HealthKit:Sinks:x:Type = 'Pigeon'; allowed: Chat, Log, Webhook",
            "HealthKit:Sinks:y names no sink: 'y' is not added in code; allowed: log, a, b, own, healthy, broken, or a Type",
            "HealthKit:Sinks:own2 holds a value; allowed: keys",
            "'bad-name' is no key for a sink",
            "Sink 'healthy': MinimumStatus = Healthy; allowed: Unhealthy or Degraded",
            "Sink 'broken': its policy could not be set",
            "HealthKit:Checks:nobody names no check",
        ];
        Assert.All(expected, text => Assert.Contains(text, error.Message, StringComparison.Ordinal));
        Assert.DoesNotContain("s3cr3t", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_are_bound_and_validated_and_a_mistyped_address_is_not_shown()
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() => TestHost.Start(
            kit => kit.AddSink(Chat, "a"),
            ("Sinks:a:Rooms", "0"),
            ("Sinks:a:Colour", "red"),
            ("Sinks:a:Address", "hooks.example/T0/s3cr3t")));

        Assert.Contains("HealthKit:Sinks:a:Rooms = 0; allowed: a whole number from 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("HealthKit:Sinks:a:Colour is not a known key; allowed: Address, Token, Rooms, Type, Enabled", error.Message, StringComparison.Ordinal);
        Assert.Contains("HealthKit:Sinks:a:Address = ***; allowed: an absolute URI", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a-b")]
    [InlineData("a__b")]
    [InlineData("_a")]
    [InlineData("a b")]
    [InlineData("a123456789a123456789a123456789a123456789a1234567890")]
    public void A_name_that_is_none_is_refused_at_once(string name)
    {
        var kit = new ServiceCollection().AddHealthKit();
        Assert.Throws<ArgumentException>(() => kit.AddSink(Chat, name));
        Assert.Throws<ArgumentException>(() => kit.AddSink<OwnSink>(name));
    }

    [Fact]
    public void An_option_may_not_have_the_name_of_a_policy_key() => Assert.Throws<ArgumentException>(
        () => SinkType.Create<ClashingOptions>("Clash", static _ => [], static (_, _, _) => new OwnSink()));

    [Fact]
    public async Task A_reload_that_changes_sinks_is_remarked_and_one_that_the_next_start_would_reject_is_rejected()
    {
        var builder = TestHost.Builder(("Sinks:a:Type", "Chat"), ("Sinks:a:Rooms", "1"));
        builder.AddHealthKit(options => options.AddDefaultChecks = false).AddSinkType(Chat);
        await using var host = await TestHost.Start(builder);
        var configuration = (IConfigurationRoot)host.Host.Services.GetRequiredService<IConfiguration>();

        configuration.Reload();
        await Wait.For(() => host.Log.Lines.Any(line => line.Contains("was reloaded", StringComparison.Ordinal)));
        Assert.DoesNotContain(host.Log.Lines, line => line.Contains("HealthKit:Sinks", StringComparison.Ordinal));

        configuration["HealthKit:Sinks:a:Rooms"] = "2";
        configuration.Reload();
        await Wait.For(() => host.Log.Lines.Any(line => line.Contains("HealthKit:Sinks has changed: it takes effect at the next start", StringComparison.Ordinal)));

        configuration["HealthKit:Sinks:a:Rooms"] = "none";
        configuration.Reload();
        await Wait.For(() => host.Log.Lines.Any(line => line.Contains("HealthKit:Sinks:a:Rooms = 'none'", StringComparison.Ordinal)));
        Assert.Equal(1, Assert.IsType<ChatSink>(Assert.Single(Sinks(host)).Create(host.Host.Services)).Options.Rooms);
    }

    private static List<SinkDefinition> Sinks(TestHost host) => host.Host.Services.GetRequiredService<DeclaredSinks>().Sinks.Where(sink => sink.Name != "log").ToList();

    internal sealed class ChatOptions
    {
        public Uri? Address { get; set; }

        public string? Token { get; set; }

        public int Rooms { get; set; } = 1;
    }

    internal sealed class ClashingOptions
    {
        public bool Enabled { get; set; }
    }

    internal sealed class ChatSink(string name, ChatOptions options) : IIncidentSink
    {
        public string Name => name;

        public ChatOptions Options => options;

        public Task<SinkResult> SendAsync(IncidentMessage message, CancellationToken cancellationToken) => Task.FromResult(SinkResult.Delivered);
    }

    internal sealed class OwnSink : IIncidentSink
    {
        public Task<SinkResult> SendAsync(IncidentMessage message, CancellationToken cancellationToken) => Task.FromResult(SinkResult.Delivered);
    }
}
