namespace HealthKit.Tests.Files;

/// <summary>A real directory of a test, with files of given lengths and ages.</summary>
internal sealed class TempTree : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("hk-directory-").FullName;

    /// <summary>Makes a file, and the directories above it.</summary>
    public string Add(string name, int length = 1, DateTimeOffset? modifiedAt = null)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, new byte[length]);
        if (modifiedAt is { } at)
        {
            File.SetLastWriteTimeUtc(path, at.UtcDateTime);
        }

        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
