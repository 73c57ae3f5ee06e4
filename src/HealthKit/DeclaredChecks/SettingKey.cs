namespace HealthKit;

/// <summary>Keys under which configuration names checks and sinks: environment variables must be able to.</summary>
internal static class SettingKey
{
    /// <summary>
    /// Whether these are letters and digits with single underscores between them. By hand: every start comes by here, and a regular expression
    /// would load its library.
    /// </summary>
    public static bool IsValid(string key)
    {
        var mayEnd = false;
        foreach (var c in key)
        {
            if (c == '_' ? !mayEnd : !char.IsAsciiLetterOrDigit(c))
            {
                return false;
            }

            mayEnd = c != '_';
        }

        return mayEnd;
    }
}
