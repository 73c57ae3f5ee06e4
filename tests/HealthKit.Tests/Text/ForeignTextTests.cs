using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using HealthKit.Tests.Incidents.Sinks;

namespace HealthKit.Tests.Text;

public class ForeignTextTests
{
    private static readonly string[] Pieces =
    [
        "a", " ", ".", "é", "\u202E", "\u2066", "\u200F", "\u061C", "\u00AD", "\uFEFF", "\u2060", "\u200B", "\u200C", "\u200D", "\u2028", "\u2029", "\u0085", "\u009B2J",
        "\u001b[31m", "\u0000", "\u007F", "\r", "\n", "\r\n", "\t", "\v", "\ud800", "\udc00", "\U000E0041", "\U0001D173", "👩\u200D👩\u200D👧", "نمی\u200Cخواهم", "\uE000", "磁盘",
    ];

    private static readonly Arbitrary<string> Texts = Gen.Elements(Pieces).Or(ArbMap.Default.GeneratorFor<char>().Select(c => c.ToString()))
        .ArrayOf().Select(string.Concat).ToArbitrary();

    /// <summary>Every way by which foreign text leaves, with what it lets through on purpose.</summary>
    private static readonly (string Name, string Allowed, Func<string, string> Write)[] Writers =
    [
        ("ForeignText.Shown", "", text => ForeignText.Shown(text, 50)),
        ("ForeignText.Clean", "", text => ForeignText.Clean(text)),
        ("PrintableText.Escape", "\t", PrintableText.Escape),
        ("PlainText.Clean", "", PlainText.Clean),
        ("SentryText.Line", "", text => SentryText.Line(text, 50)),
        ("SentryText.Lines", "\n\t", text => SentryText.Lines(text, 50)),
        ("IncidentText.OneLine", "", text => IncidentText.OneLine(text)),
        ("IncidentText.Title", "", text => IncidentText.Title(Messages.Message() with { Incident = Messages.Incident() with { Check = text, Reason = text } })),
        ("IncidentText.Body", "\n", text => IncidentText.Body(Messages.Message() with { Incident = Messages.Incident() with { Description = text, Remedy = text } })),
        ("DirectoryWalk.Show", "", text => DirectoryWalk.Show(Encoding.UTF8.GetBytes(text))),
    ];

    [Fact]
    public void No_writer_lets_a_character_through_that_does_not_print_but_acts() =>
        Prop.ForAll(Texts, text =>
        {
            foreach (var (name, allowed, write) in Writers)
            {
                foreach (var rune in write(text).EnumerateRunes())
                {
                    Assert.False(
                        rune.Value is not (0x200C or 0x200D) && !allowed.Contains(rune.ToString(), StringComparison.Ordinal)
                            && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                                or UnicodeCategory.ParagraphSeparator,
                        $"{name} lets U+{rune.Value:X4} through.");
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Fact]
    public void Each_writer_has_its_own_replacement_and_leaves_emoji_and_words_whole()
    {
        const string text = "a\u202Eb 👩\u200D👩\u200D👧 نمی\u200Cخواهم";
        foreach (var (write, expected) in new (Func<string, string>, string)[]
        {
            (text => ForeignText.Shown(text), "?"),
            (text => ForeignText.Clean(text), "?"),
            (PrintableText.Escape, "\\u202E"),
            (PlainText.Clean, "\uFFFD"),
            (text => SentryText.Line(text, 100), " "),
            (text => IncidentText.OneLine(text), " "),
            (text => DirectoryWalk.Show(Encoding.UTF8.GetBytes(text)), "\uFFFD"),
        })
        {
            Assert.Equal(text.Replace("\u202E", expected, StringComparison.Ordinal), write(text));
        }
    }

    [Fact]
    public void What_is_too_long_ends_in_an_ellipsis_and_never_in_half_a_character()
    {
        Assert.Equal("ab…", ForeignText.Shown("abc", 2));
        Assert.Equal("abc", ForeignText.Shown("abc", 3));
        Assert.Equal("a😀…", ForeignText.Shown("a😀b", 2));
        Assert.Equal(201, ForeignText.Shown(new string('x', 1_000_000)).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => ForeignText.Shown("a", 0));
    }
}
