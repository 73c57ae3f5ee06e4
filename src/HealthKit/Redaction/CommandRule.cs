namespace HealthKit;

/// <summary>Hides the password behind an option that means one with some programs only: <c>mysql -px</c>, <c>curl -u user:x</c>.</summary>
/// <param name="Option">The option, in this case, with the blanks around it.</param>
/// <param name="Programs">How the programs' names begin.</param>
/// <param name="IsAttached">Whether the value stands right behind the option; after a blank it is something else.</param>
/// <param name="IsUserInfo">Whether the value is a password only with a colon in it.</param>
internal sealed record CommandRule(string Option, string[] Programs, bool IsAttached = false, bool IsUserInfo = false) : RedactionRule(Option)
{
    private const int MaxLookback = 256;

    public override Finding Find(ReadOnlySpan<char> text, int hit, ref ScanMemory memory)
    {
        var start = hit + Option.Length;
        if (Option.StartsWith(" --", StringComparison.Ordinal))
        {
            if (start == text.Length || text[start] is not (' ' or '='))
            {
                return Finding.None;
            }

            start++;
        }

        while (!IsAttached && start < text.Length && text[start] == ' ' && start - hit < MaxLookback)
        {
            start++;
        }

        // "-password x" has its own rule.
        if (start == text.Length || char.IsWhiteSpace(text[start]) || !text[hit..].StartsWith(Option)
            || (IsAttached && text[start..].StartsWith("ass", StringComparison.OrdinalIgnoreCase))
            || !FollowsProgram(text[Math.Max(0, hit - MaxLookback)..hit]))
        {
            return Finding.None;
        }

        if (ValueReader.IsHidden(text, start))
        {
            return Finding.Nothing(start + Redactor.Marker.Length);
        }

        // Looked for nearby first: where the value ends may be far, and the next option may lead there too.
        if (IsUserInfo && !text[start..Math.Min(text.Length, start + MaxLookback)].Contains(':'))
        {
            return Finding.None;
        }

        var end = QuoteMark.TryRead(text, start, out var mark)
            ? mark.FindClose(text, start += mark.Length)
            : ValueReader.EndOfWord(text, start);
        return IsUserInfo && !text[start..end].Contains(':') ? Finding.None : Finding.Hide(text, start, end);
    }

    /// <summary>Whether the command that a text ends in is one of the programs: <c>/usr/bin/mysqldump -u app</c>.</summary>
    private bool FollowsProgram(ReadOnlySpan<char> text)
    {
        text = text[(text.LastIndexOfAny("\r\n|;&") + 1)..];
        foreach (var program in Programs)
        {
            var before = text;
            while (before.LastIndexOf(program) is >= 0 and var at)
            {
                var rest = text[(at + program.Length)..].TrimStart("abcdefghijklmnopqrstuvwxyz_-");
                if ((rest.IsEmpty || rest[0] == ' ') && (at == 0 || text[at - 1] is ' ' or '/' or '"' or '\'' or '`' or '('))
                {
                    return true;
                }

                before = text[..at];
            }
        }

        return false;
    }
}
