namespace HealthKit.Tests.Dependencies.Http;

public class HttpOptionsTests
{
    [Fact]
    public void Defaults_with_an_address_are_good() => Assert.Empty(Errors(_ => { }));

    [Theory]
    [InlineData("https://shop.example/health?x=1#y")]
    [InlineData("http://[::1]:8080/")]
    [InlineData("http://münchen.example/")]
    public void Addresses_that_can_be_asked(string url) => Assert.Empty(Errors(options => options.Url = new Uri(url)));

    [Theory]
    [InlineData(null)]
    [InlineData("/health")]
    [InlineData("ftp://shop.example/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://user:password@shop.example/")]
    public void Addresses_that_cannot(string? url) =>
        Assert.Equal([nameof(HttpCheckOptions.Url)], Errors(options => options.Url = url is null ? null : new Uri(url, UriKind.RelativeOrAbsolute)));

    [Theory]
    [InlineData("GET", true)]
    [InlineData("PROPFIND", true)]
    [InlineData("M-SEARCH", true)]
    [InlineData("CONNECT", false)]
    [InlineData("GET /", false)]
    [InlineData("", false)]
    [InlineData("GÉT", false)]
    public void Methods(string method, bool good) => Assert.Equal(good, Errors(options => options.Method = method).Count == 0);

    [Theory]
    [InlineData("200", 200, 200)]
    [InlineData("2xx", 200, 299)]
    [InlineData("5XX", 500, 599)]
    [InlineData("200-204", 200, 204)]
    [InlineData(" 404 ", 404, 404)]
    public void Statuses(string text, int from, int to)
    {
        var set = StatusSet.Of([text]);

        Assert.All(Enumerable.Range(100, 500), status => Assert.Equal(status >= from && status <= to, set.Contains(status)));
        Assert.Empty(Errors(options => options.ExpectedStatuses = [text]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ok")]
    [InlineData("6xx")]
    [InlineData("99")]
    [InlineData("600")]
    [InlineData("204-200")]
    [InlineData("200-")]
    [InlineData("-200")]
    [InlineData("200-204-206")]
    [InlineData("2x")]
    public void Statuses_that_are_none(string text) => Assert.Equal([nameof(HttpCheckOptions.ExpectedStatuses)], Errors(options => options.ExpectedStatuses = [text]));

    [Fact]
    public void No_status_at_all_is_an_error() => Assert.Equal([nameof(HttpCheckOptions.ExpectedStatuses)], Errors(options => options.ExpectedStatuses = []));

    [Theory]
    [InlineData("Authorization: Bearer x", true)]
    [InlineData("Host: shop.example", true)]
    [InlineData("X-Empty:", false)]
    [InlineData("No colon", false)]
    [InlineData(": value", false)]
    [InlineData("Bad name: x", false)]
    [InlineData("X: a\r\nY: b", false)]
    [InlineData("Content-Type: text/plain", false)]
    [InlineData("Connection: keep-alive", false)]
    [InlineData("Transfer-Encoding: chunked", false)]
    [InlineData("X-Name: Łódź", false)]
    public void Headers(string header, bool good) => Assert.Equal(good, Errors(options => options.Headers = [header]).Count == 0);

    [Theory]
    [InlineData("^ok$", true)]
    [InlineData("(", false)]
    [InlineData("(?=ok)", false)]
    [InlineData(@"(a)\1", false)]
    public void Patterns(string pattern, bool good) => Assert.Equal(good, Errors(options => options.BodyMatches = pattern).Count == 0);

    [Theory]
    [InlineData("/a/b~1c", true)]
    [InlineData("a", false)]
    [InlineData("/a~2", false)]
    [InlineData("/a~", false)]
    public void Pointers(string place, bool good) => Assert.Equal(good, Errors(options => options.JsonPointer = place).Count == 0);

    [Fact]
    public void What_does_not_go_together_is_told()
    {
        Assert.Equal([nameof(HttpCheckOptions.JsonPointer)], Errors(options => options.JsonEquals = "UP"));
        Assert.Equal([nameof(HttpCheckOptions.Method)], Errors(options => (options.Method, options.BodyContains) = ("HEAD", "ok")));
        Assert.Equal([nameof(HttpCheckOptions.MinimumBodyBytes)], Errors(options => (options.MinimumBodyBytes, options.MaxBodyBytes) = (10, 5)));
        Assert.Equal([nameof(HttpCheckOptions.PinnedSha256)], Errors(options => (options.Url, options.PinnedSha256) = (new Uri("http://a/"), [new string('A', 64)])));
        Assert.Equal([nameof(HttpCheckOptions.PinnedSha256)], Errors(options => options.PinnedSha256 = ["AA:BB"]));
        Assert.Equal([nameof(HttpCheckOptions.UnavailableGrace)], Errors(options => options.UnavailableGrace = TimeSpan.FromDays(2)));
        Assert.Equal([nameof(HttpCheckOptions.Deadline)], Errors(options => options.Deadline = TimeSpan.Zero));
    }

    private static List<string> Errors(Action<HttpCheckOptions> configure)
    {
        var options = new HttpCheckOptions { Url = new Uri("https://shop.example/") };
        configure(options);
        return [.. HttpCheckValidation.Validate(options).Select(error => error.Property)];
    }
}
