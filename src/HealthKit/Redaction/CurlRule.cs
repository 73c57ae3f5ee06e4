namespace HealthKit;

/// <summary>Finds curl's <c>-u user:password</c> where the option stands together with others: <c>curl -sSu user:x</c>.</summary>
internal sealed record CurlRule() : RedactionRule("curl -")
{
    private const int MaxLookahead = 256;

    public override Finding Find(ReadOnlySpan<char> text, int hit, ref ScanMemory memory)
    {
        var from = hit + Trigger.Length - 1;
        var line = text[from..Math.Min(text.Length, from + MaxLookahead)];
        for (var i = 0; i < line.Length && line[i] is not ('\r' or '\n' or '|' or ';');)
        {
            var length = line[i..].IndexOfAny(' ', '\n');
            if (length < 0)
            {
                break;
            }

            var value = from + i + length + 1;
            if (IsGroup(line.Slice(i, length)) && line[i + length] == ' ' && value < text.Length && !char.IsWhiteSpace(text[value]))
            {
                // What stands before it has rules of its own.
                memory.Content = Read(text, value);
                break;
            }

            i += length + 1;
        }

        return Finding.None;
    }

    /// <summary><c>-sSu</c>; <c>-u</c> alone has its own rule.</summary>
    private static bool IsGroup(ReadOnlySpan<char> word) =>
        word.Length is > 2 and < 12 && word[0] == '-' && word[^1] == 'u' && !word[1..].ContainsAnyExcept(TokenRule.LettersOnly);

    private static Finding Read(ReadOnlySpan<char> text, int start)
    {
        if (ValueReader.IsHidden(text, start) || !text[start..Math.Min(text.Length, start + MaxLookahead)].Contains(':'))
        {
            return Finding.None;
        }

        var end = QuoteMark.TryRead(text, start, out var mark)
            ? mark.FindClose(text, start += mark.Length)
            : ValueReader.EndOfWord(text, start);
        return text[start..end].Contains(':') ? Finding.Hide(text, start, end) : Finding.None;
    }
}
