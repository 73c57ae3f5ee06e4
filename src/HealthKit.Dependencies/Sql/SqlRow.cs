using System.Globalization;

namespace HealthKit;

/// <summary>A row of an answer: its columns by name (ignoring case) and place. NULL reads as null.</summary>
internal sealed class SqlRow(IReadOnlyList<string> names, object?[] values)
{
    public int Count => values.Length;

    public IReadOnlyList<string> Names => names;

    public object? this[int place] => values[place];

    /// <summary>The value of a column; null also when there is no such column.</summary>
    public object? this[string name]
    {
        get
        {
            for (var i = 0; i < names.Count; i++)
            {
                if (string.Equals(names[i], name, StringComparison.OrdinalIgnoreCase))
                {
                    return values[i];
                }
            }

            return null;
        }
    }

    public bool Has(string name) => names.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>A value as text; null for NULL.</summary>
    public static string? Text(object? value) => value switch
    {
        null => null,
        string text => text,
        byte[] bytes => System.Text.Encoding.UTF8.GetString(bytes, 0, Math.Min(bytes.Length, 1_024)),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };

    /// <summary>A value as a number: numbers, truths, durations in seconds, texts that read as one; null for NULL.</summary>
    /// <exception cref="FormatException">It is none, or not finite.</exception>
    public static double? Number(object? value)
    {
        double number;
        switch (value)
        {
            case null:
                return null;
            case bool truth:
                return truth ? 1 : 0;
            case TimeSpan time:
                return time.TotalSeconds;
            case double or float or decimal or long or int or short or sbyte or ulong or uint or ushort or byte:
                number = Convert.ToDouble(value, CultureInfo.InvariantCulture);
                break;
            default:
                if (!double.TryParse(Text(value)?.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out number))
                {
                    throw new FormatException($"'{ForeignText.Shown(Text(value) ?? "", 60)}' is no number");
                }

                break;
        }

        return double.IsFinite(number) ? number : throw new FormatException("the value is not finite");
    }

    /// <summary>A value as truth: a boolean, a number, or on/off, yes/no, true/false; null for NULL and for what is none of these.</summary>
    public static bool? Truth(object? value) => value switch
    {
        null => null,
        bool truth => truth,
        _ => Text(value)?.Trim().ToUpperInvariant() switch
        {
            "1" or "ON" or "YES" or "TRUE" or "T" => true,
            "0" or "OFF" or "NO" or "FALSE" or "F" => false,
            _ => null,
        },
    };
}
