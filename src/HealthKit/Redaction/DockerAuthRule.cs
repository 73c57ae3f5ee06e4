namespace HealthKit;

/// <summary>Hides what Docker keeps of a registry's login: <c>"auth": "dXNlcjpwYXNz"</c>, the base64 of <c>user:password</c>.</summary>
/// <param name="NameEnd">The end of the name and what begins the mark that closes it.</param>
internal sealed record DockerAuthRule(string NameEnd) : RedactionRule(NameEnd)
{
    private const int MaxBlanks = 32;

    public override Finding Find(ReadOnlySpan<char> text, int hit, ref ScanMemory memory)
    {
        var i = hit + NameEnd.Length - 1;
        if (hit == 0 || text[hit - 1] is not ('"' or '\'') || !QuoteMark.TryRead(text, i, out var mark))
        {
            return Finding.None;
        }

        i = SkipBlanks(text, i + mark.Length);
        if (i == text.Length || text[i] != ':')
        {
            return Finding.None;
        }

        i = SkipBlanks(text, i + 1);
        return QuoteMark.TryRead(text, i, out var open) && BasicRule.HoldsCredentials(text[(i + open.Length)..])
            ? Finding.Hide(text, i + open.Length, open.FindClose(text, i + open.Length))
            : Finding.None;
    }

    private static int SkipBlanks(ReadOnlySpan<char> text, int from)
    {
        var i = from;
        while (i < text.Length && i - from < MaxBlanks && char.IsWhiteSpace(text[i]))
        {
            i++;
        }

        return i;
    }
}
