namespace HealthKit;

/// <summary>
/// Why something was never sent, as Sentry's statistics know it (https://develop.sentry.dev/sdk/telemetry/client-reports/#discard-reasons).
/// </summary>
internal enum DiscardReason
{
    /// <summary>Sentry asked to be sent less.</summary>
    RateLimitBackoff,

    /// <summary>It did not get through and is not sent again.</summary>
    NetworkError,

    /// <summary>Sentry, or what stands before it, refused it.</summary>
    SendError,

    /// <summary>A queue in memory was full.</summary>
    QueueOverflow,

    /// <summary>It is larger than Sentry takes.</summary>
    Invalid,

    /// <summary>HealthKit failed at it.</summary>
    InternalSdkError,
}

/// <summary>Their names in the protocol.</summary>
internal static class DiscardReasons
{
    public const int Count = 6;

    public static string Name(this DiscardReason reason) => reason switch
    {
        DiscardReason.RateLimitBackoff => "ratelimit_backoff",
        DiscardReason.NetworkError => "network_error",
        DiscardReason.SendError => "send_error",
        DiscardReason.QueueOverflow => "queue_overflow",
        DiscardReason.Invalid => "invalid",
        _ => "internal_sdk_error",
    };
}
