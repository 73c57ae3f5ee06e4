using System.Collections;
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
    private const int MaxItems = 1_000;
    private const int MaxDepth = 4;

    public FrozenResult Freeze(HealthCheckResult result)
    {
        if (ReferenceEquals(result.Data, NoNews.Data))
        {
            return FrozenResult.NoNews;
        }

        var data = Map(result.Data, depth: 0);
        return new FrozenResult(
            result.Status,
            Reason(data, result),
            result.Description is { } description ? Text(description) : result.Exception is { } e ? Text(Guarded(e, static x => x.Message)) : null,
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

    public string Text(string text)
    {
        // Redacted before it is cut, so that the cut cannot leave half a secret that no rule knows any more.
        var bounded = text.Length > MaxRedactedLength ? text[..MaxRedactedLength] : text;
        var clean = ReplaceLoneSurrogates(redactor.Redact(bounded));
        if (clean.Length <= MaxTextLength && text.Length <= MaxRedactedLength)
        {
            return clean;
        }

        var end = Math.Min(clean.Length, MaxTextLength);
        if (char.IsHighSurrogate(clean[end - 1]))
        {
            end--;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{clean.AsSpan(0, end)}… (cut, {text.Length} characters)");
    }

    private ExceptionInfo Describe(Exception exception) => new(
        exception.GetType().FullName ?? exception.GetType().Name,
        Text(Guarded(exception, static e => e.Message)),
        Text(Guarded(exception, static e => e.ToString())));

    private static string? Reason(ReadOnlyDictionary<string, object?> data, HealthCheckResult result) =>
        data.TryGetValue("reason", out var reason) && reason is string { Length: > 0 } text ? text
        : result.Status switch
        {
            HealthStatus.Healthy => null,
            _ when result.Exception is not null => "check.exception",
            HealthStatus.Degraded => "check.degraded",
            _ => "check.failed",
        };

    private ReadOnlyDictionary<string, object?> Map(IEnumerable<KeyValuePair<string, object>> entries, int depth)
    {
        if (entries is IReadOnlyCollection<KeyValuePair<string, object>> { Count: 0 })
        {
            return ReadOnlyDictionary<string, object?>.Empty;
        }

        var map = new Dictionary<string, object?>();
        try
        {
            foreach (var (key, value) in entries)
            {
                if (map.Count == MaxItems)
                {
                    map["cut"] = $"more than {MaxItems} entries";
                    break;
                }

                map[Text(key)] = Value(value, depth);
            }
        }
        catch (Exception e)
        {
            // The check's own collection failed while it was read, most often because it still changes: the rest of the result stands.
            map["dataError"] = Text(Guarded(e, static x => x.Message));
        }

        return map.AsReadOnly();
    }

    private object? Value(object? value, int depth) => value switch
    {
        null => null,
        string text => Text(text),
        bool or long or double or decimal or DateTimeOffset or TimeSpan => value,
        int number => (long)number,
        uint or short or ushort or byte or sbyte => Convert.ToInt64(value, CultureInfo.InvariantCulture),
        ulong number => number <= long.MaxValue ? (long)number : (decimal)number,
        float number => (double)number,
        DateTime { Kind: not DateTimeKind.Unspecified } time => new DateTimeOffset(time),
        DateTime time => time.ToString("s", CultureInfo.InvariantCulture),
        IEnumerable<KeyValuePair<string, object>> map when depth < MaxDepth => Map(map, depth + 1),
        IDictionary map when depth < MaxDepth => Map(Entries(map), depth + 1),
        ICollection list when depth < MaxDepth => List(list, depth + 1),
        _ => Text(Guarded(value, static v => v is IFormattable f ? f.ToString(null, CultureInfo.InvariantCulture) : v.ToString() ?? string.Empty)),
    };

    private static IEnumerable<KeyValuePair<string, object>> Entries(IDictionary map)
    {
        foreach (DictionaryEntry entry in map)
        {
            yield return new(Guarded(entry.Key, static k => k.ToString() ?? string.Empty), entry.Value!);
        }
    }

    private ReadOnlyCollection<object?> List(ICollection items, int depth)
    {
        var list = new List<object?>();
        try
        {
            foreach (var item in items)
            {
                if (list.Count == MaxItems)
                {
                    list.Add($"… (cut, more than {MaxItems} items)");
                    break;
                }

                list.Add(Value(item, depth));
            }
        }
        catch (Exception e)
        {
            list.Add(Text(Guarded(e, static x => x.Message)));
        }

        return list.AsReadOnly();
    }

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

    private static string Guarded<T>(T value, Func<T, string> read)
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
