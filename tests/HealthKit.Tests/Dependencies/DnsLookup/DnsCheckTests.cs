using System.Net.Sockets;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies;

public class DnsCheckTests
{
    [Fact]
    public async Task A_name_with_addresses_is_healthy_and_tells_them_in_one_order()
    {
        using var check = Check(["10.0.0.9", "fd00::7", "10.0.0.7", "10.0.0.9"]);

        var result = await check.RunAsync();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Matches(@"^db\.example: 3 addresses, 10\.0\.0\.7, 10\.0\.0\.9, fd00::7 \(resolve [0-9.]+ m?s\)$", result.Description);
        Assert.Equal(["10.0.0.7", "10.0.0.9", "fd00::7"], (IEnumerable<string>)result.Data["addresses"]);
        Assert.Equal((3, "resolve", "db.example"), (result.Data["addressesCount"], result.Data["stage"], result.Data["target"]));
        Assert.False(result.Data.ContainsKey("address"));
    }

    [Theory]
    [InlineData(DnsFamily.Any, "10.0.0.7", HealthStatus.Healthy, null)]
    [InlineData(DnsFamily.IPv4, "10.0.0.7", HealthStatus.Healthy, null)]
    [InlineData(DnsFamily.IPv6, "10.0.0.7", HealthStatus.Unhealthy, "db.example has no IPv6 address (AAAA)")]
    [InlineData(DnsFamily.Both, "10.0.0.7", HealthStatus.Unhealthy, "db.example has no IPv6 address (AAAA)")]
    [InlineData(DnsFamily.IPv4, "fd00::7", HealthStatus.Unhealthy, "db.example has no IPv4 address (A)")]
    [InlineData(DnsFamily.Both, "fd00::7", HealthStatus.Unhealthy, "db.example has no IPv4 address (A)")]
    [InlineData(DnsFamily.Both, "fd00::7,10.0.0.7", HealthStatus.Healthy, null)]
    public async Task The_family_that_is_needed_must_be_there(DnsFamily family, string addresses, HealthStatus status, string? text)
    {
        using var check = Check(addresses.Split(','), options => options.Family = family);

        var result = await check.RunAsync();

        Assert.Equal((status, text is null ? null : "dns.noAddress"), (result.Status, result.Reason()));
        Assert.Contains(text ?? "", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_family_that_is_not_asked_for_is_not_told()
    {
        using var check = Check(["10.0.0.7", "fd00::7"], options => (options.Family, options.Expected) = (DnsFamily.IPv4, ["10.0.0.7"]));

        Assert.Equal((HealthStatus.Healthy, 1), ((await check.RunAsync()).Status, (await check.RunAsync()).Data["addressesCount"]));
    }

    [Theory]
    [InlineData("10.0.0.7", "10.0.0.7", null, null)]
    [InlineData("10.0.0.7,10.0.0.8", "10.0.0.0/24", null, null)]
    [InlineData("10.0.0.7", "10.0.0.0/24,10.9.0.0/24", null, null)] // a network need not have an answer
    [InlineData("10.0.0.7,10.0.0.8", "10.0.0.8,10.0.0.7", null, null)]
    [InlineData("10.0.0.7", "10.0.0.7,10.0.0.8", "dns.missing", "lacks what is expected: 10.0.0.8; 1 address, 10.0.0.7")]
    [InlineData("10.0.0.7,10.6.6.6", "10.0.0.7", "dns.unexpected", "answered what is not expected: 10.6.6.6; 2 addresses, 10.0.0.7, 10.6.6.6")]
    [InlineData("10.6.6.6", "10.0.0.7,10.0.0.8,fd00::/64", "dns.unexpected", "answered what is not expected: 10.6.6.6; lacks what is expected: 10.0.0.7, 10.0.0.8; 1 address, 10.6.6.6")]
    public async Task Answers_are_compared_with_what_is_expected_and_both_faults_are_told(string answers, string expected, string? reason, string? text)
    {
        using var check = Check(answers.Split(','), options => options.Expected = expected.Split(','));

        var result = await check.RunAsync();

        Assert.Equal(reason, result.Reason());
        Assert.Equal(reason switch { null => HealthStatus.Healthy, "dns.missing" => HealthStatus.Degraded, _ => HealthStatus.Unhealthy }, result.Status);
        Assert.Contains($"db.example: {text}", result.Description, StringComparison.Ordinal);
        Assert.Equal(result.Data.ContainsKey("unexpected"), text?.Contains("not expected", StringComparison.Ordinal) == true);
        Assert.Equal(result.Data.ContainsKey("missing"), text?.Contains("lacks", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task Too_few_addresses_are_a_failure()
    {
        using var check = Check(["10.0.0.7", "10.0.0.7"], options => options.MinimumAddressesCount = 2);

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, "dns.tooFew"), (result.Status, result.Reason()));
        Assert.Contains("has fewer addresses than 2; 1 address, 10.0.0.7", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hundreds_of_addresses_are_counted_and_some_shown()
    {
        using var check = Check([.. Enumerable.Range(0, 200).Select(i => $"10.0.0.{i}")]);

        var result = await check.RunAsync();

        Assert.Contains("200 addresses, 10.0.0.0, ", result.Description, StringComparison.Ordinal);
        Assert.Contains("10.0.0.19 and 180 more", result.Description, StringComparison.Ordinal);
        Assert.Equal((200, 20), (result.Data["addressesCount"], ((IEnumerable<string>)result.Data["addresses"]).Count()));
    }

    [Theory]
    [InlineData(SocketError.HostNotFound, "dns.notFound")]
    [InlineData(SocketError.TryAgain, "dns.unavailable")]
    public async Task Without_an_answer_nothing_is_known(SocketError error, string reason)
    {
        using var check = new Network(TimeProvider.System) { Lookups = new HostLookups((_, _) => throw new SocketException((int)error)) }.Dns("db.example");

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, reason, "resolve"), (result.Status, result.Reason(), result.Data["failedStage"]));
        Assert.False(result.Data.ContainsKey("addressesCount"));
    }

    [Fact]
    public void Options_that_make_no_sense_are_rejected()
    {
        Assert.Equal(["Host"], Errors(options => options.Host = null));
        Assert.Equal(["Host"], Errors(options => options.Host = "10.0.0.7"));
        Assert.Equal(["Expected"], Errors(options => options.Expected = ["10.0.0.7/24"]));
        Assert.Equal(["Expected"], Errors(options => (options.Family, options.Expected) = (DnsFamily.IPv4, ["fd00::/64", "10.0.0.0/8"])));
        Assert.Equal(["Expected"], Errors(options => (options.Family, options.Expected) = (DnsFamily.IPv6, ["10.0.0.7"])));
        Assert.Equal(["MinimumAddressesCount"], Errors(options => options.MinimumAddressesCount = 0));
        Assert.Empty(Errors(options => (options.Family, options.Expected) = (DnsFamily.Both, ["10.0.0.7", "fd00::/64"])));

        static IEnumerable<string> Errors(Action<DnsOptions> change)
        {
            var options = new DnsOptions { Host = "db.example" };
            change(options);
            return options.Validate().Select(error => error.Property);
        }
    }

    private static DnsCheck Check(string[] addresses, Action<DnsOptions>? configure = null) => TestNetwork.With(("db.example", addresses)).Dns("db.example", configure);
}
