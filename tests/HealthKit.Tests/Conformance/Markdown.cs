namespace HealthKit.Tests.Conformance;

/// <summary>Plain text as Markdown shows it unchanged.</summary>
internal static class Markdown
{
    public static string Text(string text) => text
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("*", "\\*", StringComparison.Ordinal)
        .Replace("`", "\\`", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal);

    public static string Cell(string text) => Text(text).Replace("|", "\\|", StringComparison.Ordinal);
}
