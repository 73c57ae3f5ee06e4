using System.Text.Json.Serialization;

namespace HealthKit;

/// <summary>What became of a message.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SinkOutcome>))]
public enum SinkOutcome
{
    /// <summary>The receiver has it.</summary>
    Delivered,

    /// <summary>It did not get through now: it is sent again.</summary>
    Retry,

    /// <summary>The receiver will never take this message: it is given up, and the next one is sent.</summary>
    Rejected,
}
