using System.Diagnostics;
using System.Globalization;

namespace HealthKit.IntegrationTests;

/// <summary>Waits for a condition until a deadline, and says what never came true.</summary>
internal static class Eventually
{
    /// <summary>Half a minute: far above what a busy machine needs, so only a real failure meets it.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>Polls <paramref name="condition"/> until it is true.</summary>
    /// <param name="condition">What must become true.</param>
    /// <param name="what">The condition in words, for the failure text: "the child printed its first line".</param>
    /// <param name="deadline">How long to wait; <see cref="DefaultDeadline"/> when null.</param>
    /// <param name="seen">What there is instead, asked once at failure.</param>
    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? deadline = null, Func<string>? seen = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, deadline, seen);

    /// <inheritdoc cref="TrueAsync(Func{bool}, string, TimeSpan?, Func{string}?)"/>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? deadline = null, Func<string>? seen = null)
    {
        var limit = deadline ?? DefaultDeadline;
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > limit)
            {
                Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"Within {limit.TotalSeconds} s it did not happen that {what}.") +
                    (seen is null ? "" : $" Seen instead: {seen()}"));
            }

            await Task.Delay(PollEvery);
        }
    }

    /// <summary>Polls <paramref name="get"/> until it gives a value that is not null, and returns it.</summary>
    public static async Task<T> NotNullAsync<T>(Func<T?> get, string what, TimeSpan? deadline = null)
        where T : class
    {
        T? value = null;
        await TrueAsync(() => (value = get()) is not null, what, deadline);
        return value!;
    }
}
