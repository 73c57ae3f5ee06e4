using HealthKit.Tests.Support;

namespace HealthKit.Tests.Dependencies.Http;

/// <summary>What answers cost that are made to cost much.</summary>
[Collection(nameof(AloneTests))]
public class HttpMemoryTests
{
    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("gzip", "gzip")]
    public async Task A_body_that_unpacks_to_gigabytes_costs_no_more_than_the_bound(params string[] encodings)
    {
        await using var server = new HttpRawServer(HttpFaultTests.Bomb(encodings));
        using var bench = new HttpBench(server.Url(), options => options.BodyContains = "x");
        await bench.RunAsync();
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var seen = await bench.RunAsync();

        Assert.Equal("http.content.tooLarge", seen.Reason);
        Assert.Equal(1 << 20, seen["bodyBytes"]);

        // Twice what is taken encoded and decoded, as buffers double; the server's share is allowed for.
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 64L << 20);
    }
}
