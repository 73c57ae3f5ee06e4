namespace HealthKit;

/// <summary>A stage failed: the check ends here, and this is what it says.</summary>
internal sealed class StageException : Exception
{
    /// <param name="stage">Which one.</param>
    /// <param name="reason">The stable code: <c>tcp.refused</c>.</param>
    /// <param name="text">What happened, in words without secrets.</param>
    /// <param name="inner">What brought it about.</param>
    public StageException(Stage stage, string reason, string text, Exception? inner = null)
        : base(text, inner)
    {
        Stage = stage;
        Reason = reason;
    }

    public Stage Stage { get; }

    public string Reason { get; }

    /// <summary>Whether somebody there answered, if only to refuse: then the way to them is open.</summary>
    public bool Answered { get; init; }
}
