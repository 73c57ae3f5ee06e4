using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies.Http;

/// <summary>Answers that are sound but for some bytes: each is a result with a reason, in time.</summary>
public class HttpFuzzTests
{
    private static readonly string[] Templates =
    [
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 40\r\n\r\n<form><input type=password></form>......",
        "HTTP/1.1 302 Found\r\nLocation: http://shop.test:1/a/b?c=d#e\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n",
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: Mon, 04 May 2026 12:01:30 GMT\r\nRateLimit: \"a\";r=0;t=5\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 503 Service Unavailable\r\nX-Answered-By: HealthKit; app=\"Shop\"\r\nContent-Encoding: gzip, br\r\nContent-Length: 4\r\n\r\nabcd",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"status\":\"UP\"}",
    ];

    [Fact]
    public async Task Any_answer_gives_a_result_and_a_reason()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        byte[] answer = [];
        await using var server = new HttpRawServer(exchange => exchange.SendAsync(answer));
        for (var i = 0; i < 400; i++)
        {
            answer = Spoil(Encoding.Latin1.GetBytes(Templates[i % Templates.Length]), random);
            using var bench = new HttpBench(server.Url("/", "shop.test"), options =>
            {
                options.Deadline = TimeSpan.FromSeconds(2);
                options.MaxRedirectsCount = 2;
                if (i % 2 == 0)
                {
                    (options.JsonPointer, options.JsonEquals) = ("/status", "UP");
                }
            });
            var clock = Stopwatch.StartNew();

            var seen = await bench.RunAsync();

            var what = $"seed {seed}, run {i}: {Encoding.Latin1.GetString(answer)} gave {seen}";
            Assert.True(seen.Status == HealthStatus.Healthy == (seen.Reason is null), what);
            Assert.True(seen.Reason is null || seen.Reason.Count('.') >= 1, what);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), what);
            Assert.True(seen.Text.Length < 700, what);
            Assert.All(seen.Text, c => Assert.False(char.IsControl(c), what));
        }
    }

    private static byte[] Spoil(byte[] bytes, Random random)
    {
        var spoilt = new List<byte>(bytes);
        for (var i = random.Next(4); i >= 0; i--)
        {
            var at = random.Next(spoilt.Count);
            switch (random.Next(5))
            {
                case 0:
                    spoilt[at] = (byte)random.Next(256);
                    break;
                case 1:
                    spoilt.Insert(at, (byte)random.Next(256));
                    break;
                case 2:
                    spoilt.RemoveAt(at);
                    break;
                case 3:
                    spoilt.RemoveRange(at, spoilt.Count - at);
                    break;
                default:
                    spoilt.InsertRange(at, spoilt.GetRange(at, Math.Min(20, spoilt.Count - at)));
                    break;
            }

            if (spoilt.Count == 0)
            {
                break;
            }
        }

        return [.. spoilt];
    }
}
