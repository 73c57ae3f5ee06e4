namespace HealthKit;

/// <summary>What is left of an incident that is too large for a record: without what it can best do without.</summary>
internal static class SmallerIncident
{
    /// <summary>What a text is cut to.</summary>
    private const int CutTo = 1_000;

    /// <summary>The incident again and again, each time with less.</summary>
    public static IEnumerable<Incident> Of(Incident incident)
    {
        incident = incident with { Exception = incident.Exception is { } e ? e with { Details = Cut(e.Details) } : null };
        yield return incident;
        incident = incident with { ReadingsBefore = [], ReadingsAt = [.. incident.ReadingsAt.Take(20)], ReadingsAfter = [] };
        yield return incident;
        incident = incident with
        {
            Description = Cut(incident.Description),
            Remedy = Cut(incident.Remedy),
            SilenceReason = Cut(incident.SilenceReason),
            Exception = incident.Exception is { } x ? new ExceptionInfo(Cut(x.Type), Cut(x.Message), "") : null,
        };
        yield return incident;
        incident = incident with
        {
            Reason = Cut(incident.Reason),
            Reasons = [],
            Item = Cut(incident.Item),
            Tags = [.. incident.Tags.Take(20).Select(tag => Cut(tag))],
            ReadingsAt = [],
            Exception = null,
        };
        yield return incident;
    }

    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(text))]
    private static string? Cut(string? text)
    {
        if (text is not { Length: > CutTo })
        {
            return text;
        }

        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[CutTo - 1]) ? CutTo - 1 : CutTo), "… (cut)");
    }
}
