namespace HealthKit;

/// <summary>
/// How much Sentry takes (https://develop.sentry.dev/sdk/foundations/transport/envelopes/#size-limits), in bytes before compression. What
/// is larger is answered by 413 and lost.
/// </summary>
internal static class SentryLimits
{
    /// <summary>
    /// Of a whole envelope. Sentry takes 20 MB compressed and 100 MiB (now 200 MiB) decompressed
    /// (https://docs.sentry.io/platforms/python/enriching-events/attachments/); what is smaller than this before compression keeps both.
    /// </summary>
    public const int EnvelopeBytes = 20_000_000;

    /// <summary>Of an event: 1 MiB.</summary>
    public const int EventBytes = 1024 * 1024;

    /// <summary>Of a check-in: 100 KiB.</summary>
    public const int CheckInBytes = 100 * 1024;

    /// <summary>Of a client report: 4 KiB.</summary>
    public const int ClientReportBytes = 4 * 1024;
}
