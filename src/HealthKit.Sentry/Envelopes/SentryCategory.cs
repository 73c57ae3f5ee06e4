namespace HealthKit;

/// <summary>
/// What Sentry counts and limits apart (its data categories, https://develop.sentry.dev/sdk/foundations/transport/rate-limiting/#definitions),
/// as far as HealthKit sends it.
/// </summary>
internal enum SentryCategory
{
    /// <summary>Events, of every level.</summary>
    Error,

    /// <summary>Attachments, counted in bytes.</summary>
    Attachment,

    /// <summary>Check-ins.</summary>
    Monitor,

    /// <summary>Client reports: never limited by themselves.</summary>
    Internal,
}

/// <summary>Their names in the protocol.</summary>
internal static class SentryCategories
{
    public const int Count = 4;

    public static string Name(this SentryCategory category) => category switch
    {
        SentryCategory.Error => "error",
        SentryCategory.Attachment => "attachment",
        SentryCategory.Monitor => "monitor",
        _ => "internal",
    };

    /// <summary>The category of a name; null for the many that HealthKit does not send.</summary>
    public static SentryCategory? Find(ReadOnlySpan<char> name) => name switch
    {
        "error" => SentryCategory.Error,
        "attachment" => SentryCategory.Attachment,
        "monitor" => SentryCategory.Monitor,
        "internal" => SentryCategory.Internal,
        _ => null,
    };
}
