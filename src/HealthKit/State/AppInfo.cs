using System.Reflection;

namespace HealthKit;

/// <summary>Name and version of the app, from its entry assembly.</summary>
internal static class AppInfo
{
    public static string Name => Assembly.GetEntryAssembly()?.GetName().Name ?? "app";

    public static string? Version =>
        Assembly.GetEntryAssembly()?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
}
