using System.Buffers;
using System.Globalization;
using System.Text;

namespace HealthKit;

/// <summary>Makes foreign bytes a text that does nothing to the terminal, page or log that shows it.</summary>
internal static class PrintableText
{
    /// <summary>Decodes UTF-8; a byte that is none becomes <c>\xE9</c>.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return Encoding.UTF8.GetString(bytes);
        }

        var text = new StringBuilder(bytes.Length + 16);
        Span<char> chars = stackalloc char[2];
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) == OperationStatus.Done)
            {
                text.Append(chars[..rune.EncodeToUtf16(chars)]);
            }
            else
            {
                for (var i = 0; i < length; i++)
                {
                    text.Append(CultureInfo.InvariantCulture, $"\\x{bytes[i]:X2}");
                }
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <summary>
    /// Leaves out the escape sequences of terminals (ECMA-48, 5.4: control sequences) and writes other hidden characters
    /// (<see cref="ForeignText.IsHidden"/>) and lone surrogates as <c>\x1B</c>, <c>\u202E</c>. A tab stays.
    /// </summary>
    public static string Escape(string text)
    {
        var first = 0;
        while (first < text.Length && text[first] is (>= ' ' and <= '~') or '\t')
        {
            first++;
        }

        if (first == text.Length)
        {
            return text;
        }

        var clean = new StringBuilder(text.Length + 16).Append(text, 0, first);
        for (var i = first; i < text.Length;)
        {
            if (text[i] == '\u001b' && ControlSequence(text, i) is var end and > 0)
            {
                i = end;
                continue;
            }

            if (!Rune.TryGetRuneAt(text, i, out var rune))
            {
                clean.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:X4}");
                i++;
                continue;
            }

            i += rune.Utf16SequenceLength;
            if (rune.Value == '\t' || !ForeignText.IsHidden(rune))
            {
                clean.Append(rune);
            }
            else
            {
                _ = rune.Value < 0x100
                    ? clean.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:X2}")
                    : clean.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:X4}");
            }
        }

        return clean.ToString();
    }

    /// <summary>The first characters, never half a surrogate pair.</summary>
    public static string Cut(string text, int length) =>
        text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];

    private static int ControlSequence(string text, int start)
    {
        if (start + 1 >= text.Length || text[start + 1] != '[')
        {
            return 0;
        }

        var i = start + 2;
        while (i < text.Length && text[i] is >= '\x20' and <= '\x3f')
        {
            i++;
        }

        return i < text.Length && text[i] is >= '\x40' and <= '\x7e' ? i + 1 : 0;
    }
}
