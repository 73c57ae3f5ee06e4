using System.Globalization;

namespace HealthKit.IntegrationTests;

/// <summary>
/// A real pids cgroup for one test: v1 at /sys/fs/cgroup/pids, or v2 at /sys/fs/cgroup where that is not there. Needs root. Disposal waits
/// until nothing runs in it and removes it; dispose children first.
/// </summary>
internal sealed class PidsCgroup : IDisposable
{
    private const string Version1 = "/sys/fs/cgroup/pids";
    private const string Version2 = "/sys/fs/cgroup";

    private readonly string _path;

    public PidsCgroup()
    {
        var hierarchy = Directory.Exists(Version1) ? Version1 : Version2;
        _path = $"{hierarchy}/healthkit-test-{Guid.NewGuid():N}";
        try
        {
            if (hierarchy == Version2)
            {
                File.WriteAllText($"{Version2}/cgroup.subtree_control", "+pids");
            }

            Directory.CreateDirectory(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException(
                $"This test makes a pids cgroup. It must run as root, and needs either the v1 pids hierarchy mounted at {Version1}, or the v2 hierarchy mounted at {Version2} with \"pids\" in its cgroup.controllers.", e);
        }
    }

    /// <summary>How many threads and processes it may have; null for any number. One that is below what there is ends none.</summary>
    public int? Limit
    {
        set => File.WriteAllText(Path.Combine(_path, "pids.max"), value?.ToString(CultureInfo.InvariantCulture) ?? "max");
    }

    /// <summary>Starts our helper in it.</summary>
    public ChildProcess StartHelper(string mode, params IEnumerable<string> arguments) =>
        ChildProcess.Start(ChildProcess.HelperCommand(["sh", "-c", $"echo $$ > {_path}/cgroup.procs && exec \"$@\"", "sh"], mode, arguments));

    /// <inheritdoc/>
    public void Dispose() =>
        // A process that was killed leaves a moment later.
        Eventually.TrueAsync(
            () =>
            {
                try
                {
                    Directory.Delete(_path);
                    return true;
                }
                catch (IOException)
                {
                    return false;
                }
            },
            $"{_path} could be removed").GetAwaiter().GetResult();
}
