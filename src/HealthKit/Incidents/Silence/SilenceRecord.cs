using System.Text.Json;
using System.Text.Json.Serialization;

namespace HealthKit;

/// <summary>A line of the journal of silences: a mute or a window that began, or one that ended before its time.</summary>
/// <param name="Event">One of the constants below.</param>
/// <param name="Name">The check, or the window's name.</param>
/// <param name="Begin">When it began; for those that begin.</param>
/// <param name="Until">When it ends by itself; for those that begin.</param>
/// <param name="Reason">Why.</param>
/// <param name="Checks">The checks a window covers; none for all.</param>
internal sealed record SilenceRecord(
    string Event,
    string Name,
    DateTimeOffset? Begin = null,
    DateTimeOffset? Until = null,
    string? Reason = null,
    IReadOnlyList<string>? Checks = null)
{
    public const string Mute = "mute";
    public const string Unmute = "unmute";
    public const string BeginMaintenance = "beginMaintenance";
    public const string EndMaintenance = "endMaintenance";

    public static SilenceRecord? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, SilenceJson.Default.SilenceRecord);
        }
        catch (JsonException)
        {
            return null; // of a later version; its checksum was right
        }
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, SilenceJson.Default.SilenceRecord);
}

/// <summary>Its serializer.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SilenceRecord))]
internal sealed partial class SilenceJson : JsonSerializerContext;
