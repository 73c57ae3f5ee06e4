using System.Text.Json;
using System.Text.Json.Serialization;

namespace HealthKit;

/// <summary>
/// A record of the ledger's journal. Times are UTC ticks (100 ns). The names are short because there are many; what is 0, false or null is
/// not written.
/// </summary>
internal sealed record LedgerRecord
{
    /// <summary>The version that is written and the latest one that is read.</summary>
    public const int Version = 1;

    /// <summary>A run's first observation.</summary>
    public const string Run = "run";

    /// <summary>A sign of life.</summary>
    public const string Life = "life";

    /// <summary>An orderly stop.</summary>
    public const string Stop = "stop";

    /// <summary>A check turned unhealthy.</summary>
    public const string Down = "down";

    /// <summary>A check that was down in an earlier run is seen to be so still.</summary>
    public const string Seen = "seen";

    /// <summary>A check is not unhealthy any more.</summary>
    public const string Up = "up";

    /// <summary>Everything up to here follows, in place of all earlier records: what was observed.</summary>
    public const string Summary = "sum";

    /// <summary>A part of the summary: outages.</summary>
    public const string Outages = "out";

    /// <summary>A part of the summary: how long a check, or the app, was down in outages that are no longer kept one by one.</summary>
    public const string Folded = "fold";

    /// <summary>The summary is complete. Without it, the parts before it do not count.</summary>
    public const string End = "end";

    /// <summary>The last time there can be.</summary>
    public static readonly long LastTime = DateTimeOffset.MaxValue.UtcTicks;

    /// <summary>The version, where it is not 1.</summary>
    public int V { get; init; }

    /// <summary>What it is.</summary>
    public required string T { get; init; }

    /// <summary>When it was written: a sign of life.</summary>
    public long A { get; init; }

    /// <summary>The check; null in a <see cref="Folded"/> for the app.</summary>
    public string? C { get; init; }

    /// <summary>When the outage began (<see cref="Down"/>), ended (<see cref="Up"/>) or was seen again (<see cref="Seen"/>).</summary>
    public long S { get; init; }

    /// <summary>The reason.</summary>
    public string? R { get; init; }

    /// <summary>Whether it is planned.</summary>
    public bool P { get; init; }

    /// <summary>Since when the ledger is kept.</summary>
    public long K { get; init; }

    /// <summary>Until when the app's downtime is folded (<see cref="Summary"/>).</summary>
    public long U { get; init; }

    /// <summary>How many parts the summary has (<see cref="End"/>).</summary>
    public int M { get; init; }

    /// <summary>Numbers: stretches of time, or outages.</summary>
    public long[]? N { get; init; }

    /// <summary>The texts that the outages' numbers point to.</summary>
    public string[]? X { get; init; }

    /// <summary>Its bytes.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, LedgerJson.Default.LedgerRecord);

    /// <summary>Reads a record; null when it is of a later version or of another shape.</summary>
    public static LedgerRecord? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, LedgerJson.Default.LedgerRecord) is { V: 0 or Version } record
                && IsTime(record.A) && IsTime(record.S) && IsTime(record.K) && IsTime(record.U)
                ? record
                : null;
        }
        catch (JsonException)
        {
            return null; // its checksum was right: not torn, but written by another version
        }
    }

    /// <summary>Whether a number can be a time.</summary>
    public static bool IsTime(long ticks) => ticks >= 0 && ticks <= LastTime;
}

/// <summary>Its serializer.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(LedgerRecord))]
internal sealed partial class LedgerJson : JsonSerializerContext;
