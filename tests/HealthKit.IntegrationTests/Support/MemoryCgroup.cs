using System.Globalization;

namespace HealthKit.IntegrationTests;

/// <summary>
/// A real v1 memory cgroup with a limit, for one test. Needs root and the v1 memory controller at /sys/fs/cgroup/memory. Disposal ends what
/// still runs in it and removes it; dispose children first.
/// </summary>
internal sealed class MemoryCgroup : IDisposable
{
    private const string Hierarchy = "/sys/fs/cgroup/memory";

    private MemoryCgroup(string name, long limitBytes)
    {
        if (!Environment.IsPrivilegedProcess || !File.Exists($"{Hierarchy}/memory.limit_in_bytes"))
        {
            throw new InvalidOperationException($"This test makes a v1 memory cgroup: it must run as root and needs that hierarchy mounted at {Hierarchy}.");
        }

        Name = name;
        Path = Hierarchy + name;
        Directory.CreateDirectory(Path);
        LimitBytes = limitBytes;
    }

    /// <summary>A new one at the top.</summary>
    public static MemoryCgroup Create(long limitBytes) => new($"/healthkit-test-{Guid.NewGuid():N}", limitBytes);

    /// <summary>Its path in the hierarchy.</summary>
    public string Name { get; }

    /// <summary>Its directory.</summary>
    public string Path { get; }

    public long LimitBytes
    {
        get => long.Parse(File.ReadAllText(System.IO.Path.Combine(Path, "memory.limit_in_bytes")), CultureInfo.InvariantCulture);
        set => File.WriteAllText(System.IO.Path.Combine(Path, "memory.limit_in_bytes"), value.ToString(CultureInfo.InvariantCulture));
    }

    public long UsageBytes => long.Parse(File.ReadAllText(System.IO.Path.Combine(Path, "memory.usage_in_bytes")), CultureInfo.InvariantCulture);

    /// <summary>A new one in it.</summary>
    public MemoryCgroup CreateChild(string name, long limitBytes) => new($"{Name}/{name}", limitBytes);

    /// <summary>Starts our helper in it.</summary>
    public ChildProcess StartHelper(string mode) =>
        ChildProcess.Start(ChildProcess.HelperCommand(["sh", "-c", $"echo $$ > {Path}/cgroup.procs && exec \"$@\"", "sh"], mode));

    /// <summary>Moves a process into it.</summary>
    public void Take(ChildProcess process) =>
        File.WriteAllText(System.IO.Path.Combine(Path, "cgroup.procs"), process.Id.ToString(CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public void Dispose()
    {
        // A process that was killed leaves a moment later.
        Eventually.TrueAsync(
            () =>
            {
                try
                {
                    Directory.Delete(Path);
                    return true;
                }
                catch (IOException)
                {
                    return false;
                }
            },
            $"{Path} could be removed").GetAwaiter().GetResult();
    }
}
