using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>A message of the app's own as it was when it was captured: what it held then may change since. Immutable.</summary>
/// <param name="Id">The event's id.</param>
/// <param name="At">When it was captured.</param>
/// <param name="Level">How bad it is.</param>
/// <param name="Text">The text.</param>
/// <param name="Extra">What stands around it, as JSON without secrets; null for nothing.</param>
/// <param name="Fingerprint">What makes it one issue with others; empty to let Sentry decide.</param>
internal sealed record OwnMessage(string Id, DateTimeOffset At, LogLevel Level, string Text, byte[]? Extra, IReadOnlyList<string> Fingerprint)
{
    private const int MaxText = 64 * 1024;
    private const int MaxFingerprint = 20;
    private const int MaxEntries = 100;
    private const int MaxExtraBytes = 512 * 1024;

    public static OwnMessage Of(
        DateTimeOffset at, LogLevel level, string text, IReadOnlyDictionary<string, object?>? extra, IReadOnlyList<string>? fingerprint, Redactor redactor) => new(
            SentryEvents.IdOf(Guid.NewGuid().ToString("N")),
            at,
            level,
            text.Length > MaxText ? redactor.RedactBeginning(text, MaxText) : text,
            extra is { Count: > 0 } ? Freeze(extra, redactor) : null,
            [.. (fingerprint ?? []).Take(MaxFingerprint)]);

    /// <summary>Each entry by itself, so that one that is too large, or whose code throws, costs only itself.</summary>
    private static byte[] Freeze(IReadOnlyDictionary<string, object?> extra, Redactor redactor)
    {
        using var writer = new EventWriter(redactor);
        var names = new HashSet<string>([""], StringComparer.Ordinal);
        var room = MaxExtraBytes;
        writer.Json.WriteStartObject();
        foreach (var (name, value) in extra.Take(MaxEntries))
        {
            var json = Json(name, value, redactor);
            var key = writer.Key(name);
            if (json.Length <= room && names.Add(key))
            {
                room -= json.Length;
                writer.Json.WritePropertyName(key);
                writer.Json.WriteRawValue(json.Span);
            }
        }

        writer.Json.WriteEndObject();
        return writer.ToBytes().ToArray();
    }

    private static ReadOnlyMemory<byte> Json(string name, object? value, Redactor redactor)
    {
        try
        {
            using var writer = new EventWriter(redactor);
            writer.ValueOf(name, value);
            return writer.ToBytes();
        }
        catch (Exception e)
        {
            // The app's own code: its trouble is told in its place.
            using var writer = new EventWriter(redactor);
            writer.ValueOf(name, $"<not readable: {e.GetType().Name}>");
            return writer.ToBytes();
        }
    }
}
