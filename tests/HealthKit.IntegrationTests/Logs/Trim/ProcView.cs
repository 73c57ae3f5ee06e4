namespace HealthKit.IntegrationTests.Logs.Trim;

/// <summary>
/// A directory that leads to the /proc of the processes that are there now, without those that may not be looked into even by root, as the
/// first process of some virtual machines: with them, no file's holders are all known.
/// </summary>
internal sealed class ProcView : IDisposable
{
    public ProcView()
    {
        Root = Directory.CreateTempSubdirectory("healthkit-proc-").FullName;
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(IsReadable))
        {
            File.CreateSymbolicLink(Path.Combine(Root, Path.GetFileName(process)), process);
        }
    }

    public string Root { get; }

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private static bool IsReadable(string process)
    {
        try
        {
            _ = File.ReadAllText(Path.Combine(process, "maps"));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
