namespace HealthKit;

/// <summary>How much of a reply is read. Memory is taken as bytes come, never as they are announced.</summary>
/// <param name="ReplyBytes">The greatest reply, all its parts together.</param>
/// <param name="Elements">How many parts a reply may have, at all depths together.</param>
/// <param name="Depth">How deep arrays may stand in each other.</param>
/// <param name="LineBytes">The longest line: of a simple string, an error, a number.</param>
internal sealed record RespLimits(int ReplyBytes = 1 << 20, int Elements = 1 << 16, int Depth = 16, int LineBytes = 1 << 14)
{
    public static RespLimits Default { get; } = new();
}
