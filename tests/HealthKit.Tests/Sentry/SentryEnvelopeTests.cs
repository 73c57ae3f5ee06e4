using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Sentry;

public class SentryEnvelopeTests
{
    private const string Id = "9ec79c33ec9942ab8353589fcb2e04dc";
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 13, 0, 0, 250, TimeSpan.FromHours(1));

    private static readonly byte[] Event =
        Encoding.UTF8.GetBytes($$"""{"event_id":"{{Id}}","timestamp":"2026-11-22T11:59:00Z","platform":"csharp","message":"hello\nworld"}""");

    [Fact]
    public void An_envelope_is_lines_of_headers_and_bytes_with_their_length()
    {
        var envelope = SentryEnvelope.ForEvent(Id, Event, [SentryItem.Attachment("/var/log/a \"b\".log", "\uFEFFHello\r\n"u8.ToArray(), "text/plain")]);
        Assert.Equal(
            $$$"""
            {"event_id":"{{{Id}}}","sent_at":"2026-11-22T12:00:00.250Z","sdk":{"name":"healthkit.dotnet","version":"{{{SentrySdk.Version}}}"}}
            {"type":"event","length":{{{Event.Length}}}}
            {{{Encoding.UTF8.GetString(Event)}}}
            {"type":"attachment","length":10,"filename":"a \u0022b\u0022.log","content_type":"text/plain"}

            """.ReplaceLineEndings("\n") + "\uFEFFHello\r\n\n",
            Encoding.UTF8.GetString(Write(envelope)));
    }

    [Fact]
    public void A_version_is_one_without_the_commit_it_was_built_from() => Assert.Matches(@"^\d+\.\d+\.\d+[A-Za-z0-9.-]*$", SentrySdk.Version);

    [Fact]
    public void A_check_in_has_no_event_id_and_is_not_sent_again()
    {
        var envelope = SentryEnvelope.ForCheckIn(Encoding.UTF8.GetBytes($$"""{"check_in_id":"{{Id}}","monitor_slug":"app_host","status":"ok"}"""));
        var (header, items) = EnvelopeReader.Read(Write(envelope), new HashSet<string>());
        Assert.False(header.TryGetProperty("event_id", out _));
        Assert.Equal("check_in", Assert.Single(items).Type);
        Assert.False(envelope.IsSentAgain);
    }

    [Fact]
    public void Attachments_of_any_bytes_under_any_name_are_read_back_as_they_were() =>
        Prop.ForAll(
            Gen.Zip(ArbMap.Default.GeneratorFor<string>().Select(name => name ?? ""), ArbMap.Default.GeneratorFor<byte[]>().Select(bytes => bytes ?? [])).ListOf().ToArbitrary(),
            files =>
            {
                var envelope = SentryEnvelope.ForEvent(Id, Event, files.Select(file => SentryItem.Attachment(file.Item1, file.Item2, "application/octet-stream")));
                var (_, items) = EnvelopeReader.Read(Write(envelope), new HashSet<string>());
                return items.Count == files.Count + 1 && items.Skip(1).Zip(files).All(pair => pair.First.Payload.AsSpan().SequenceEqual(pair.Second.Item2));
            }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("")]
    [InlineData("9EC79C33EC9942AB8353589FCB2E04DC")]
    [InlineData("9ec79c33-ec99-42ab-8353-589fcb2e04dc")]
    public void An_event_id_is_32_lower_case_digits(string id) => Assert.Throws<ArgumentException>(() => SentryEnvelope.ForEvent(id, Event));

    [Fact]
    public void Only_attachments_go_with_an_event() =>
        Assert.Throws<ArgumentException>(() => SentryEnvelope.ForEvent(Id, Event, [SentryItem.CheckIn(Event)]));

    /// <summary>The reader is what the tests of everything that is sent stand on: it must see what is wrong.</summary>
    [Theory]
    [InlineData("{\"event_id\":\"X\"", "\"event_id\":\"9EC7\"", "event_id is not 32")]
    [InlineData("\"sent_at\":\"S\"", "\"sent_at\":\"S\",\"sent_at\":\"S\"", "not JSON")]
    [InlineData("\"sent_at\":\"S\"", "\"sent_at\":\"2026-11-22T13:00:00+01:00\"", "no RFC 3339 time in UTC")]
    [InlineData("\"sent_at\":\"S\",", "", "has no sent_at")]
    [InlineData("\"sdk\":", "\"sdks\":", "which the protocol does not know")]
    [InlineData("\"length\":L", "\"length\":5", "no line feed after")]
    [InlineData("\"length\":L", "\"length\":99999", "announces 99999 bytes")]
    [InlineData("\"length\":L", "\"length\":\"7\"", "no whole number")]
    [InlineData("\"type\":\"event\"", "\"type\":\"events\"", "unknown type 'events'")]
    [InlineData("\"timestamp\":\"2026-11-22T11:59:00Z\"", "\"timestamp\":\"2026-11-22 11:59:00\"", "no RFC 3339 time")]
    [InlineData("\"platform\":\"csharp\",", "", "has no platform")]
    [InlineData("\"platform\":\"csharp\"", "\"platform\":\"csharp\",\"level\":\"critical\"", "level is none of")]
    [InlineData("\"platform\":\"csharp\"", "\"platform\":\"csharp\",\"tags\":{\"a\":1}", "'a' is no text")]
    [InlineData("\"platform\":\"csharp\"", "\"platform\":\"csharp\",\"fingerprint\":[]", "is empty")]
    [InlineData("\"platform\":\"csharp\"", "\"platform\":\"csharp\",\"exception\":{\"values\":[{\"value\":\"x\"}]}", "has no type")]
    public void The_reader_finds_what_is_not_in_order(string part, string instead, string expected)
    {
        var good = Encoding.UTF8.GetString(Write(SentryEnvelope.ForEvent(Id, Event)));
        string Fill(string text) => text
            .Replace("{\"event_id\":\"X\"", $"{{\"event_id\":\"{Id}\"", StringComparison.Ordinal)
            .Replace("\"S\"", "\"2026-11-22T12:00:00.250Z\"", StringComparison.Ordinal)
            .Replace("\"length\":L", $"\"length\":{Event.Length}", StringComparison.Ordinal);
        var from = Fill(part);
        Assert.Contains(from, good, StringComparison.Ordinal);
        var bad = good.Replace(from, Fill(instead).Replace("\"event_id\":\"9EC7\"", "{\"event_id\":\"9EC7\"", StringComparison.Ordinal), StringComparison.Ordinal);
        if (!part.Contains("length", StringComparison.Ordinal))
        {
            var payload = bad.Split('\n')[2];
            bad = bad.Replace($"\"length\":{Event.Length}", $"\"length\":{Encoding.UTF8.GetByteCount(payload)}", StringComparison.Ordinal);
        }

        var error = Assert.Throws<FormatException>(() => EnvelopeReader.Read(Encoding.UTF8.GetBytes(bad), new HashSet<string>()));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    private static byte[] Write(SentryEnvelope envelope)
    {
        var output = new ArrayBufferWriter<byte>();
        SentryEnvelope.Write(output, envelope.EventId, envelope.Items, Now);
        return output.WrittenSpan.ToArray();
    }
}
