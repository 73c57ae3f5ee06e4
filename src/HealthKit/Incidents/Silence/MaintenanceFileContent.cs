using System.Text;
using System.Text.Json;

namespace HealthKit;

/// <summary>Reads what stands in a maintenance file. Anybody may have written it: bounded, and no text of it is trusted.</summary>
internal static class MaintenanceFileContent
{
    public const int MaxBytes = 16 * 1024;

    /// <summary>How long an empty file counts after its last write.</summary>
    public static readonly TimeSpan EmptyLasts = TimeSpan.FromHours(1);

    private const string Form = """nothing, or an object: { "end": "2026-11-22T22:00:00+01:00", "reason": "…", "checks": ["…"] }""";

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 4 };

    /// <summary>The window that the content means; null when something is wrong with it.</summary>
    /// <param name="content">The file's bytes.</param>
    /// <param name="written">When the file was written.</param>
    /// <param name="names">The registered checks.</param>
    /// <param name="text">Makes a text fit to be kept and shown.</param>
    /// <param name="errors">Takes all that is wrong, each with the value and what is allowed.</param>
    public static MaintenanceWindow? Parse(
        ReadOnlyMemory<byte> content, DateTimeOffset written, RegisteredNames names, Func<string, string> text, List<string> errors)
    {
        if (content.Span.StartsWith(Encoding.UTF8.Preamble))
        {
            content = content[Encoding.UTF8.Preamble.Length..];
        }

        // "echo > file" writes a line break.
        if (content.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return Window(written, written + EmptyLasts);
        }

        try
        {
            using var document = JsonDocument.Parse(content, Strict);
            return Read(document.RootElement, written, names, text, errors);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escaped lone surrogate, which no text can hold.
            errors.Add($"its content is not JSON ({e.Message}); allowed: {Form}");
            return null;
        }
    }

    private static MaintenanceWindow? Read(
        JsonElement root, DateTimeOffset written, RegisteredNames names, Func<string, string> text, List<string> errors)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            errors.Add($"its content is {Shown(root)}; allowed: {Form}");
            return null;
        }

        DateTimeOffset? end = null;
        string? reason = null;
        List<string> checks = [];
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var property in root.EnumerateObject())
        {
            var (name, value) = (property.Name, property.Value);
            if (!seen.Add(name))
            {
                errors.Add($"'{Short(name)}' is there twice; allowed: once");
            }
            else if (name.Equals("end", StringComparison.OrdinalIgnoreCase))
            {
                end = ReadEnd(value, written, errors);
            }
            else if (name.Equals("reason", StringComparison.OrdinalIgnoreCase))
            {
                if (value.ValueKind is JsonValueKind.String)
                {
                    reason = value.GetString();
                }
                else if (value.ValueKind is not JsonValueKind.Null)
                {
                    errors.Add($"reason = {Shown(value)}; allowed: a text");
                }
            }
            else if (name.Equals("checks", StringComparison.OrdinalIgnoreCase))
            {
                ReadChecks(value, names, checks, errors);
            }
            else
            {
                errors.Add($"'{Short(name)}' is not a known key; allowed: end, reason, checks");
            }
        }

        if (!seen.Contains("end"))
        {
            errors.Add($"end is missing; allowed: {OffsetTime.Allowed}");
        }

        return errors.Count == 0
            ? Window(written, end!.Value) with { Reason = reason is null ? null : MaintenanceLimits.Cut(text(reason)), Checks = checks }
            : null;
    }

    private static DateTimeOffset? ReadEnd(JsonElement value, DateTimeOffset written, List<string> errors)
    {
        if (value.ValueKind is not JsonValueKind.String || !OffsetTime.TryParse(value.GetString()!, out var end))
        {
            errors.Add($"end = {Shown(value)}; allowed: {OffsetTime.Allowed}");
            return null;
        }

        if (MaintenanceLimits.WrongEnd(written, end) is not null)
        {
            errors.Add($"end = {Shown(value)}; allowed: a time after the file's last write ({OffsetTime.Format(written)}), at most 31 days after it");
            return null;
        }

        return end;
    }

    /// <summary>A text where a list is meant is a list of one.</summary>
    private static void ReadChecks(JsonElement value, RegisteredNames names, List<string> checks, List<string> errors)
    {
        List<JsonElement> items = value.ValueKind switch
        {
            JsonValueKind.Array => [.. value.EnumerateArray()],
            JsonValueKind.Null => [],
            _ => [value],
        };
        foreach (var item in items)
        {
            if (item.ValueKind is JsonValueKind.String && names.Find(item.GetString()!) is { } check)
            {
                checks.Add(check);
            }
            else
            {
                errors.Add($"checks = {Shown(item)}; allowed: registered checks: {names}");
            }
        }
    }

    private static MaintenanceWindow Window(DateTimeOffset begin, DateTimeOffset end) =>
        new() { Name = MaintenanceFile.WindowName, Begin = begin, End = end };

    private static string Shown(JsonElement value) => Short(value.GetRawText());

    private static string Short(string text) => ForeignText.Shown(text, 100);
}
