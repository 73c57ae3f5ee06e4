using System.Runtime.InteropServices;
using System.Text;

namespace HealthKit;

/// <summary>Rules that all options and names share that are paths.</summary>
internal static class PathRules
{
    /// <summary>What errors say is allowed.</summary>
    public const string Allowed = "an absolute path such as /var/log/app";

    /// <summary>Whether a text can be a path to watch: absolute, and fit for the system.</summary>
    public static bool IsUsable(string? path) =>
        !string.IsNullOrWhiteSpace(path) && Path.IsPathFullyQualified(path) && !path.Contains('\0', StringComparison.Ordinal);

    /// <summary>The path without symbolic links (realpath(3)); null when it leads nowhere, and on other systems than Linux.</summary>
    public static unsafe string? Resolve(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        var resolved = stackalloc byte[LibC.PathMax];
        fixed (byte* name = FileStatus.ToUtf8(path))
        {
            return LibC.ResolvePath(name, resolved) == null
                ? null
                : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(resolved));
        }
    }

    /// <summary>A name that configuration can address: <c>disk_var_log_app</c> for <c>/var/log/app</c>, the word itself for <c>/</c>.</summary>
    public static string CheckName(string word, string path)
    {
        var name = new StringBuilder(word);
        var inWord = false;
        foreach (var c in path)
        {
            if (char.IsAsciiLetterOrDigit(c))
            {
                name.Append(inWord ? "" : "_").Append(c);
                inWord = true;
            }
            else
            {
                inWord = false;
            }
        }

        return name.ToString();
    }
}
