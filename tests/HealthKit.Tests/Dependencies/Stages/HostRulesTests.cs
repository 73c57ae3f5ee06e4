using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Dependencies;

public class HostRulesTests
{
    [Theory]
    [InlineData("db")]
    [InlineData("db.example")]
    [InlineData("db.example.")]
    [InlineData("my_db-1.example")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("10.0.0.7")]
    [InlineData("fd00::7")]
    [InlineData("[::1]")]
    [InlineData("fe80::1%eth0")]
    public void Names_and_addresses_are_hosts(string host) => Assert.True(HostRules.IsHost(host));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\0")]
    [InlineData(".")]
    [InlineData("db..example")]
    [InlineData("db.example:5432")]
    [InlineData("[::1]:443")]
    [InlineData("https://db.example")]
    [InlineData("db.example/path")]
    [InlineData("app:hunter2@db.example")]
    [InlineData("password=hunter2")]
    [InlineData("bücher.example")]
    [InlineData("5432")]
    [InlineData("10.1")]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234.example")]
    public void Anything_else_is_none(string? host) => Assert.False(HostRules.IsHost(host));

    [Fact]
    public void Any_text_is_judged_and_what_is_accepted_is_harmless() => Prop.ForAll<string>(text =>
        !HostRules.IsName(text) || (text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') && text.Length <= 253)).QuickCheckThrowOnFailure();

    [Fact]
    public void What_is_rejected_is_not_shown()
    {
        foreach (var secret in new[] { "app:hunter2@db.example", "Server=db;Password=hunter2", "https://hunter2@db.example/", "hunter2!" })
        {
            OptionError[] errors =
            [
                .. new TcpOptions { Host = secret, Port = 1 }.Validate(), .. new DnsOptions { Host = secret }.Validate(),
                .. new DnsOptions { Host = "db.example", Expected = [secret] }.Validate(),
                .. new TlsCertificateOptions { Host = secret }.Validate(), .. new TlsCertificateOptions { Host = "db.example", ServerName = secret }.Validate(),
                .. new TlsCertificateOptions { Host = "db.example", PinnedSha256 = [secret] }.Validate(),
            ];
            Assert.Equal(["Host", "Host", "Expected", "Host", "ServerName", "PinnedSha256"], errors.Select(error => error.Property));
            Assert.All(errors, error => Assert.DoesNotContain("hunter2", $"{error}", StringComparison.Ordinal));
            Assert.DoesNotContain("hunter2", HostRules.CheckName("tcp", secret, 1), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("db.example", 5432, "db.example:5432", "tcp_db_example_5432")]
    [InlineData("10.0.0.7", 22, "10.0.0.7:22", "tcp_10_0_0_7_22")]
    [InlineData("[::1]", 443, "[::1]:443", "tcp_1_443")]
    [InlineData("fd00::7", 443, "[fd00::7]:443", "tcp_fd00_7_443")]
    public void A_target_and_a_checks_name_are_made_of_host_and_port(string host, int port, string target, string name)
    {
        Assert.Equal(target, HostRules.Target(host, port));
        Assert.Equal(name, HostRules.CheckName("tcp", host, port));
        Assert.Matches("^[A-Za-z0-9]+(_[A-Za-z0-9]+)*$", name);
    }

    [Theory]
    [InlineData("[::1]", "::1")]
    [InlineData("shop.example.", "shop.example")]
    public void A_certificate_knows_a_host_without_brackets_and_dot(string host, string name) => Assert.Equal(name, HostRules.TlsName(host));

    [Fact]
    public void An_expected_answer_is_an_address_or_a_network()
    {
        Assert.True(ExpectedAddress.TryParse("10.1.0.0/16", out var network) && network.Matches(IPAddress.Parse("10.1.9.9")) && !network.Matches(IPAddress.Parse("10.2.0.1")));
        Assert.True(ExpectedAddress.TryParse("fd00::/48", out var six) && six.Matches(IPAddress.Parse("fd00::1")) && !six.Matches(IPAddress.Parse("10.2.0.1")));
        Assert.True(ExpectedAddress.TryParse("10.1.0.7", out var address) && address.Matches(IPAddress.Parse("10.1.0.7")) && !address.Matches(IPAddress.Parse("10.1.0.8")));
        Assert.All(["10.1.0.1/16", "10.1.0.0/33", "10.1", "db.example", "", "/", "10.1.0.0/"], text => Assert.False(ExpectedAddress.TryParse(text, out _), text));
        Prop.ForAll<byte[]>(bytes => !ExpectedAddress.TryParse(Encoding.Latin1.GetString(bytes), out var any) || any.Address is null != (any.Network is null)).QuickCheckThrowOnFailure();
    }
}
