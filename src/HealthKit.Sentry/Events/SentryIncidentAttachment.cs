namespace HealthKit;

/// <summary>A file that goes with an event.</summary>
/// <param name="Name">Its name, without a path: <c>evidence.json</c>.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="ContentType">Its media type.</param>
public sealed record SentryIncidentAttachment(string Name, ReadOnlyMemory<byte> Content, string ContentType);
