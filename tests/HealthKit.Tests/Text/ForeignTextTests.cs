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
        Assert.Equal("ab …", ForeignText.Shown("ab cde", 5));
        Assert.Equal("abc", ForeignText.Shown("abc", 3));
        Assert.Equal("a 😀…", ForeignText.Shown("a 😀 b", 4));
        Assert.Equal("a …", ForeignText.Shown("a 😀 b", 3));
        Assert.Equal("…", ForeignText.Shown("😀", 1));
        Assert.Equal("…", ForeignText.Shown(new string('x', 1_000_000)));
        Assert.Throws<ArgumentOutOfRangeException>(() => ForeignText.Shown("a", 0));
    }

    [Theory]
    [InlineData("one two three", 9, "one two …")]
    [InlineData("one two three", 7, "one two…")]
    [InlineData("postgres://app:S3cretPassw0rdLong@db/shop", 30, "postgres://app…")]
    [InlineData("INSERT password=S3cretPassw0rdLong;a", 30, "INSERT password…")]
    [InlineData("id,name,email,address,city", 20, "id,name,email,…")]
    [InlineData("id,name,a:b,address,city", 20, "id,name,a:b,address,…")]
    [InlineData("磁盘已满无法写入文件请清理后重试", 8, "磁盘已满无法写入…")]
    [InlineData("错误:磁盘已满无法写入文件", 8, "错误:磁盘已满无…")]
    [InlineData("Could not find file '/srv/shop/incoming/orders-of-today/2026.csv'.", 50, "Could not find file '/srv/shop/incoming/orders-of-…")]
    [InlineData("No file '/srv/shop/ordersoftoday.csv'.", 30, "No file '/srv/shop/…")]
    [InlineData("C:\\Data\\shop\\ordersoftoday.csv", 20, "C:\\Data\\shop\\…")]
    [InlineData("shop-incoming_ordersoftoday", 20, "shop-incoming_…")]
    [InlineData("https://shop.example/api/v2/ordersoftoday", 36, "https://shop.example/api/v2/…")]
    [InlineData("https://app:S3cret-Passw0rdLong@db/shop", 26, "https://app…")]
    [InlineData("{\"error\":\"S3cret-Passw0rdLong\"}", 24, "{\"error\":\"…")]
    [InlineData("{\"error\":\"full\",\"disk\":\"S3cret-Passw0rdLong\"}", 34, "{\"error\":\"full\",\"disk\":\"…")]
    [InlineData("orders@S3cretPassw0rdLong", 20, "orders…")]
    public void The_word_that_the_cut_goes_through_is_left_out(string text, int most, string expected) =>
        Assert.Equal(expected, ForeignText.Shown(text, most));

    [Fact]
    public void No_half_of_a_secret_is_shown_wherever_the_cut_falls()
    {
        const string Password = "S3cretPassw0rdLong";
        var redactor = new Redactor();
        redactor.AddSecret(Password);
        var unknowing = new Redactor();
        string[] secrets = [$"postgres://app:{Password}@db.example/shop", Password, $"Server=db;Password=\"{Password}\";Database=x", $"\"password\": \"{Password}\""];
        foreach (var secret in secrets)
        {
            foreach (var offset in Enumerable.Range(0, 251))
            {
                foreach (var text in new[] { new string('c', offset) + " " + secret + " and more " + new string('d', 300), new string('c', offset) + secret + new string('d', 300) })
                {
                    // As checks write: bounded first by whoever has no redactor, then frozen.
                    foreach (var most in new[] { 40, 60, 120, 200, 255 })
                    {
                        Hides(unknowing, ForeignText.Shown(text, most));
                    }

                    foreach (var (_, _, write) in Writers)
                    {
                        Hides(redactor, write(redactor.Redact(text)));
                    }
                }
            }
        }

        void Hides(Redactor by, string written)
        {
            var frozen = new ResultFreezer(by).Text(written);
            Assert.False(frozen.Contains(Password[..5], StringComparison.Ordinal) && !written.Contains(Password, StringComparison.Ordinal), $"{written}\n-> {frozen}");
        }
    }

    [Fact]
    public void The_freezer_and_what_is_sent_show_no_half_of_a_secret_of_a_text_that_is_too_long_to_be_read_whole()
    {
        const string Secret = "S3cretPassw0rdLong";
        var redactor = new Redactor();
        redactor.AddSecret(Secret);
        var key = $"-----BEGIN PRIVATE KEY-----\n{string.Concat(Enumerable.Repeat("MIIEowIBAAKCAQEAx8h1ZkMIIEowIBAAKCAQEAx8h1Zk0123456789abcdefgh\n", 960))}-----END PRIVATE KEY-----\n";
        foreach (var offset in Enumerable.Range(1, Secret.Length - 1))
        {
            var text = key + new string('.', (64 * 1024) - key.Length - offset) + Secret + " and more";
            using var writer = new EventWriter(redactor);
            Assert.DoesNotContain("S", new ResultFreezer(redactor).Text(text).Replace("-----BEGIN PRIVATE KEY-----", "", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.DoesNotContain("S", writer.Line(text, 8_192).Replace("PRIVATE KEY", "", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.DoesNotContain("S3", OwnMessage.Of(default, default, text, null, null, redactor).Text, StringComparison.Ordinal);
        }
    }
}
