using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Enumeration;

namespace HealthKit;

/// <summary>
/// What must be there: names, or patterns with a least number of names that fit. Compared with what is there, it tells everything that is
/// missing at once. Immutable and safe for several threads.
/// </summary>
/// <remarks>
/// An entry is a name (<c>orders.created</c>) or a pattern in which <c>*</c> stands for any characters and <c>?</c> for one (<c>orders.*</c>), the
/// pattern with a least number behind it where one is not enough: <c>worker-* >= 3</c>. 0 makes either optional: it may be there and is no extra.
/// </remarks>
public sealed class ExpectedSet
{
    private readonly Entry[] _entries;
    private readonly Dictionary<string, int> _byName;
    private readonly int[] _patterns;
    private readonly StringComparison _comparison;
    private readonly string _prefix;

    /// <summary>Makes a set.</summary>
    /// <param name="expected">The entries; see the remarks of the class.</param>
    /// <param name="prefix">Stands before every entry; what does not begin with it is no extra. Null: none.</param>
    /// <param name="ignoreCase">Whether the case of letters does not count.</param>
    /// <exception cref="ArgumentNullException"><paramref name="expected"/> is null.</exception>
    /// <exception cref="ArgumentException">An entry is empty, or its number is none; <see cref="Validate"/> tells beforehand.</exception>
    public ExpectedSet(IEnumerable<string> expected, string? prefix = null, bool ignoreCase = false)
    {
        ArgumentNullException.ThrowIfNull(expected);
        _comparison = ignoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        _prefix = prefix ?? "";
        _byName = new Dictionary<string, int>(StringComparer.FromComparison(_comparison));
        List<Entry> entries = [];
        List<int> patterns = [];
        foreach (var text in expected)
        {
            if (!TryParse(text, out var name, out var least))
            {
                throw new ArgumentException($"'{text}' is no entry; allowed: {Allowed}.", nameof(expected));
            }

            var entry = new Entry(_prefix, name, least);
            if (IsPattern(name))
            {
                patterns.Add(entries.Count);
                entries.Add(entry);
            }
            else if (_byName.TryAdd(entry.Name, entries.Count))
            {
                entries.Add(entry);
            }
        }

        _entries = [.. entries];
        _patterns = [.. patterns];
    }

    /// <summary>What errors say an entry may be.</summary>
    public static string Allowed => "a name, or a pattern with * and ?, this with a least number behind it where one is not enough, as in 'worker-* >= 3'";

    /// <summary>How many entries there are.</summary>
    public int Count => _entries.Length;

    /// <summary>The entries that are none, of a list that may hold nulls.</summary>
    /// <param name="expected">The entries.</param>
    /// <returns>The first that is wrong, as it was given; null when all are fine.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="expected"/> is null.</exception>
    public static string? Validate(IEnumerable<string?> expected)
    {
        ArgumentNullException.ThrowIfNull(expected);
        return expected.Where(text => !TryParse(text, out _, out _)).Select(text => text ?? "").FirstOrDefault();
    }

    /// <summary>Compares what is expected with what is there.</summary>
    /// <param name="present">The names that are there. One that comes twice counts once.</param>
    /// <param name="denied">Names that are there and may not be looked at: they are not missing.</param>
    /// <returns>All that is missing, denied and extra.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="present"/> is null.</exception>
    public ExpectedSetResult Compare(IEnumerable<string> present, IEnumerable<string>? denied = null)
    {
        ArgumentNullException.ThrowIfNull(present);
        var found = new int[_entries.Length];
        var seen = new HashSet<string>(StringComparer.FromComparison(_comparison));
        List<string> extras = [];
        List<string> forbidden = [];
        foreach (var name in present)
        {
            if (seen.Add(name) && !Take(name, found) && name.StartsWith(_prefix, _comparison))
            {
                extras.Add(name);
            }
        }

        foreach (var name in denied ?? [])
        {
            if (seen.Add(name) && Take(name, found))
            {
                forbidden.Add(name);
            }
        }

        List<string> missing = [];
        for (var i = 0; i < _entries.Length; i++)
        {
            var entry = _entries[i];
            if (found[i] < entry.Least)
            {
                missing.Add(entry.Least == 1
                    ? entry.Name
                    : string.Create(CultureInfo.InvariantCulture, $"{entry.Name} ({found[i]} of {entry.Least})"));
            }
        }

        extras.Sort(StringComparer.Ordinal);
        return new ExpectedSetResult(_entries.Length, seen.Count, missing, forbidden, extras);
    }

    private static bool IsPattern(string name) => name.AsSpan().ContainsAny('*', '?');

    /// <summary>A name may hold anything, so the number is looked for from the end.</summary>
    private static bool TryParse([NotNullWhen(true)] string? text, out string name, out int least)
    {
        (name, least) = ("", 1);
        if (string.IsNullOrWhiteSpace(text) || text.Contains('\0', StringComparison.Ordinal))
        {
            return false;
        }

        name = text.Trim();
        var at = name.LastIndexOf(">=", StringComparison.Ordinal);
        if (at < 0)
        {
            return true;
        }

        var number = name.AsSpan(at + 2).Trim();
        name = name[..at].TrimEnd();
        return name.Length > 0 && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out least)

            // A name counts once, however often it comes: more of it can never be there.
            && (least <= 1 || IsPattern(name));
    }

    private bool Take(string name, int[] found)
    {
        var taken = false;
        if (_byName.TryGetValue(name, out var exact))
        {
            found[exact]++;
            taken = true;
        }

        foreach (var i in _patterns)
        {
            if (FileSystemName.MatchesSimpleExpression(_entries[i].Expression, name, _comparison == StringComparison.OrdinalIgnoreCase))
            {
                found[i]++;
                taken = true;
            }
        }

        return taken;
    }

    private sealed record Entry(string Prefix, string Text, int Least)
    {
        public string Name { get; } = Prefix + Text;

        /// <summary>
        /// The name with backslashes doubled, which escape in an expression and stand for themselves here: <c>App\Jobs\*</c>. In the prefix all
        /// characters stand for themselves.
        /// </summary>
        public string Expression { get; } =
            Prefix.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("*", @"\*", StringComparison.Ordinal).Replace("?", @"\?", StringComparison.Ordinal)
            + Text.Replace(@"\", @"\\", StringComparison.Ordinal);
    }
}
