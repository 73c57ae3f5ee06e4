using System.Collections.ObjectModel;
using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>
/// Makes of what a check returned something that can be kept and shown without harm: every text redacted and bounded, every object
/// that is no plain value replaced by its guarded <c>ToString()</c>. It runs as part of the run, so that a hanging <c>ToString()</c>
/// is that check's timeout.
/// </summary>
internal sealed class ResultFreezer(Redactor redactor)
{
    public const int MaxTextLength = 16 * 1024;
    private const int MaxRedactedLength = 4 * MaxTextLength;

    /// <summary>The result of a run.</summary>
    /// <param name="result">What the check returned.</param>
    /// <param name="unknown">What a status that does not exist reads as.</param>
    public FrozenResult Freeze(HealthCheckResult result, HealthStatus unknown = HealthStatus.Unhealthy)
    {
        if (ReferenceEquals(result.Data, NoNews.Data))
        {
            return FrozenResult.NoNews;
        }

        var data = new DataFreezer(this).Freeze(result.Data);
        var description = result.Description is { } text ? Text(text) : result.Exception is { } e ? Text(Guarded(e, static x => x.Message)) : null;
        var isDefined = Enum.IsDefined(result.Status);
        return new FrozenResult(
            isDefined ? result.Status : unknown,
            isDefined ? Reason(data, result) : "check.undefinedStatus",
            isDefined ? description : string.Create(CultureInfo.InvariantCulture, $"The check returned the status {(int)result.Status}, which does not exist. {description}").TrimEnd(),
            data,
            ReadingsOf(data),
            result.Exception is { } exception ? Describe(exception) : null);
    }

    /// <summary>The result of a run that threw.</summary>
    public FrozenResult Freeze(Exception exception, HealthStatus status)
    {
        var info = Describe(exception);
        return new FrozenResult(status, "check.exception", $"{info.Type}: {info.Message}")
        {
            Exception = info,
        };
    }

    // Redacted before it is cut, so that the cut cannot leave half a secret that no rule knows any more.
    public string Text(string text) => Bounded(redactor.RedactBeginning(text, MaxRedactedLength), text.Length);

    private static string Bounded(string redacted, int originalLength)
    {
        var clean = ReplaceLoneSurrogates(redacted);
        if (clean.Length <= MaxTextLength && originalLength <= MaxRedactedLength)
        {
            return clean;
        }

        var end = Math.Min(clean.Length, MaxTextLength);
        if (end > 0 && char.IsHighSurrogate(clean[end - 1]))
        {
            end--;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{clean.AsSpan(0, end)}… (cut, {originalLength} characters)");
    }

    public ExceptionInfo Describe(Exception exception) => new(
        exception.GetType().FullName ?? exception.GetType().Name,
        Text(Guarded(exception, static e => e.Message)),
        Text(Guarded(exception, static e => e.ToString())));

    /// <summary>The check's own code where it gave one; a text under that key that is no code stays in the data.</summary>
    private static string? Reason(ReadOnlyDictionary<string, object?> data, HealthCheckResult result) =>
        result.Status switch
        {
            HealthStatus.Healthy => null,
            _ when data.TryGetValue("reason", out var reason) && reason is string code && MonitorReasons.IsOfCheck(code) => code,
            _ when result.Exception is not null => "check.exception",
            HealthStatus.Degraded => "check.degraded",
            _ => "check.failed",
        };

    private static List<Reading> ReadingsOf(ReadOnlyDictionary<string, object?> data)
    {
        List<Reading> readings = [];
        AddReadings(readings, data, item: null);
        if (data.TryGetValue("items", out var items) && items is IReadOnlyDictionary<string, object?> map)
        {
            foreach (var (name, value) in map)
            {
                if (value is IReadOnlyDictionary<string, object?> itemReadings)
                {
                    AddReadings(readings, itemReadings, name);
                }
            }
        }

        return readings;
    }

    private static void AddReadings(List<Reading> readings, IReadOnlyDictionary<string, object?> data, string? item)
    {
        foreach (var (key, value) in data)
        {
            double? number = value switch
            {
                long whole => whole,
                double real when double.IsFinite(real) => real,
                decimal exact => (double)exact,
                _ => null,
            };
            if (number is { } finite && Reading.UnitOf(key) is { } unit)
            {
                readings.Add(new Reading(key, finite, unit, item));
            }
        }
    }

    public static string Guarded<T>(T value, Func<T, string> read)
        where T : notnull
    {
        try
        {
            return read(value);
        }
        catch (Exception e)
        {
            return $"({value.GetType()} could not be shown: {e.GetType()})";
        }
    }

    private static string ReplaceLoneSurrogates(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
            {
                continue;
            }

            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
                continue;
            }

            // UTF-8 cannot hold a lone surrogate (RFC 3629, section 3): the encoder puts U+FFFD in its place.
            return System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
        }

        return text;
    }
}
