using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What a run finds out about a database that answers: numbers, problems, and what it was not allowed to see.</summary>
internal sealed class DatabaseFindings
{
    private const int MostTold = 12;

    private readonly Dictionary<string, object> _data = [];
    private readonly Dictionary<string, object> _items = [];
    private readonly List<string> _told = [];
    private readonly List<string> _unknown = [];
    private readonly List<string> _missing = [];
    private readonly GaugeVerdict _verdict = new();

    /// <summary>Says something that is as it should be.</summary>
    public void Say(string text) => _told.Add(text);

    /// <summary>Takes a problem; texts of level Ok are merely said.</summary>
    public void Add(GaugeLevel level, string reason, string text)
    {
        if (level == GaugeLevel.Ok)
        {
            Say(text);
        }
        else
        {
            _verdict.Add(level, reason, text);
        }
    }

    /// <summary>A value for the data; a key that ends in a unit is a reading.</summary>
    public void Note(string key, object value) => _data[key] = value;

    /// <summary>A reading of one of several things of a kind.</summary>
    public void NoteItem(string item, string key, object value)
    {
        if (!_items.TryGetValue(item, out var readings))
        {
            _items[item] = readings = new Dictionary<string, object>();
        }

        ((Dictionary<string, object>)readings)[key] = value;
    }

    /// <summary>Something could not be told, which changes nothing.</summary>
    public void AddUnknown(string text) => _unknown.Add(text);

    /// <summary>The account lacks a right: what cannot be told therefore, and the statement that gives the right, if known.</summary>
    public void AddMissingPrivilege(string what, string? grant) => _missing.Add(grant is null ? what : $"{what} ({grant})");

    public DependencyFinding ToFinding(string? prefix)
    {
        if (_items.Count > 0)
        {
            _data["items"] = _items;
        }

        if (_missing.Count > 0)
        {
            _data["missingPrivileges"] = _missing;
        }

        List<string> parts = [];
        if (_verdict.Problem is { } problem)
        {
            parts.Add(problem);
        }

        parts.Add(string.Join(", ", _told.Take(MostTold).Prepend("answers")) + (_told.Count > MostTold ? ", …" : ""));
        if (prefix is not null)
        {
            parts.Add(prefix);
        }

        parts.AddRange(_unknown.Select(unknown => $"unknown: {unknown}"));
        if (_missing.Count > 0)
        {
            parts.Add($"not allowed to see: {string.Join(", ", _missing)}");
        }

        var status = _verdict.Level switch
        {
            GaugeLevel.Unhealthy => HealthStatus.Unhealthy,
            GaugeLevel.Degraded => HealthStatus.Degraded,
            _ => HealthStatus.Healthy,
        };
        return new DependencyFinding(status, _verdict.Reason, string.Join("; ", parts), _data);
    }
}
