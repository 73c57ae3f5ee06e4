namespace HealthKit;

/// <summary>The names of the registered checks, found ignoring case. Immutable.</summary>
internal sealed class RegisteredNames(IEnumerable<string> names)
{
    private readonly HashSet<string> _names = new(names, StringComparer.OrdinalIgnoreCase);

    /// <summary>The name as it is registered; null when no check has it.</summary>
    public string? Find(string name) => _names.TryGetValue(name, out var registered) ? registered : null;

    /// <summary>All of them, for messages.</summary>
    public override string ToString() => _names.Count == 0 ? "none" : string.Join(", ", _names);
}
