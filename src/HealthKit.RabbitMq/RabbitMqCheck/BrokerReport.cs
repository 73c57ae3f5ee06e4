using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What a run finds out, piece by piece.</summary>
internal sealed class BrokerReport
{
    private readonly List<string> _facts = [];
    private readonly Dictionary<string, object> _data = [];
    private readonly Dictionary<string, object> _items = [];
    private readonly GaugeVerdict _verdict = new();

    public GaugeLevel Level => _verdict.Level;

    /// <summary>Something is wrong.</summary>
    public void Add(GaugeLevel level, string reason, string text) => _verdict.Add(level, reason, text);

    /// <summary>Something could not be found out for lack of a permission: that is no fault of the broker.</summary>
    /// <param name="text">What is not known, and which permission is missing.</param>
    public void AddDenied(string text) => Add(GaugeLevel.Degraded, "rabbitmq.denied", text);

    /// <summary>Something is as it should be.</summary>
    public void AddFact(string text) => _facts.Add(text);

    public void Set(string key, object value) => _data[key] = value;

    /// <summary>A reading of a queue or node.</summary>
    public void SetItem(string item, string key, double? value)
    {
        if (value is { } number)
        {
            if (!_items.TryGetValue(item, out var readings))
            {
                _items[item] = readings = new Dictionary<string, object>();
            }

            ((Dictionary<string, object>)readings)[key] = number;
        }
    }

    public DependencyFinding ToFinding()
    {
        if (_items.Count > 0)
        {
            _data["items"] = _items;
        }

        var facts = string.Join(", ", _facts);
        var text = _verdict.Problem is { } problem ? facts.Length > 0 ? $"{problem}; {facts}" : problem : facts;
        return new DependencyFinding(
            _verdict.Level switch
            {
                GaugeLevel.Ok => HealthStatus.Healthy,
                GaugeLevel.Degraded => HealthStatus.Degraded,
                _ => HealthStatus.Unhealthy,
            },
            _verdict.Reason,
            text,
            _data);
    }
}
