using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>Lines that are alike but for their numbers, counted in the sample of a summary.</summary>
/// <param name="Text">
/// The line, redacted and printable: <c>&lt;time&gt;</c> for its time, <c>#</c> for numbers, and for words that mix digits and letters as
/// identifiers do.
/// </param>
/// <param name="Level">The level of the first of them; null when it has none.</param>
/// <param name="SampledLines">How many of them are in the sample; at least as many where the notes say that rare lines were dropped.</param>
/// <param name="EstimatedLines">How many there are in the whole log, by the sample; exact when every line was sampled.</param>
/// <param name="Share">The same as a part of all lines: 0 to 1.</param>
public sealed record RepeatedLogLine(string Text, LogLevel? Level, long SampledLines, long EstimatedLines, double Share);
