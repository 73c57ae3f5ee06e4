using System.Diagnostics.CodeAnalysis;

namespace HealthKit;

/// <summary>A binding that must be there.</summary>
/// <param name="Exchange">Where messages come from.</param>
/// <param name="Queue">Where they go to.</param>
/// <param name="RoutingKey">By which routing key; null means any.</param>
internal sealed record RequiredBinding(string Exchange, string Queue, string? RoutingKey)
{
    /// <summary>What errors say is allowed.</summary>
    public const string Allowed = "'exchange -> queue' or 'exchange -> queue [routing key]', each name of 255 bytes at most";

    private const int LongestName = 255;

    /// <summary>Reads one.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out RequiredBinding? binding)
    {
        binding = null;
        if (text is null || text.IndexOf("->", StringComparison.Ordinal) is not (> 0 and var arrow))
        {
            return false;
        }

        var exchange = text[..arrow].Trim();
        var queue = text[(arrow + 2)..].Trim();
        string? key = null;
        if (queue.EndsWith(']') && queue.IndexOf('[', StringComparison.Ordinal) is >= 0 and var bracket)
        {
            key = queue[(bracket + 1)..^1];
            queue = queue[..bracket].TrimEnd();
        }

        if (!IsName(exchange) || !IsName(queue) || (key is not null && (key.Any(char.IsControl) || System.Text.Encoding.UTF8.GetByteCount(key) > LongestName)))
        {
            return false;
        }

        binding = new RequiredBinding(exchange, queue, key);
        return true;
    }

    public override string ToString()
    {
        var key = RoutingKey is null ? "" : $" [{ForeignText.Shown(RoutingKey, 255)}]";
        return $"{ForeignText.Shown(Exchange, 255)} -> {ForeignText.Shown(Queue, 255)}{key}";
    }

    private static bool IsName(string name) => name.Length > 0 && !name.Any(char.IsControl) && System.Text.Encoding.UTF8.GetByteCount(name) <= LongestName;
}
