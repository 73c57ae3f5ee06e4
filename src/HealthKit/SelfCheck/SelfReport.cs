namespace HealthKit;

/// <summary>What HealthKit itself is in trouble with, by reason: set and cleared by its parts, shown by the check <c>healthkit</c>.</summary>
internal sealed class SelfReport
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, string> _problems = new(StringComparer.Ordinal);

    public void Set(string reason, string text)
    {
        lock (_gate)
        {
            _problems[reason] = text;
        }
    }

    public void Clear(string reason)
    {
        lock (_gate)
        {
            _problems.Remove(reason);
        }
    }

    public IReadOnlyList<KeyValuePair<string, string>> Problems()
    {
        lock (_gate)
        {
            return [.. _problems];
        }
    }
}
