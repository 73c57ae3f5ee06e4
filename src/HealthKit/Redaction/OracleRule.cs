namespace HealthKit;

/// <summary>Hides user and password in an address of Oracle's JDBC driver, which are no user information: <c>jdbc:oracle:thin:app/x@host</c>.</summary>
internal sealed record OracleRule() : RedactionRule("jdbc:oracle:")
{
    private const int MaxLookahead = 256;

    public override Finding Find(ReadOnlySpan<char> text, int hit, ref ScanMemory memory)
    {
        var driver = hit + Trigger.Length;
        var rest = text[driver..Math.Min(text.Length, driver + MaxLookahead)];
        var start = rest.IndexOf(':') + 1;
        var end = start;
        while (end < rest.Length && !char.IsWhiteSpace(rest[end])
            && !(rest[end] is '"' or '\'' && ValueReader.IsStructural(text, driver + end + 1)))
        {
            end++;
        }

        var at = rest[start..end].LastIndexOf('@');
        return start > 0 && at > 0 && rest[start] != '@' && rest.Slice(start, at).Contains('/')
            ? Finding.Hide(text, driver + start, driver + start + at)
            : Finding.None;
    }
}
