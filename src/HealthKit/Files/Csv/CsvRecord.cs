namespace HealthKit;

/// <summary>What there is to know of a record once it has ended.</summary>
/// <param name="Line">The line it begins in, counted from 1.</param>
/// <param name="FieldCount">How many fields it has.</param>
/// <param name="IsBlank">Nothing at all stands before its line end.</param>
/// <param name="IsTerminated">Whether a line end stands behind it; false only for the last one.</param>
/// <param name="StrayQuoteLine">The line of the first quote that is neither doubled nor at the end of its field; 0 when there is none.</param>
/// <param name="UnclosedQuoteLine">The line of the quote that is still open at the end of the file; 0 when there is none.</param>
internal readonly record struct CsvRecord(
    long Line, int FieldCount, bool IsBlank, bool IsTerminated, long StrayQuoteLine, long UnclosedQuoteLine);
