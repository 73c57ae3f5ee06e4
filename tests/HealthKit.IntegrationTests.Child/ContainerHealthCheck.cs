namespace HealthKit.IntegrationTests.Child;

/// <summary>Docker's HEALTHCHECK without curl: the app's own program asks the one that runs. docs/deployment.md shows this code.</summary>
internal static class ContainerHealthCheck
{
    public static async Task<int> RunAsync(string url)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            using var answer = await client.GetAsync(url);
            Console.WriteLine(await answer.Content.ReadAsStringAsync()); // docker inspect shows it
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }
}
