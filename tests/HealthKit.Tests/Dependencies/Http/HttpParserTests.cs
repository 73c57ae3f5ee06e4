using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Dependencies.Http;

/// <summary>What reads foreign text: right on what is written so, and unharmed by anything else.</summary>
public class HttpParserTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("120", 120)]
    [InlineData(" 0 ", 0)]
    [InlineData("7200", 3600)]
    [InlineData("99999999999999999999999999", 3600)]
    [InlineData("Mon, 04 May 2026 12:01:30 GMT", 90)]
    [InlineData("Monday, 04-May-26 12:01:30 GMT", 90)]
    [InlineData("Mon May  4 12:01:30 2026", 90)]
    [InlineData("Mon, 04 May 2026 11:00:00 GMT", 0)]
    [InlineData("soon", null)]
    [InlineData("-5", null)]
    [InlineData("12x", null)]
    public void Retry_after(string value, int? seconds) =>
        Assert.Equal(seconds is null ? null : TimeSpan.FromSeconds(seconds.Value), RateLimit.RetryAfter(HttpAnswererTests.Headers($"Retry-After: {value}"), Now));

    [Fact]
    public void A_date_is_counted_from_the_servers_own_clock() => Assert.Equal(
        TimeSpan.FromSeconds(30),
        RateLimit.RetryAfter(HttpAnswererTests.Headers("Date: Mon, 04 May 2026 13:00:00 GMT", "Retry-After: Mon, 04 May 2026 13:00:30 GMT"), Now));

    [Theory]
    [InlineData("RateLimit: \"default\";r=0;t=30", true, 30)]
    [InlineData("RateLimit: \"default\";r=50;t=30", false, null)]
    [InlineData("RateLimit: \"a\";r=5;t=10, \"b\";r=0;t=40", true, 40)]
    [InlineData("RateLimit: \"a\";t=10;r=0", true, 10)]
    [InlineData("RateLimit: limit=100, remaining=0, reset=17", true, 17)]
    [InlineData("RateLimit: limit=100, remaining=10, reset=17", false, null)]
    [InlineData("RateLimit-Remaining: 0|RateLimit-Reset: 12", true, 12)]
    [InlineData("RateLimit-Remaining: 1|RateLimit-Reset: 12", false, 12)]
    [InlineData("X-RateLimit-Remaining: 0|X-RateLimit-Reset: 1777896060", true, 60)]
    [InlineData("X-RateLimit-Remaining: 0|X-RateLimit-Reset: 1777896060000", true, 60)]
    [InlineData("X-RateLimit-Remaining: 0|X-RateLimit-Reset: 2026-05-04T12:01:00Z", true, 60)]
    [InlineData("X-RateLimit-Remaining: 0, 0;w=60", true, null)]
    [InlineData("X-RateLimit-Remaining: 00x", false, null)]
    [InlineData("X-RateLimit-Remaining: 0.5", false, null)]
    [InlineData("Server: nginx", false, null)]
    public void Rate_limits(string headers, bool exhausted, int? seconds)
    {
        var parsed = HttpAnswererTests.Headers(headers.Split('|'));

        Assert.Equal(exhausted, RateLimit.IsExhausted(parsed));
        Assert.Equal(seconds is null ? null : TimeSpan.FromSeconds(seconds.Value), RateLimit.Reset(parsed, Now));
    }

    [Fact]
    public void Any_rate_limit_is_taken_and_no_wait_is_negative_or_longer_than_an_hour() => Prop.ForAll<string>(value =>
    {
        foreach (var name in new[] { "Retry-After", "RateLimit", "RateLimit-Reset", "X-RateLimit-Reset", "X-RateLimit-Remaining", "Date" })
        {
            using var response = new HttpResponseMessage();
            response.Headers.TryAddWithoutValidation(name, value ?? "");
            response.Headers.TryAddWithoutValidation("X-RateLimit-Remaining", "0");
            var headers = new HttpAnswerHeaders(response.Headers, response.Content.Headers);
            _ = RateLimit.IsExhausted(headers);
            Assert.InRange(RateLimit.RetryAfter(headers, Now) ?? TimeSpan.Zero, TimeSpan.Zero, RateLimit.Longest);
            Assert.InRange(RateLimit.Reset(headers, Now) ?? TimeSpan.Zero, TimeSpan.Zero, RateLimit.Longest);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_number_of_seconds_is_a_wait() => Prop.ForAll<uint>(seconds => Assert.InRange(
        RateLimit.RetryAfter(HttpAnswererTests.Headers($"Retry-After: {seconds}"), Now)!.Value, TimeSpan.Zero, RateLimit.Longest)).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("<input type=\"password\">", true)]
    [InlineData("<INPUT NAME='p' TYPE='PASSWORD' />", true)]
    [InlineData("<input name=x\n\ttype = password>", true)]
    [InlineData("<input name=\"a\"type=\"password\">", true)]
    [InlineData("<input type=text><p><input type=password", true)]
    [InlineData("<input data-type=password>", false)]
    [InlineData("<input type=passwordless>", false)]
    [InlineData("<input type=text name=password>", false)]
    [InlineData("type=password", false)]
    [InlineData("", false)]
    public void Password_fields(string html, bool found) => Assert.Equal(found, PasswordField.IsIn(html));

    [Fact]
    public void Any_page_is_looked_through_in_linear_time()
    {
        Prop.ForAll<string>(html => { _ = PasswordField.IsIn(html ?? ""); }).QuickCheckThrowOnFailure();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        foreach (var part in new[] { "<input", "<input ", "<input type", "<input type=", "type ", "<" })
        {
            Assert.False(PasswordField.IsIn(string.Concat(Enumerable.Repeat(part, 2_000_000 / part.Length))));
        }

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void A_pointer_finds_what_was_put_there() => Prop.ForAll<NonNull<string>, int>((name, value) =>
    {
        if (name.Get.Any(char.IsControl) || name.Get.Length > 100 || name.Get.Any(char.IsSurrogate))
        {
            return;
        }

        using var document = JsonDocument.Parse(JsonSerializer.Serialize(new Dictionary<string, object> { ["list"] = new[] { new Dictionary<string, int> { [name.Get] = value } } }));
        var pointer = $"/list/0/{name.Get.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";

        Assert.True(JsonPath.TryParse(pointer, out var path));
        Assert.Equal(value, path.Find(document.RootElement)!.Value.GetInt32());
        Assert.True(JsonPath.IsEqual(path.Find(document.RootElement)!.Value, value.ToString(System.Globalization.CultureInfo.InvariantCulture)));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_is_a_pointer_or_not()
    {
        using var document = JsonDocument.Parse("{\"a\":[1,{\"b\":null}],\"\":\"x\"}");
        Prop.ForAll<string>(text =>
        {
            if (JsonPath.TryParse("/" + text, out var path))
            {
                _ = path.Find(document.RootElement);
            }

            _ = StatusSet.TryParse(text, out _, out _);
            _ = HttpHeaderLine.TryParse(text, out _, out _);
            _ = CertificatePins.Parse(text);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public async Task Any_bytes_are_decoded_to_something_bounded()
    {
        const int Bound = 1_000;
        foreach (var encoding in new[] { "gzip", "deflate", "br", "gzip, br", "br, gzip, gzip", "what", ", ,", "gzip;q=1" })
        {
            for (var i = 0; i < 50; i++)
            {
                var bytes = new byte[Random.Shared.Next(2_000)];
                Random.Shared.NextBytes(bytes);
                using var content = new ByteArrayContent(bytes);
                var reader = new HttpBodyReader(Bound);
                await reader.ReadAsync(content, _ => { }, CancellationToken.None);

                var body = reader.Decode(encoding, out var end, out _);

                Assert.InRange(body.Length, 0, Bound);
                Assert.Equal(bytes.Length > Bound, end == BodyEnd.TooLarge && reader.Received == Bound);
            }
        }
    }

    [Theory]
    [InlineData(10, 10, false)]
    [InlineData(11, 10, true)]
    [InlineData(4096, 4096, false)]
    [InlineData(4097, 4096, true)]
    [InlineData(0, 1, false)]
    [InlineData(70_000, 70_000, false)]
    [InlineData(70_001, 70_000, true)]
    public async Task The_bound_is_exact(int size, int bound, bool tooLarge)
    {
        using var content = new ByteArrayContent(Encoding.ASCII.GetBytes(new string('x', size)));
        var reader = new HttpBodyReader(bound);

        await reader.ReadAsync(content, _ => { }, CancellationToken.None);

        Assert.Equal(Math.Min(size, bound), reader.Decode(null, out var end, out _).Length);
        Assert.Equal(tooLarge ? BodyEnd.TooLarge : BodyEnd.Whole, end);
    }
}
