namespace HealthKit;

/// <summary>
/// The file that means maintenance while it is there (<see cref="HealthKitOptions.MaintenanceFile"/>). Looked at when somebody asks, at most
/// once a second, and read only when it has changed.
/// </summary>
internal sealed class MaintenanceFile(SelfReport report, ResultFreezer freezer, TimeProvider time)
{
    /// <summary>The name of its window.</summary>
    public const string WindowName = "file";

    private const string InvalidReason = "maintenance.fileInvalid";

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>How long to wait for another thread that is looking: its file system may hang.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private volatile MaintenanceWindow? _window;
    private string? _path;
    private long _lookedAt;
    private (string Path, DateTime Written, long Length)? _read;

    /// <summary>Its window, also when that is over or has not begun; null when there is no file, or one with a mistake.</summary>
    public MaintenanceWindow? Look(IncidentRules rules)
    {
        if (_gate.TryEnter(Patience))
        {
            try
            {
                var now = time.GetTimestamp();
                if (rules.MaintenanceFile != _path || (_path is not null && time.GetElapsedTime(_lookedAt, now) >= LookEvery))
                {
                    (_path, _lookedAt) = (rules.MaintenanceFile, now);
                    LookNow(rules);
                }
            }
            finally
            {
                _gate.Exit();
            }
        }

        return _window;
    }

    private void LookNow(IncidentRules rules)
    {
        if (_path is null)
        {
            Forget();
            return;
        }

        List<string> errors = [];
        try
        {
            var file = new FileInfo(_path);
            if (file.LinkTarget is not null)
            {
                // Files that an orchestrator mounts are links (a ConfigMap's, for example): it is the last one's time that counts.
                file = (FileInfo)(file.ResolveLinkTarget(returnFinalTarget: true) ?? file);
            }

            if (!file.Exists)
            {
                if (WhyNot(file.FullName) is { } obstacle)
                {
                    Reject([obstacle]);
                }
                else
                {
                    Forget();
                }

                return;
            }

            var version = (file.FullName, file.LastWriteTimeUtc, file.Length);
            if (version == _read)
            {
                return;
            }

            var content = Read(file, errors);
            var written = new DateTimeOffset(version.LastWriteTimeUtc);
            var window = errors.Count == 0 ? MaintenanceFileContent.Parse(content, written, rules.Names, freezer.Text, errors) : null;
            if (errors.Count > 0)
            {
                Reject(errors);
            }
            else
            {
                _window = window;
                report.Clear(InvalidReason);
            }

            _read = version;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            Forget(); // it went while it was looked at
        }
        catch (Exception e) when (StateProblem.IsExpected(e) || e is ArgumentException)
        {
            // ArgumentException: a last write time beyond the year 9999.
            Reject([$"it cannot be read: {e.Message}"]);
        }
    }

    /// <summary>Why something that is no file is not simply absent; null when it is.</summary>
    private static string? WhyNot(string path)
    {
        if (Directory.Exists(path))
        {
            return "it is a directory; allowed: a file";
        }

        return OperatingSystem.IsLinux() && UnixFiles.Identify(path, out var gone) is null && !gone
            ? "whether it is there cannot be told; allowed: a path that the app's account may look at"
            : null;
    }

    private static ReadOnlyMemory<byte> Read(FileInfo file, List<string> errors)
    {
        if (file.Length == 0)
        {
            return default; // nor is a pipe opened, which could wait for its writer
        }

        using var handle = File.OpenHandle(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[MaintenanceFileContent.MaxBytes + 1];
        var length = 0;
        while (length < bytes.Length && RandomAccess.Read(handle, bytes.AsSpan(length), length) is var count and > 0)
        {
            length += count;
        }

        if (length > MaintenanceFileContent.MaxBytes)
        {
            errors.Add($"it has {file.Length} bytes; allowed: at most {MaintenanceFileContent.MaxBytes}");
        }

        return bytes.AsMemory(0, length);
    }

    private void Forget()
    {
        _window = null;
        _read = null;
        report.Clear(InvalidReason);
    }

    private void Reject(IEnumerable<string> errors)
    {
        _window = null;
        _read = null;
        report.Set(InvalidReason, freezer.Text($"Maintenance file {_path} silences nobody: {string.Join(". ", errors)}."));
    }
}
