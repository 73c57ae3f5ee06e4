namespace HealthKit.Tests.Support;

/// <summary>Waits for a condition with a deadline.</summary>
internal static class Wait
{
    public static async Task<T> For<T>(Func<T> read, Func<T, bool> condition, double seconds = 20)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        while (true)
        {
            var value = read();
            if (condition(value))
            {
                return value;
            }

            Assert.False(deadline.IsCancellationRequested, $"Not within {seconds} s; the last value was: {value}");
            await Task.Delay(10, CancellationToken.None);
        }
    }

    public static Task For(Func<bool> condition, double seconds = 20) => For(condition, static met => met, seconds);
}
