namespace HealthKit;

/// <summary>
/// Whether a text is one read-only statement, in whatever dialect: where databases read quotes and comments differently, it must be one in each reading.
/// It guards against slips, not against those who write statements: a function may write. What is asked runs in a read-only transaction where there are any.
/// </summary>
internal static class SqlStatement
{
    /// <summary>What errors say is allowed.</summary>
    public const string Allowed = "one read-only statement that begins with SELECT, SHOW, WITH, VALUES or TABLE, at most 16384 characters, without ';' but at its end";

    public const int Longest = 16_384;

    private static readonly string[] Beginnings = ["SELECT", "SHOW", "WITH", "VALUES", "TABLE"];

    // What writes although it begins well: WITH x AS (DELETE …), SELECT … INTO, SELECT … FOR UPDATE.
    // And what begins another statement: T-SQL needs no ';' between two.
    private static readonly string[] Writing =
    [
        "INSERT", "UPDATE", "DELETE", "MERGE", "INTO", "DROP", "TRUNCATE", "ALTER", "CREATE", "EXEC", "EXECUTE", "CALL", "GRANT", "REVOKE", "SHUTDOWN", "KILL",
    ];

    private enum Backslashes
    {
        Plain,
        Escape,
        EscapeAfterE,
    }

    /// <summary>What is wrong with it, in words that show no more of it than a word; null when nothing is.</summary>
    public static string? Reject(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return "an empty text";
        }

        if (text.Length > Longest)
        {
            return $"a text of {text.Length} characters";
        }

        if (text.Contains('\0', StringComparison.Ordinal))
        {
            return "a text with a zero character";
        }

        string? unfinished = null;
        var finishes = false;
        foreach (var backslashes in Enum.GetValues<Backslashes>())
        {
            for (var flags = 0; flags < 32; flags++)
            {
                var reading = new Reading(text, backslashes, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0, (flags & 16) != 0);
                var (wrong, ends) = reading.Judge();
                if (wrong is not null && ends is not false)
                {
                    return wrong;
                }

                finishes |= ends is true;
                unfinished ??= wrong;
            }
        }

        return finishes ? null : unfinished ?? "a text that ends within a quote or a comment";
    }

    /// <summary>One way to read the text. Where databases agree, all come to the same.</summary>
    private ref struct Reading(string text, Backslashes backslashes, bool hashComments, bool nestedComments, bool dollarQuotes, bool brackets, bool dashNeedsBlank)
    {
        private int _at;
        private bool _isOpen;

        /// <returns>What is wrong; and whether the text is whole: an unfinished one is a mistake of syntax in this reading, and harmless.</returns>
        public (string? Wrong, bool? Ends) Judge()
        {
            string? first = null;
            var ended = false;
            while (_at < text.Length)
            {
                var c = text[_at];
                if (char.IsWhiteSpace(c))
                {
                    _at++;
                }
                else if (SkipComment(out var executes))
                {
                    if (executes)
                    {
                        return ("a comment that MySQL executes (/*! … */)", true);
                    }
                }
                else if (ended)
                {
                    return ("a text with more than one statement", true);
                }
                else if (c == ';')
                {
                    ended = true;
                    _at++;
                }
                else if (SkipQuoted())
                {
                    if (first is null)
                    {
                        return ("a text that begins with a quote", true);
                    }
                }
                else if (char.IsLetter(c) || c == '_')
                {
                    var from = _at;
                    var word = ReadWord();
                    if (first is null)
                    {
                        first = word;
                        if (!Beginnings.Contains(word, StringComparer.OrdinalIgnoreCase))
                        {
                            return ($"a statement that begins with {ForeignText.Shown(word, 20)}", true);
                        }
                    }
                    else if (!first.Equals("SHOW", StringComparison.OrdinalIgnoreCase) && Writing.Contains(word, StringComparer.OrdinalIgnoreCase) && !IsName(from, word))
                    {
                        return ($"a statement with the word {word.ToUpperInvariant()}", true);
                    }
                }
                else if (first is null && c != '(')
                {
                    return ($"a text that begins with {ForeignText.Shown(c.ToString())}", true);
                }
                else
                {
                    _at++;
                }
            }

            return _isOpen ? (null, false) : first is null ? ("a text without a statement", true) : (null, true);
        }

        /// <summary>[insert] is a name, and no statement where brackets do not quote; MySQL has a function truncate(), and no statement TRUNCATE (.</summary>
        private readonly bool IsName(int from, string word) =>
            (text[from - 1] == '[' && _at < text.Length && text[_at] == ']')
            || (word.Equals("TRUNCATE", StringComparison.OrdinalIgnoreCase) && text.AsSpan(_at).TrimStart().StartsWith("("));

        private string ReadWord()
        {
            var from = _at;
            while (_at < text.Length && (char.IsLetterOrDigit(text[_at]) || text[_at] is '_' or '$' or '@'))
            {
                // A dollar may begin a quote, but not within a word (PostgreSQL, "Lexical Structure").
                _at++;
            }

            return text[from.._at];
        }

        private bool SkipComment(out bool executes)
        {
            executes = false;
            var rest = text.AsSpan(_at);
            if ((rest.StartsWith("--") && (!dashNeedsBlank || rest.Length == 2 || char.IsWhiteSpace(rest[2]) || char.IsControl(rest[2]))) || (hashComments && rest[0] == '#'))
            {
                var end = rest.IndexOfAny('\n', '\r');
                _at = end < 0 ? text.Length : _at + end;
                return true;
            }

            if (!rest.StartsWith("/*"))
            {
                return false;
            }

            executes = rest.StartsWith("/*!") || rest.StartsWith("/*M!", StringComparison.OrdinalIgnoreCase);
            var depth = 0;
            while (_at < text.Length)
            {
                rest = text.AsSpan(_at);
                if (rest.StartsWith("/*") && (depth == 0 || nestedComments))
                {
                    depth++;
                    _at += 2;
                }
                else if (rest.StartsWith("*/"))
                {
                    _at += 2;
                    if (--depth == 0)
                    {
                        return true;
                    }
                }
                else
                {
                    _at++;
                }
            }

            _isOpen = true;
            return true;
        }

        private bool SkipQuoted()
        {
            var c = text[_at];
            if (c is '\'' or '"' or '`' || (brackets && c == '['))
            {
                var escapes = c is '\'' or '"' && (backslashes == Backslashes.Escape
                    || (backslashes == Backslashes.EscapeAfterE && c == '\'' && _at > 0 && text[_at - 1] is 'e' or 'E' && (_at == 1 || !char.IsLetterOrDigit(text[_at - 2]))));
                SkipTo(c == '[' ? ']' : c, escapes);
                return true;
            }

            if (!dollarQuotes || c != '$')
            {
                return false;
            }

            var tag = _at + 1;
            while (tag < text.Length && (char.IsLetter(text[tag]) || text[tag] == '_' || (tag > _at + 1 && char.IsDigit(text[tag]))))
            {
                tag++;
            }

            if (tag >= text.Length || text[tag] != '$')
            {
                return false;
            }

            var mark = text[_at..(tag + 1)];
            var end = text.IndexOf(mark, tag + 1, StringComparison.Ordinal);
            _isOpen |= end < 0;
            _at = end < 0 ? text.Length : end + mark.Length;
            return true;
        }

        private void SkipTo(char close, bool escapes)
        {
            _at++;
            while (_at < text.Length)
            {
                if (escapes && text[_at] == '\\')
                {
                    _at += 2;
                }
                else if (text[_at] != close)
                {
                    _at++;
                }
                else if (_at + 1 < text.Length && text[_at + 1] == close)
                {
                    _at += 2; // doubled: the character itself
                }
                else
                {
                    _at++;
                    return;
                }
            }

            _at = text.Length;
            _isOpen = true;
        }
    }
}
