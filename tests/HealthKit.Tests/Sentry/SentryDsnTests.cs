using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Sentry;

public class SentryDsnTests
{
    private const string Key = "c0ffee5ec2e7c0ffee5ec2e7c0ffee5e";

    [Theory]
    [InlineData("https://k@sentry.example/42", "https://sentry.example/api/42/envelope/", "https://sentry.example/…/42")]
    [InlineData("http://k:s@sentry.example:9000/42", "http://sentry.example:9000/api/42/envelope/", "http://sentry.example:9000/…/42")]
    [InlineData("https://k:@o1.ingest.de.sentry.io/4507", "https://o1.ingest.de.sentry.io/api/4507/envelope/", "https://o1.ingest.de.sentry.io/…/4507")]
    [InlineData("https://k@host/a/b/7", "https://host/a/b/api/7/envelope/", "https://host/…/7")]
    [InlineData("http://k@[::1]:8000/7", "http://[::1]:8000/api/7/envelope/", "http://[::1]:8000/…/7")]
    [InlineData("http://k@10.0.0.1/7\n", "http://10.0.0.1/api/7/envelope/", "http://10.0.0.1/…/7")]
    [InlineData("https://k@host/7?timeout=3", "https://host/api/7/envelope/", "https://host/…/7")]
    [InlineData("https://k@my_host/7", "https://my_host/api/7/envelope/", "https://my_host/…/7")]
    public void A_dsn_gives_the_address_of_envelopes(string text, string uri, string shown)
    {
        Assert.True(SentryDsn.TryParse(text, out var dsn, out var error), error);
        Assert.Equal(uri, dsn.EnvelopeUri.AbsoluteUri);
        Assert.Equal(shown, dsn.ToString());
        Assert.Equal("k", dsn.PublicKey);
        Assert.StartsWith(dsn.Origin, uri, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "is empty")]
    [InlineData(" ", "is empty")]
    [InlineData(Key, "no scheme")]
    [InlineData("ftp://" + Key + "@host/1", "unknown scheme")]
    [InlineData("HTTPS://" + Key + "@host/1", "unknown scheme")]
    [InlineData("https://host/" + Key, "no public key")]
    [InlineData("https://" + Key + "@host", "no project id")]
    [InlineData("https://" + Key + "@host/", "no project id")]
    [InlineData("https://" + Key + "@host/prefix/", "no project id")]
    [InlineData("https://" + Key + "@host/" + Key, "not a number")]
    [InlineData("https://" + Key + "@host:0/1", "port outside")]
    [InlineData("https://" + Key + "@host:65536/1", "port outside")]
    [InlineData("https://" + Key + "@host:x/1", "no valid host")]
    [InlineData("https://" + Key + "@ho st/1", "no valid host")]
    [InlineData("https://" + Key + "@[::zz]/1", "neither a name nor an address")]
    [InlineData("https://" + Key + "@host/a b/1", "path before the project id")]
    [InlineData("https://" + Key + "%20@host/1", "public key with other characters")]
    public void What_is_wrong_is_named_and_the_key_is_not(string? text, string expected)
    {
        Assert.False(SentryDsn.TryParse(text, out var dsn, out var error));
        Assert.Null(dsn);
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_is_read_without_an_exception_and_no_error_quotes_it()
    {
        string[] pieces =
        [
            "http", "https", "://", ":", "@", "/", "[", "]", "::1", "%25", ".", "-", "_", "?", "#", " ", "\n", "\0", "é", "\uD83D", "host", "127.0.0.1", "42", "99999",
            "..", "\\", "ſecret", "𝟜𝟚", "٣",
        ];
        var texts = Gen.Elements(pieces).ListOf().Select(string.Concat);
        Prop.ForAll(Gen.OneOf(texts, texts.Select(rest => $"https://{Key}@{rest}"), texts.Select(rest => rest + "/" + Key)).ToArbitrary(), text =>
        {
            var isDsn = SentryDsn.TryParse(text, out var dsn, out var error);
            return isDsn
                ? dsn!.EnvelopeUri.AbsolutePath.EndsWith($"/api/{dsn.ProjectId}/envelope/", StringComparison.Ordinal)
                    && !dsn.ToString().Contains(Key, StringComparison.Ordinal)
                    && dsn.EnvelopeUri.UserInfo.Length == 0
                : error!.Length < 300 && !error.Contains(Key, StringComparison.Ordinal);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_text_without_end_is_refused_at_once() =>
        Assert.False(SentryDsn.TryParse("https://k@host/" + new string('a', 10_000_000) + "/1", out _, out _));
}
