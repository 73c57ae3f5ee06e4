using System.Diagnostics;
using System.Reflection;

namespace HealthKit;

/// <summary>Which build of the app runs, since when and where.</summary>
/// <param name="Name">The entry assembly's name.</param>
/// <param name="Version">Its informational version, without the commit.</param>
/// <param name="Commit">What stands behind the plus of the informational version: the SDK puts the source revision there.</param>
/// <param name="StartedAt">When the process started.</param>
/// <param name="Host">The machine's name.</param>
internal sealed record AppIdentity(string? Name, string? Version, string? Commit, DateTimeOffset? StartedAt, string Host)
{
    public static AppIdentity OfThisProcess()
    {
        var assembly = Assembly.GetEntryAssembly();
        var (version, commit) = Split(assembly?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion);
        return new AppIdentity(assembly?.GetName().Name, version, commit, ProcessStart(), Environment.MachineName);
    }

    /// <summary>Splits <c>1.2.3+4f2c…</c>.</summary>
    internal static (string? Version, string? Commit) Split(string? informationalVersion)
    {
        if (string.IsNullOrEmpty(informationalVersion))
        {
            return (null, null);
        }

        var plus = informationalVersion.IndexOf('+', StringComparison.Ordinal);
        return plus < 0
            ? (informationalVersion, null)
            : (informationalVersion[..plus], plus + 1 < informationalVersion.Length ? informationalVersion[(plus + 1)..] : null);
    }

    private static DateTimeOffset? ProcessStart()
    {
        try
        {
            using var process = Process.GetCurrentProcess();
            return new DateTimeOffset(process.StartTime).ToUniversalTime();
        }
        catch (Exception e) when (e is InvalidOperationException or NotSupportedException or System.ComponentModel.Win32Exception or IOException or UnauthorizedAccessException)
        {
            // /proc may be hidden from us: then the start is left out.
            return null;
        }
    }
}
