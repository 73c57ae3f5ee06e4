namespace HealthKit;

/// <summary>What of a state goes into an incident, and how much.</summary>
internal static class IncidentDetails
{
    private const int MaxDescription = 2_000;
    private const int MaxException = 4_000;
    private const int MaxReadings = 100;

    /// <summary>The incident with the texts of a bad state.</summary>
    public static Incident Describe(Incident incident, CheckState state) => incident with
    {
        Description = Cut(state.Description ?? state.Exception?.Message, MaxDescription),
        Remedy = Cut(state.Remedy, MaxDescription),
        Exception = state.Exception is { } exception
            ? new ExceptionInfo(Cut(exception.Type, MaxDescription)!, Cut(exception.Message, MaxDescription)!, Cut(exception.Details, MaxException)!)
            : null,
    };

    public static IReadOnlyList<Reading> Bounded(IReadOnlyList<Reading> readings) => readings.Count <= MaxReadings ? readings : [.. readings.Take(MaxReadings)];

    /// <summary>The item that a check of several says its reason is about.</summary>
    public static string? ItemOf(CheckState state) => state.Data.GetValueOrDefault("item") as string;

    private static string? Cut(string? text, int length)
    {
        if (text is null || text.Length <= length)
        {
            return text;
        }

        // Not between the halves of a surrogate pair.
        return text[..(char.IsHighSurrogate(text[length - 2]) ? length - 2 : length - 1)] + "…";
    }
}
