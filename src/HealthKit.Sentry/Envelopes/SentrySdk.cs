using System.Reflection;

namespace HealthKit;

/// <summary>Who we are to Sentry.</summary>
internal static class SentrySdk
{
    /// <summary>The sender's name.</summary>
    public const string Name = "healthkit.dotnet";

    /// <summary>The package's version, without the commit it was built from.</summary>
    public static string Version { get; } =
        typeof(SentrySdk).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
