using System.Collections;
using System.Globalization;

namespace HealthKit;

/// <summary>A set of HTTP statuses, 100 to 599, as options write them: <c>200</c>, <c>2xx</c>, <c>200-204</c>.</summary>
internal sealed class StatusSet
{
    private const int First = 100;
    private const int Last = 599;

    private readonly BitArray _statuses = new(Last + 1);
    private readonly string _text;

    private StatusSet(string text) => _text = text;

    /// <summary>200 to 299.</summary>
    public static StatusSet Success { get; } = Of(["2xx"]);

    /// <summary>All of these together; what cannot be read adds nothing.</summary>
    public static StatusSet Of(IEnumerable<string> items)
    {
        string[] all = [.. items];
        var set = new StatusSet(string.Join(", ", all));
        foreach (var item in all)
        {
            if (TryParse(item, out var from, out var to))
            {
                for (var status = from; status <= to; status++)
                {
                    set._statuses[status] = true;
                }
            }
        }

        return set;
    }

    public bool Contains(int status) => status is >= First and <= Last && _statuses[status];

    public override string ToString() => _text;

    public static bool TryParse(string? item, out int from, out int to)
    {
        (from, to) = (0, 0);
        var text = (item ?? "").Trim();
        if (text.Length == 3 && text[0] is >= '1' and <= '5' && text.EndsWith("xx", StringComparison.OrdinalIgnoreCase))
        {
            (from, to) = ((text[0] - '0') * 100, ((text[0] - '0') * 100) + 99);
            return true;
        }

        var parts = text.Split('-');
        if (parts.Length > 2 || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out from))
        {
            return false;
        }

        to = from;
        return (parts.Length == 1 || int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out to)) && from is >= First and <= Last && to <= Last && from <= to;
    }
}
