using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace HealthKit;

/// <summary>Which app this is, and where.</summary>
internal sealed record SentryApp(string Name, string? Version, string Host)
{
    /// <summary>The release, unless one is configured.</summary>
    public string? Release => Version is { Length: > 0 } ? SentryRules.ToRelease($"{Name}@{Version}") : null;

    public static SentryApp Of(IServiceProvider services)
    {
        var assembly = Assembly.GetEntryAssembly();
        return new SentryApp(
            services.GetService<IHostEnvironment>()?.ApplicationName ?? assembly?.GetName().Name ?? "app",
            assembly?.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
            Environment.MachineName);
    }
}
