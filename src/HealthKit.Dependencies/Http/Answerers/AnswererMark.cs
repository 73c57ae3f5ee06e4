namespace HealthKit;

/// <summary>What tells that a program gave an answer.</summary>
/// <param name="Name">The program.</param>
/// <param name="Kind">What it is.</param>
/// <param name="IsAuthor">Whether the mark stands only on answers of its own.</param>
/// <param name="Header">The header that must be there; null when none must.</param>
/// <param name="Value">What that header must hold, ignoring case; empty means anything.</param>
/// <param name="Body">What the body must hold, all of it, ignoring case; empty means that the body tells nothing.</param>
/// <param name="From">The least status on which it counts.</param>
internal sealed record AnswererMark(string Name, AnswererKind Kind, bool IsAuthor, string? Header, string Value, string[] Body, int From)
{
    /// <summary>A page for an error or a redirect.</summary>
    public static AnswererMark Page(string name, params string[] body) => new(name, AnswererKind.Gateway, true, null, "", body, HttpAnswerers.FirstPage);

    /// <summary>A header that stands on its own answers only.</summary>
    public static AnswererMark Own(string name, string header, string value = "", int from = 100) => new(name, AnswererKind.Gateway, true, header, value, [], from);

    /// <summary>A header that it adds to what it hands on.</summary>
    public static AnswererMark Through(string name, string header, string value = "") => new(name, AnswererKind.Gateway, false, header, value, [], 100);

    /// <summary>A header of what apps run on.</summary>
    public static AnswererMark On(string name, string header, string value) => new(name, AnswererKind.Server, true, header, value, [], 100);
}
