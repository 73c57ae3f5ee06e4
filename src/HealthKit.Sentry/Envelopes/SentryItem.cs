namespace HealthKit;

/// <summary>
/// One part of an envelope (https://develop.sentry.dev/sdk/foundations/transport/envelope-items/): what it is, and its bytes. Immutable.
/// </summary>
internal sealed class SentryItem
{
    private const int MaxFilename = 200;

    private SentryItem(string type, SentryCategory category, ReadOnlyMemory<byte> payload, int maxBytes) =>
        (Type, Category, Payload, MaxBytes) = (type, category, payload, maxBytes);

    /// <summary>Its type in the protocol.</summary>
    public string Type { get; }

    /// <summary>What it is counted and limited as.</summary>
    public SentryCategory Category { get; }

    /// <summary>Its bytes.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>How many bytes Sentry takes of such an item.</summary>
    public int MaxBytes { get; }

    /// <summary>An attachment's name, without a path.</summary>
    public string? Filename { get; private init; }

    /// <summary>An attachment's media type.</summary>
    public string? ContentType { get; private init; }

    /// <summary>What an attachment is to Sentry; null for a file like any other (<c>event.attachment</c>).</summary>
    public string? AttachmentType { get; private init; }

    /// <summary>What is lost when it is: Sentry counts attachments in bytes, an empty one as 1.</summary>
    public long Quantity => Category == SentryCategory.Attachment ? Math.Max(1, Payload.Length) : 1;

    /// <summary>An event.</summary>
    /// <param name="payload">Its JSON.</param>
    public static SentryItem Event(ReadOnlyMemory<byte> payload) => new("event", SentryCategory.Error, payload, SentryLimits.EventBytes);

    /// <summary>A check-in of a monitor.</summary>
    /// <param name="payload">Its JSON.</param>
    public static SentryItem CheckIn(ReadOnlyMemory<byte> payload) =>
        new("check_in", SentryCategory.Monitor, payload, SentryLimits.CheckInBytes);

    /// <summary>A report of what was never sent.</summary>
    /// <param name="payload">Its JSON.</param>
    public static SentryItem ClientReport(ReadOnlyMemory<byte> payload) =>
        new("client_report", SentryCategory.Internal, payload, SentryLimits.ClientReportBytes);

    /// <summary>A file that goes with an event.</summary>
    /// <param name="filename">Its name; what stands before the last slash is cut off.</param>
    /// <param name="payload">Its content.</param>
    /// <param name="contentType">Its media type: <c>text/plain</c>.</param>
    /// <param name="attachmentType">What it is to Sentry; null for a file like any other.</param>
    public static SentryItem Attachment(string filename, ReadOnlyMemory<byte> payload, string contentType, string? attachmentType = null) =>
        new("attachment", SentryCategory.Attachment, payload, SentryLimits.EnvelopeBytes)
        {
            Filename = CleanName(filename),
            ContentType = contentType,
            AttachmentType = attachmentType,
        };

    private static string CleanName(string filename)
    {
        var name = filename[(filename.LastIndexOfAny(['/', '\\']) + 1)..];
        name = new string([.. name.Select(c => char.IsSurrogate(c) || ForeignText.IsHidden(new(c)) ? '_' : c).Take(MaxFilename)]);
        return name.Length > 0 ? name : "attachment";
    }
}
