namespace HealthKit.Tests.Incidents.Sinks.Webhook;

public sealed class WebhookSinkOptionsTests
{
    private static readonly Uri Good = new("https://hooks.example/services/PLANTED");

    [Fact]
    public void The_defaults_lack_only_the_address()
    {
        Assert.Equal("Webhook", WebhookSink.Type.Name);
        Assert.Equal(new OptionError("Url", null, "an absolute address that starts with http:// or https://"), Assert.Single(Errors(new())));
        Assert.Empty(Errors(new() { Url = Good }));
    }

    [Theory]
    [InlineData("ftp://hooks.example/PLANTED", "***")]
    [InlineData("file:///etc/PLANTED", "***")]
    [InlineData("services/PLANTED", "***")]
    [InlineData("mailto:PLANTED@hooks.example", "***")]
    public void An_address_that_cannot_be_used_is_not_shown(string url, string shown)
    {
        var error = Assert.Single(Errors(new() { Url = new Uri(url, UriKind.RelativeOrAbsolute) }));

        Assert.Equal(("Url", shown), (error.Property, error.Value));
        Assert.DoesNotContain("PLANTED", OptionSchema.Describe("hook", null, error), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("Bearer PLANTED ")]
    [InlineData("Bearer PLANTED\r\nX: y")]
    [InlineData("Bearer PLANTÉD")]
    public void An_authorization_that_is_no_header_is_refused_and_not_shown(string value)
    {
        var error = Assert.Single(Errors(new() { Url = Good, Authorization = value }));

        Assert.Equal(("Authorization", "***"), (error.Property, error.Value));
    }

    [Fact]
    public void Two_authorizations_are_one_too_many()
    {
        var error = Assert.Single(Errors(new() { Url = new Uri("https://u:PLANTED@hooks.example/"), Authorization = "Bearer PLANTED" }));

        Assert.Equal(("Authorization", "***"), (error.Property, error.Value));
        Assert.Contains("user information", error.Allowed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.999, false)]
    [InlineData(1, true)]
    [InlineData(30, true)]
    [InlineData(30.001, false)]
    [InlineData(-1, false)]
    public void The_timeout_has_a_range(double seconds, bool allowed) =>
        Assert.Equal(allowed, Errors(new() { Url = Good, Timeout = TimeSpan.FromSeconds(seconds) }).Count == 0);

    [Fact]
    public void A_format_that_there_is_not_is_refused() =>
        Assert.Equal("Format", Assert.Single(Errors(new() { Url = Good, Format = (WebhookFormat)7 })).Property);

    private static List<OptionError> Errors(WebhookSinkOptions options) => [.. WebhookSink.Type.Validate(options)];
}
