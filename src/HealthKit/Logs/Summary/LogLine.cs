namespace HealthKit;

/// <summary>Bounds of what is looked at in a line.</summary>
internal static class LogLine
{
    /// <summary>How many bytes can be read behind every line: vectors read on.</summary>
    public const int Padding = 256;

    /// <summary>How much of a line is kept while it is read; what comes after is only counted.</summary>
    public const int MaxKept = 64 * 1024;

    /// <summary>How far into a line of text a level is looked for.</summary>
    public const int LevelBytes = 192;

    /// <summary>How far into a line of text a time may begin.</summary>
    public const int TimeBytes = 96;

    /// <summary>How far into a line of JSON a level is looked for that stands not where the line before had it.</summary>
    public const int JsonBytes = 4 * 1024;

    /// <summary>How far into a line of JSON a known key is looked for. Less than is kept, so that what follows is always the line itself.</summary>
    public const int JsonKeyBytes = 32 * 1024;

    /// <summary>How much of a line is redacted, to show less of it.</summary>
    public const int MaxShownBytes = 16 * 1024;
}
