using System.Globalization;
using System.Text;

namespace HealthKit;

/// <summary>Which deleted files that once were watched logs a process holds open, and who writes on into them.</summary>
/// <param name="deleted">The one look at all processes that all log checks share.</param>
internal sealed class DeletedOpenWatch(DeletedFiles deleted)
{
    private readonly HashSet<(UnixFileId File, int Pid)> _seen = [];
    private readonly List<DeletedOpenFile> _held = [];
    private readonly List<string> _places = [];
    private long _number;
    private bool _isSeenTwice;

    /// <summary>The bytes of deleted files that once were at the watched paths, or beside them under a longer name.</summary>
    /// <param name="patterns">The watched paths.</param>
    /// <param name="fileSystem">The file system they are on; null when that is not known.</param>
    /// <param name="cancellationToken">Ends the look at the processes.</param>
    public long Measure(FilePattern[] patterns, FileSystemId? fileSystem, CancellationToken cancellationToken)
    {
        if (deleted.Current(cancellationToken) is { } scan && scan.Number != _number)
        {
            _number = scan.Number;
            _held.Clear();
            FindPlaces(patterns);
            foreach (var file in scan.Files)
            {
                if (IsOurs(file, fileSystem))
                {
                    _held.Add(file);
                }
            }

            _held.Sort((one, other) => (other.Writes, other.AllocatedBytes).CompareTo((one.Writes, one.AllocatedBytes)));

            // Between a rotation and the moment its writer opens the new file, every log is one that was deleted. Who only reads it is on his
            // way to its end.
            // At the first look after a start it is hardly that moment, and "healthy" would end an incident that goes on.
            _isSeenTwice = _held.Exists(file => file.Writes && (scan.Number == 1 || _seen.Contains((file.Id, file.Pid))));
            _seen.Clear();
            foreach (var file in _held)
            {
                _seen.Add((file.Id, file.Pid));
            }
        }

        long bytes = 0;
        for (var i = 0; i < _held.Count; i++)
        {
            // Several processes may hold the same one.
            if (_held.FindIndex(file => file.Id == _held[i].Id) == i)
            {
                bytes += _held[i].AllocatedBytes;
            }
        }

        return bytes;
    }

    /// <summary>The patterns as the kernel sees them, too: /proc shows paths without symbolic links.</summary>
    private void FindPlaces(FilePattern[] patterns)
    {
        _places.Clear();
        foreach (var pattern in patterns)
        {
            _places.Add(pattern.Text);
            var above = pattern.HasWildcards ? pattern.Root : Path.GetDirectoryName(pattern.Text) ?? pattern.Text;
            if (PathRules.Resolve(above) is { } real && real != above)
            {
                _places.Add(Path.Join(real, pattern.Text.AsSpan(above.Length)));
            }

            if (!pattern.HasWildcards && PathRules.Resolve(pattern.Text) is { } file && !_places.Contains(file))
            {
                _places.Add(file);
            }
        }
    }

    /// <summary>On the same file system, and by its former path one of ours or a rotated one: <c>app.log.1</c>, <c>app.log-20261122</c>.</summary>
    private bool IsOurs(DeletedOpenFile file, FileSystemId? fileSystem)
    {
        if (fileSystem is { } known && (known.Major, known.Minor) != (file.Id.DeviceMajor, file.Id.DeviceMinor))
        {
            return false;
        }

        foreach (var place in _places)
        {
            if (FilePattern.Matches(place, file.Path))
            {
                return true;
            }

            for (var end = file.Path.Length - 1; end > 0 && file.Path[end] != Path.DirectorySeparatorChar; end--)
            {
                if (file.Path[end] is '.' or '-' or '_' && FilePattern.Matches(place, file.Path[..end]))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Knows of nothing any more: other logs are watched, or none.</summary>
    public void Forget()
    {
        _number = 0;
        _held.Clear();
        _seen.Clear();
    }

    /// <summary>Who holds what, in words; null unless somebody writes on into a deleted file.</summary>
    public string? Problem(long bytes)
    {
        if (_held.Count == 0 || !_isSeenTwice)
        {
            return null;
        }

        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{GaugeAmount.Bytes(bytes)} deleted but still open:");
        const int shown = 3;
        for (var i = 0; i < Math.Min(shown, _held.Count); i++)
        {
            var file = _held[i];
            text.Append(
                CultureInfo.InvariantCulture,
                $"{(i == 0 ? " " : ", ")}{ForeignText.Clean(file.Path)} by {file.ProcessName ?? "process"} (pid {file.Pid}, {GaugeAmount.Bytes(file.AllocatedBytes)})");
        }

        if (_held.Count > shown)
        {
            text.Append(CultureInfo.InvariantCulture, $" and {_held.Count - shown} more");
        }

        return text.ToString();
    }

    /// <summary>Adds the readings, when anything is held.</summary>
    public void AddTo(Dictionary<string, object> data, long bytes)
    {
        if (_held.Count > 0)
        {
            data["deletedCount"] = _held.Count;
            data["deletedBytes"] = bytes;
            data["deleted"] = _held.Take(20).Select(file => $"{ForeignText.Clean(file.Path)} by {file.ProcessName ?? "process"} (pid {file.Pid})").ToList();
        }
    }
}
