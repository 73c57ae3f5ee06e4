using System.Globalization;

namespace HealthKit;

/// <summary>
/// What Sentry asked not to be sent for a while, by category (https://develop.sentry.dev/sdk/foundations/transport/rate-limiting/). Of one
/// DSN; safe for use by several threads at once. Counted in monotonic time: a clock that is set changes no limit.
/// </summary>
/// <remarks>
/// A limit of no category is one of all. The longer one of two limits stays. Unknown categories and scopes are ignored. No limit is
/// believed for more than a day: then Sentry is asked again, so that a wrong answer silences nobody for ever.
/// </remarks>
internal sealed class RateLimits(TimeProvider time)
{
    private const int All = SentryCategories.Count;
    private const int MaxHeader = 8192;
    private const int MaxQuotas = 200;

    private static readonly TimeSpan WhenUnsaid = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly Lock _gate = new();
    private readonly long _start = time.GetTimestamp();
    private readonly TimeSpan[] _until = new TimeSpan[SentryCategories.Count + 1];

    /// <summary>How long nothing of a category is to be sent; null when it may be.</summary>
    public TimeSpan? Remaining(SentryCategory category)
    {
        var now = time.GetElapsedTime(_start);
        lock (_gate)
        {
            var until = _until[(int)category] > _until[All] ? _until[(int)category] : _until[All];
            return until > now ? until - now : null;
        }
    }

    /// <summary>Takes in what an answer says.</summary>
    /// <param name="status">Its status code.</param>
    /// <param name="limits">Its <c>X-Sentry-Rate-Limits</c>.</param>
    /// <param name="retryAfter">Its <c>Retry-After</c>: seconds, or a date (RFC 9110, section 10.2.3). The limits go before it.</param>
    /// <param name="answeredAt">When it was answered, by the clock that a date counts on.</param>
    public void Update(int status, string? limits, string? retryAfter, DateTimeOffset answeredAt)
    {
        var now = time.GetElapsedTime(_start);
        if (!string.IsNullOrWhiteSpace(limits))
        {
            ReadLimits(limits, now);
        }
        else if (!string.IsNullOrEmpty(retryAfter))
        {
            Raise(All, now, ReadSeconds(retryAfter) ?? ReadDate(retryAfter, answeredAt) ?? WhenUnsaid);
        }
        else if (status == 429)
        {
            Raise(All, now, WhenUnsaid);
        }
    }

    /// <summary>Quotas apart by commas, each <c>seconds:category;category:…</c>.</summary>
    private void ReadLimits(string header, TimeSpan now)
    {
        var text = header.AsSpan(0, Math.Min(header.Length, MaxHeader));
        var left = MaxQuotas;
        foreach (var range in text.Split(','))
        {
            var quota = text[range].Trim();
            if (quota.IsEmpty)
            {
                continue;
            }

            if (left-- == 0)
            {
                return;
            }

            var colon = quota.IndexOf(':');
            var duration = ReadSeconds(colon < 0 ? quota : quota[..colon]) ?? WhenUnsaid;
            var rest = colon < 0 ? [] : quota[(colon + 1)..];
            var end = rest.IndexOf(':');
            var categories = (end < 0 ? rest : rest[..end]).Trim();
            if (categories.IsEmpty)
            {
                Raise(All, now, duration);
                continue;
            }

            foreach (var part in categories.Split(';'))
            {
                if (SentryCategories.Find(categories[part].Trim()) is { } category)
                {
                    Raise((int)category, now, duration);
                }
            }
        }
    }

    private void Raise(int index, TimeSpan now, TimeSpan duration)
    {
        var until = now + (duration < Longest ? duration : Longest);
        lock (_gate)
        {
            _until[index] = _until[index] > until ? _until[index] : until;
        }
    }

    /// <summary>The number at the beginning, whole or with a fraction; null when there is none. What follows is ignored, as Sentry's own code does.</summary>
    private static TimeSpan? ReadSeconds(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        var sign = text is ['+' or '-', ..] ? 1 : 0;
        var digits = CountDigits(text[sign..]);
        if (digits == 0)
        {
            return null;
        }

        var length = sign + digits;
        if (length < text.Length && text[length] == '.')
        {
            length += 1 + CountDigits(text[(length + 1)..]);
        }

        var seconds = double.Parse(text[..length], NumberStyles.Float, CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds(Math.Clamp(seconds, 0, Longest.TotalSeconds));
    }

    private static int CountDigits(ReadOnlySpan<char> text)
    {
        var other = text.IndexOfAnyExceptInRange('0', '9');
        return other < 0 ? text.Length : other;
    }

    private static TimeSpan? ReadDate(string text, DateTimeOffset answeredAt) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            ? date > answeredAt ? date - answeredAt : TimeSpan.Zero
            : null;
}
