using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.RabbitMq;

public class RabbitMqAddressTests
{
    [Theory]
    [InlineData("amqp://mq.example", "mq.example", 5672, false, "guest", "guest", "/", "amqp://mq.example:5672")]
    [InlineData("AMQP://u:p@mq.example:5673/", "mq.example", 5673, false, "u", "p", "/", "amqp://mq.example:5673")]
    [InlineData("amqps://u%40x:p%3A%2F@10.1.0.7/shop", "10.1.0.7", 5671, true, "u@x", "p:/", "shop", "amqps://10.1.0.7:5671/shop")]
    [InlineData("amqp://u:p@[::1]:5672/%2F", "::1", 5672, false, "u", "p", "/", "amqp://[::1]:5672")]
    [InlineData("amqp://u@mq.example/a%2Fb?heartbeat=10", "mq.example", 5672, false, "u", "", "a/b", "amqp://mq.example:5672/a/b")]
    public void An_amqp_uri_is_read(string text, string host, int port, bool tls, string user, string password, string virtualHost, string target)
    {
        Assert.True(RabbitMqAddress.TryParse(text, out var address));

        Assert.Equal((host, port, tls, user, password, virtualHost, target), (address.Host, address.Port, address.Tls, address.User, address.Password, address.VirtualHost, address.Target));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("mq.example:5672")]
    [InlineData("http://mq.example")]
    [InlineData("amqp://")]
    [InlineData("amqp://u:p:q@mq.example")]
    [InlineData("amqp://u:p@mq.example:0")]
    [InlineData("amqp://u:p@mq.example:x")]
    [InlineData("amqp://u:p@mq.example/a/b")]
    [InlineData("amqp://u:p@mq example/")]
    [InlineData("amqp://u:p@mq.example/a#b")]
    [InlineData("amqp://u:p@::1/a")]
    [InlineData("amqp://u:p%00@mq.example")]
    [InlineData("amqp://app:1234?TopSecretPw@mq.example/")]
    [InlineData("amqp://app:1234/TopSecretPw@mq.example/shop")]
    [InlineData("amqp://app:12?TopSecret/Pw@mq.example")]
    [InlineData("amqp://u:p@mq.example/a@b")]
    public void What_is_none_is_not_read(string? text) => Assert.False(RabbitMqAddress.TryParse(text, out _));

    [Fact]
    public void Nothing_shows_the_password()
    {
        Assert.True(RabbitMqAddress.TryParse("amqp://somebody:s3cr3t@mq.example/shop", out var address));

        Assert.DoesNotContain("s3cr3t", $"{address} {address.Target}", StringComparison.Ordinal);
        Assert.DoesNotContain("somebody", $"{address} {address.Target}", StringComparison.Ordinal);
    }

    [Fact]
    public void Any_user_password_and_virtual_host_come_through() => Prop.ForAll<string, string, string>(static (user, password, virtualHost) =>
    {
        string Clean(string? text) => new([.. (text ?? "").Where(static c => !char.IsControl(c) && !char.IsSurrogate(c)).Take(60)]);
        var (u, p, v) = (Clean(user), Clean(password), Clean(virtualHost));

        var read = RabbitMqAddress.TryParse($"amqp://{Uri.EscapeDataString(u)}:{Uri.EscapeDataString(p)}@mq.example:1/{Uri.EscapeDataString(v)}", out var address);

        return read && address!.User == u && address.Password == p && address.VirtualHost == (v.Length == 0 ? "/" : v);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_is_read_or_not_and_never_throws() => Prop.ForAll<string>(static text =>
    {
        foreach (var one in new[] { text, "amqp://" + text, "amqp://u:p@h/" + text, "amqps://" + text + "@h" })
        {
            _ = RabbitMqAddress.TryParse(one, out _);
        }

        return true;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("shop -> orders", "shop", "orders", null)]
    [InlineData("shop->orders [order.created]", "shop", "orders", "order.created")]
    [InlineData("a -> b []", "a", "b", "")]
    public void A_binding_is_read(string text, string exchange, string queue, string? key)
    {
        Assert.True(RequiredBinding.TryParse(text, out var binding));

        Assert.Equal((exchange, queue, key), (binding.Exchange, binding.Queue, binding.RoutingKey));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("shop")]
    [InlineData("-> orders")]
    [InlineData("shop ->")]
    [InlineData("shop -> [key]")]
    public void What_is_no_binding_is_not_read(string? text) => Assert.False(RequiredBinding.TryParse(text, out _));

    [Fact]
    public void Any_text_is_a_binding_or_not_and_never_throws() => Prop.ForAll<string>(static text =>
    {
        _ = RequiredBinding.TryParse(text, out _);
        _ = RequiredBinding.TryParse("a -> " + text, out _);
        return true;
    }).QuickCheckThrowOnFailure();
}
