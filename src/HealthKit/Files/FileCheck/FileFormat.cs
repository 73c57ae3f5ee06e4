namespace HealthKit;

/// <summary>What a file must parse as.</summary>
public enum FileFormat
{
    /// <summary>
    /// Comma-separated values (RFC 4180) with a header; lines may end with LF or CR, too. Every record has as many fields as the header.
    /// </summary>
    Csv,

    /// <summary>One JSON value in UTF-8 (RFC 8259), without comments, nested at most 256 deep.</summary>
    Json,
}
