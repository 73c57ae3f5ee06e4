namespace HealthKit;

/// <summary>
/// The contract of one file. With the path alone it must be there, be a regular file that this process may read, hold something, and be no
/// HTML page. A limit that is null is not set; each limit stands for itself.
/// </summary>
public sealed class FileCheckOptions
{
    /// <summary>The file. Absolute; symbolic links are followed.</summary>
    public string? Path { get; set; }

    /// <summary>Degraded when it was last written longer ago, by its modification time. Allowed: 1 s to 3650 days. Default: none.</summary>
    public TimeSpan? DegradedAboveAge { get; set; }

    /// <summary>Unhealthy when it was last written longer ago, by its modification time. Allowed: 1 s to 3650 days. Default: none.</summary>
    public TimeSpan? UnhealthyAboveAge { get; set; }

    /// <summary>
    /// Degraded when its content (SHA-256) has been the same for longer, however often it was written. Where that began is remembered across restarts.
    /// Allowed: 1 s to 3650 days. Default: none.
    /// </summary>
    public TimeSpan? DegradedWhenUnchangedFor { get; set; }

    /// <summary>
    /// Unhealthy when its content (SHA-256) has been the same for longer, however often it was written. Allowed: 1 s to 3650 days. Default: none.
    /// </summary>
    public TimeSpan? UnhealthyWhenUnchangedFor { get; set; }

    /// <summary>Degraded when it is smaller, in bytes. Allowed: 0 or more bytes. Default: none.</summary>
    public long? DegradedBelowBytes { get; set; }

    /// <summary>Unhealthy when it is smaller, in bytes. Allowed: 0 or more bytes. Default: none.</summary>
    public long? UnhealthyBelowBytes { get; set; }

    /// <summary>Degraded when it is larger, in bytes. Allowed: 0 or more bytes. Default: none.</summary>
    public long? DegradedAboveBytes { get; set; }

    /// <summary>Unhealthy when it is larger, in bytes. Allowed: 0 or more bytes. Default: none.</summary>
    public long? UnhealthyAboveBytes { get; set; }

    /// <summary>Degraded when it is smaller than it was when last good, by more than this percentage. Allowed: 0 to 100 percent. Default: none.</summary>
    public double? DegradedAboveShrinkPercent { get; set; }

    /// <summary>Unhealthy when it is smaller than it was when last good, by more than this percentage. Allowed: 0 to 100 percent. Default: none.</summary>
    public double? UnhealthyAboveShrinkPercent { get; set; }

    /// <summary>Degraded when it has fewer lines; of CSV, records beside the header and blank lines. Allowed: 0 or more. Default: none.</summary>
    public long? DegradedBelowLineCount { get; set; }

    /// <summary>Unhealthy when it has fewer lines; of CSV, records beside the header and blank lines. Allowed: 0 or more. Default: none.</summary>
    public long? UnhealthyBelowLineCount { get; set; }

    /// <summary>What it must parse as. Null: it is not parsed, unless <see cref="Columns"/> are given, which means CSV.</summary>
    public FileFormat? Format { get; set; }

    /// <summary>What stands between the fields of CSV: one ASCII character, such as <c>,</c>, <c>;</c> or a tab.</summary>
    public string Delimiter { get; set; } = ",";

    /// <summary>Its first line must be exactly this, without byte order mark and line end.</summary>
    public string? Header { get; set; }

    /// <summary>The columns that the header of the CSV file must have: the entries of an <see cref="ExpectedSet"/>.</summary>
    public IList<string>? Columns { get; set; }

    /// <summary>Whether the header must have no other columns than <see cref="Columns"/>, and these in this order.</summary>
    public bool ExactColumns { get; set; }

    /// <summary>
    /// Its encoding: <c>utf-8</c>, <c>us-ascii</c>, <c>iso-8859-1</c>, <c>windows-1252</c> or <c>utf-16</c> (with a byte order mark). Null: any;
    /// JSON is always UTF-8.
    /// </summary>
    public string? Encoding { get; set; }

    /// <summary>
    /// Whether it must end with a line end. Unset, CSV that ended with one when it was last good must do so, too.
    /// </summary>
    public bool MustEndWithNewline { get; set; }

    /// <summary>
    /// Whether it may be an HTML page: what servers send instead of a file when something is wrong. Null: yes when its name ends in .html, .htm
    /// or .xhtml.
    /// </summary>
    public bool? AllowHtml { get; set; }

    /// <summary>Whether it may be empty.</summary>
    public bool AllowEmpty { get; set; }
}
