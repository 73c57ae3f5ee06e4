using System.Globalization;

namespace HealthKit.IntegrationTests;

/// <summary>
/// A real memory cgroup with a limit, for one test: v1 at /sys/fs/cgroup/memory, or v2 at /sys/fs/cgroup where that is not there. Needs
/// root. Disposal waits until nothing runs in it and removes it; dispose children first.
/// </summary>
internal sealed class MemoryCgroup : IDisposable
{
    private const string Version1 = "/sys/fs/cgroup/memory";
    private const string Version2 = "/sys/fs/cgroup";
    private const string Needs =
        $"This test makes a memory cgroup. It must run as root, and needs either the v1 memory hierarchy mounted at {Version1}, or the v2 "
        + $"hierarchy mounted at {Version2} with \"memory\" in its cgroup.controllers and a cgroup.subtree_control that may be written "
        + "(a container: docker run --privileged --cgroupns=host -v /sys/fs/cgroup:/sys/fs/cgroup).";

    private readonly bool _unified = !File.Exists($"{Version1}/memory.limit_in_bytes");

    private MemoryCgroup(string parent, string name, long limitBytes)
    {
        if (_unified && !File.Exists($"{Version2}/cgroup.subtree_control"))
        {
            throw new InvalidOperationException(Needs);
        }

        var hierarchy = _unified ? Version2 : Version1;
        Name = $"{parent}/{name}";
        Path = hierarchy + Name;
        try
        {
            if (_unified)
            {
                // A v2 cgroup has the controllers that the one above it hands down. That one may hold no processes; only the root may.
                File.WriteAllText($"{hierarchy}{parent}/cgroup.subtree_control", "+memory");
            }

            Directory.CreateDirectory(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException(Needs, e);
        }

        LimitBytes = limitBytes;
    }

    /// <summary>A new one at the top.</summary>
    public static MemoryCgroup Create(long limitBytes) => new("", $"healthkit-test-{Guid.NewGuid():N}", limitBytes);

    /// <summary>Its path in the hierarchy.</summary>
    public string Name { get; }

    /// <summary>Its directory.</summary>
    public string Path { get; }

    /// <summary>The name of the file that holds its limit.</summary>
    public string LimitName => _unified ? "memory.max" : "memory.limit_in_bytes";

    public long LimitBytes
    {
        get => long.Parse(File.ReadAllText(System.IO.Path.Combine(Path, LimitName)), CultureInfo.InvariantCulture);
        set => File.WriteAllText(System.IO.Path.Combine(Path, LimitName), value.ToString(CultureInfo.InvariantCulture));
    }

    public long UsageBytes => long.Parse(
        File.ReadAllText(System.IO.Path.Combine(Path, _unified ? "memory.current" : "memory.usage_in_bytes")), CultureInfo.InvariantCulture);

    /// <summary>A new one in it.</summary>
    public MemoryCgroup CreateChild(string name, long limitBytes) => new(Name, name, limitBytes);

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
