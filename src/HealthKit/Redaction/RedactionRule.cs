namespace HealthKit;

/// <summary>One thing that is hidden: what gives it away, and a way to read where it begins and ends.</summary>
/// <param name="Trigger">The text that gives it away, in any case; at least three characters keep the search fast.</param>
/// <remarks>
/// To stay linear, a rule looks only a bounded way back, reads every character ahead at most once (what it read is in
/// <see cref="Finding.Next"/>), or asks <see cref="ScanMemory"/>, which remembers what was found by reading far ahead.
/// To stay idempotent, a rule ends what it hides before a character that ends it again when the marker stands there.
/// </remarks>
internal abstract record RedactionRule(string Trigger)
{
    /// <summary>Reads what stands at a trigger.</summary>
    /// <param name="text">The whole text.</param>
    /// <param name="hit">Where the trigger stands.</param>
    /// <param name="memory">What was found by reading far ahead.</param>
    public abstract Finding Find(ReadOnlySpan<char> text, int hit, ref ScanMemory memory);
}

/// <summary>What a rule found: hide from <paramref name="Start"/> up to <paramref name="End"/>, go on at <paramref name="Next"/>.</summary>
internal readonly record struct Finding(int Start, int End, int Next)
{
    /// <summary>The rule does not apply here.</summary>
    public static Finding None => default;

    /// <summary>Whether there is something to hide.</summary>
    public bool Hides => End > Start;

    /// <summary>The rule applies and has read up to <paramref name="next"/>, but nothing needs hiding.</summary>
    public static Finding Nothing(int next) => new(0, 0, next);

    /// <summary>Hide a range and go on behind it, unless it is hidden already.</summary>
    public static Finding Hide(ReadOnlySpan<char> text, int start, int end) =>
        start >= end || text[start..end].SequenceEqual(Redactor.Marker) ? Nothing(end) : new Finding(start, end, end);
}
