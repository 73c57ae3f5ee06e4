using System.Text;
using System.Text.Unicode;

namespace HealthKit;

/// <summary>An encoding that a file may have to have.</summary>
internal enum TextEncoding
{
    /// <summary>UTF-8 (RFC 3629), with or without a byte order mark.</summary>
    Utf8,

    /// <summary>US-ASCII.</summary>
    Ascii,

    /// <summary>ISO-8859-1.</summary>
    Latin1,

    /// <summary>Windows-1252.</summary>
    Windows1252,

    /// <summary>UTF-16 with a byte order mark (RFC 2781), either order of bytes.</summary>
    Utf16,
}

internal static class TextEncodings
{
    private const int C1 = 0x80;

    // 0x80 to 0x9f of Windows-1252; those without a character are U+FFFD.
    private const string Windows1252 =
        "\u20ac\ufffd\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\ufffd\u017d\ufffd"
        + "\ufffd\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\ufffd\u017e\u0178";

    private static readonly (string Name, TextEncoding Encoding)[] Names =
    [
        ("utf-8", TextEncoding.Utf8),
        ("us-ascii", TextEncoding.Ascii),
        ("iso-8859-1", TextEncoding.Latin1),
        ("windows-1252", TextEncoding.Windows1252),
        ("utf-16", TextEncoding.Utf16),
    ];

    /// <summary>What errors say is allowed.</summary>
    public static string Allowed { get; } = "one of " + string.Join(", ", Array.ConvertAll(Names, one => one.Name));

    /// <summary>The encoding of a name of IANA's registry, ignoring case; null for any other.</summary>
    public static TextEncoding? Find(string? name)
    {
        var index = Array.FindIndex(Names, one => one.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
        return index < 0 ? null : Names[index].Encoding;
    }

    public static string NameOf(TextEncoding encoding) => Array.Find(Names, one => one.Encoding == encoding).Name;

    /// <summary>Text for people and for comparison; what is no character is U+FFFD.</summary>
    /// <param name="bytes">Its bytes; those of UTF-16 were made UTF-8 before.</param>
    /// <param name="encoding">What it should be in; null: UTF-8 where it is that, else ISO-8859-1.</param>
    public static string Decode(ReadOnlySpan<byte> bytes, TextEncoding? encoding)
    {
        encoding ??= Utf8.IsValid(bytes) ? TextEncoding.Utf8 : TextEncoding.Latin1;
        if (encoding is TextEncoding.Latin1 or TextEncoding.Windows1252)
        {
            var text = Encoding.Latin1.GetString(bytes);
            return encoding == TextEncoding.Latin1
                ? text
                : string.Create(text.Length, text, static (target, source) =>
                {
                    for (var i = 0; i < target.Length; i++)
                    {
                        target[i] = source[i] is >= (char)C1 and < (char)(C1 + 32) ? Windows1252[source[i] - C1] : source[i];
                    }
                });
        }

        return Encoding.UTF8.GetString(bytes);
    }
}
