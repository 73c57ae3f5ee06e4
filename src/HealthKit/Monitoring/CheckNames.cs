using System.Collections;

namespace HealthKit;

/// <summary>Names of checks in their order. Two lists of the same names are equal, ignoring case. Immutable.</summary>
internal sealed class CheckNames : IReadOnlyList<string>, IEquatable<CheckNames>
{
    public static readonly CheckNames None = new([]);

    private readonly string[] _names;

    private CheckNames(string[] names) => _names = names;

    public int Count => _names.Length;

    public string this[int index] => _names[index];

    /// <exception cref="ArgumentNullException">The list is null.</exception>
    public static CheckNames Of(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);

        // A null among them names no check, which the start tells.
        return names as CheckNames ?? (names.Count == 0 ? None : new([.. names.Select(name => name ?? "")]));
    }

    public bool Equals(CheckNames? other) => other is not null && _names.SequenceEqual(other._names, StringComparer.OrdinalIgnoreCase);

    public override bool Equals(object? obj) => Equals(obj as CheckNames);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var name in _names)
        {
            hash.Add(name, StringComparer.OrdinalIgnoreCase);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => $"[{string.Join(", ", _names)}]";

    public IEnumerator<string> GetEnumerator() => _names.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
