namespace HealthKit;

/// <summary>One thing that is wrong with a file.</summary>
/// <param name="Kind">What.</param>
/// <param name="Level">How bad it is.</param>
/// <param name="Text">It in words, with its numbers.</param>
internal readonly record struct FileFault(FileFaultKind Kind, GaugeLevel Level, string Text)
{
    /// <summary>Its stable reason.</summary>
    public string Reason => Kind switch
    {
        FileFaultKind.Missing => "file.missing",
        FileFaultKind.Denied => "file.denied",
        FileFaultKind.ReadFailed => "file.read.failed",
        FileFaultKind.NotRegular => "file.notRegular",
        FileFaultKind.Empty => "file.empty",
        FileFaultKind.Html => "file.html",
        FileFaultKind.Truncated => "file.truncated",
        FileFaultKind.Encoding => "file.encoding",
        FileFaultKind.Json => "file.json",
        FileFaultKind.Columns => "file.columns",
        FileFaultKind.Header => "file.header",
        FileFaultKind.Csv => "file.csv",
        FileFaultKind.TooFewLines => "file.tooFewLines",
        FileFaultKind.Shrunk => "file.shrunk",
        FileFaultKind.TooSmall => "file.tooSmall",
        FileFaultKind.TooLarge => "file.tooLarge",
        FileFaultKind.FutureTime => "file.futureTime",
        FileFaultKind.Unchanged => "file.unchanged",
        FileFaultKind.Stale => "file.stale",
        _ => "file.changing",
    };

    /// <summary>Whether it says that something could not be told, rather than that it is bad.</summary>
    public bool IsUnknown => Kind is FileFaultKind.Missing or FileFaultKind.Denied or FileFaultKind.ReadFailed or FileFaultKind.NotRegular
        or FileFaultKind.FutureTime;

    /// <summary>Whether it is about what the file holds or how large it is, not about when that was written.</summary>
    public bool SpoilsContent => Kind < FileFaultKind.FutureTime;
}

/// <summary>What can be wrong; of faults that are equally bad the first one here is the reason: it tells most.</summary>
internal enum FileFaultKind
{
    Missing,
    Denied,
    ReadFailed,
    NotRegular,
    Empty,
    Html,
    Truncated,
    Encoding,
    Json,
    Columns,
    Header,
    Csv,
    TooFewLines,
    Shrunk,
    TooSmall,
    TooLarge,
    FutureTime,
    Unchanged,
    Stale,
    Changing,
}
