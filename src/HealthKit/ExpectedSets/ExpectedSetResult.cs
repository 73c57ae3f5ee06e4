using System.Globalization;
using System.Text;

namespace HealthKit;

/// <summary>What of an <see cref="ExpectedSet"/> is there and what is not.</summary>
/// <param name="ExpectedCount">How many entries the set has.</param>
/// <param name="PresentCount">How many different names are there, those that may not be looked at among them.</param>
/// <param name="Missing">The entries that are missing, in their order; with numbers where some of several are there: <c>worker-* (1 of 3)</c>.</param>
/// <param name="Denied">Expected names that are there and may not be looked at.</param>
/// <param name="Extras">Names that no entry stands for, sorted.</param>
public sealed record ExpectedSetResult(
    int ExpectedCount, int PresentCount, IReadOnlyList<string> Missing, IReadOnlyList<string> Denied, IReadOnlyList<string> Extras)
{
    /// <summary>How many extras a text names.</summary>
    private const int ExtrasShown = 5;

    /// <summary>How many missing ones a text names: all there are, as long as people can read them.</summary>
    private const int MissingShown = 50;

    /// <summary>How much of a name a text shows: it may be foreign.</summary>
    private const int LongestName = 200;

    /// <summary>Whether everything expected is there and may be looked at.</summary>
    public bool IsComplete => Missing.Count == 0 && Denied.Count == 0;

    /// <summary>In words: <c>2 of 5 missing: a, b-* (1 of 3); no access to c; 7 others, such as d, e</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        var culture = CultureInfo.InvariantCulture;
        text.Append(Missing.Count == 0
            ? string.Create(culture, $"all {ExpectedCount} there")
            : string.Create(culture, $"{Missing.Count} of {ExpectedCount} missing: {List(Missing, MissingShown)}"));
        if (Denied.Count > 0)
        {
            text.Append(culture, $"; no access to {List(Denied, MissingShown)}");
        }

        if (Extras.Count > 0)
        {
            var others = Extras.Count == 1 ? "1 other" : string.Create(culture, $"{Extras.Count} others");
            text.Append(culture, $"; {others}{(Extras.Count > ExtrasShown ? ", such as " : ": ")}{Join(Extras, ExtrasShown)}");
        }

        return text.ToString();
    }

    private static string List(IReadOnlyList<string> names, int shown) => names.Count <= shown
        ? Join(names, shown)
        : string.Create(CultureInfo.InvariantCulture, $"{Join(names, shown)} and {names.Count - shown} more");

    private static string Join(IReadOnlyList<string> names, int shown) => string.Join(", ", names.Take(shown).Select(static name => ForeignText.Shown(name, LongestName)));
}
