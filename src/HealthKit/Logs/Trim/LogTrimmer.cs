using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit;

/// <summary>
/// Cuts a log to its last bytes, at the start of a line and in place: no second file, no space needed, and the writer goes on. Works only
/// on the paths that it was made with, on regular files with one name, and never through a symbolic link. Tries in this order:
/// <list type="number">
/// <item><see cref="LogTrimMethod.CollapseRange"/>, when everybody who has the file open does nothing but append to it (O_APPEND, open(2));</item>
/// <item><see cref="LogTrimMethod.PunchHole"/>, which harms nobody;</item>
/// <item><see cref="LogTrimMethod.CopyTail"/>, only when the request allows it.</item>
/// </list>
/// Whatever the disk or a permission does is a result, not an exception. Linux only (64 bits); elsewhere it refuses with
/// <c>trim.unsupported</c>. Safe for several threads.
/// </summary>
/// <remarks>
/// Sources: fallocate(2), lseek(2), openat2(2), proc_pid_fd(5), proc_pid_fdinfo(5). See docs/log-trimming.md for what it cannot see.
/// </remarks>
public sealed partial class LogTrimmer
{
    private readonly HashSet<string> _paths = new(StringComparer.Ordinal);
    private readonly ILogger _logger;
    private readonly Action<LogTrimMethod>? _beforeChange;
    private readonly string _procRoot;

    /// <summary>Makes one for some logs.</summary>
    /// <param name="paths">The logs that it may cut: absolute paths, no patterns.</param>
    /// <param name="logger">Where it says what it did.</param>
    /// <exception cref="ArgumentException">A path is not absolute, or names a directory.</exception>
    public LogTrimmer(IEnumerable<string> paths, ILogger<LogTrimmer>? logger = null)
        : this(paths, logger, procRoot: "/proc", beforeChange: null)
    {
    }

    /// <summary>As the other, with what tests put in.</summary>
    /// <param name="paths">The logs that it may cut.</param>
    /// <param name="logger">Where it says what it did.</param>
    /// <param name="procRoot">Where the kernel tells of processes.</param>
    /// <param name="beforeChange">Called in the moment between the last look and the change.</param>
    internal LogTrimmer(IEnumerable<string> paths, ILogger<LogTrimmer>? logger, string procRoot, Action<LogTrimMethod>? beforeChange = null)
    {
        ArgumentNullException.ThrowIfNull(paths);
        foreach (var path in paths)
        {
            _paths.Add(PathRules.IsUsable(path) && !Path.EndsInDirectorySeparator(path)
                ? Path.GetFullPath(path)
                : throw new ArgumentException($"The path '{path}' cannot be a log; allowed is the absolute path of a file such as /var/log/app.log.", nameof(paths)));
        }

        _logger = logger ?? NullLogger<LogTrimmer>.Instance;
        _procRoot = procRoot;
        _beforeChange = beforeChange;
    }

    /// <summary>Cuts a log. Blocks for as long as its file system does.</summary>
    /// <param name="path">The log: one of those that this was made with.</param>
    /// <param name="request">How much stays, and what is allowed.</param>
    /// <param name="cancellationToken">Ends it, as long as nothing is changed.</param>
    /// <returns>What was done, or why nothing was.</returns>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><see cref="LogTrimRequest.KeepBytes"/> is below 0.</exception>
    /// <exception cref="OperationCanceledException">It was ended; nothing is changed.</exception>
    public LogTrimResult Trim(string path, LogTrimRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(request);
        if (request.KeepBytes < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(request), request.KeepBytes, "KeepBytes must be 0 or more.");
        }

        cancellationToken.ThrowIfCancellationRequested();
        LogTrimResult result;
        if (!PathRules.IsUsable(path) || !_paths.TryGetValue(Path.GetFullPath(path), out var listed))
        {
            result = new LogTrimResult
            {
                Path = path,
                Reason = TrimReasons.NotListed,
                Text = "It is none of the logs that may be cut.",
                WasDryRun = request.DryRun,
            };
        }
        else if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
        {
            result = new LogTrimResult
            {
                Path = listed,
                Reason = TrimReasons.Unsupported,
                Text = "Logs can be cut on 64-bit Linux only.",
                WasDryRun = request.DryRun,
            };
        }
        else
        {
            using var trim = new LogTrim(listed, request, _procRoot, _beforeChange, cancellationToken);
            result = trim.Run();
        }

        Log(result);
        return result;
    }

    private void Log(LogTrimResult result)
    {
        switch (result)
        {
            case { Reason: TrimReasons.NothingToDo }:
                LogNothingToDo(result.Path, result.Text);
                break;
            case { Method: LogTrimMethod.None }:
                LogRefused(result.Path, result.Reason, result.Text);
                break;
            case { WasDryRun: true }:
                LogDryRun(result.Path, result.Method, result.Text);
                break;
            case { Reason: { } reason }:
                LogTroubled(result.Path, result.Method, result.FreedBytes, reason, result.Text);
                break;
            default:
                LogTrimmed(result.Path, result.Method, result.FreedBytes, result.Text);
                break;
        }
    }

    [LoggerMessage(EventId = 6000, Level = LogLevel.Information, Message = "{Path} was cut by {Method}, {FreedBytes} bytes freed: {Text}")]
    private partial void LogTrimmed(string path, LogTrimMethod method, long freedBytes, string text);

    [LoggerMessage(EventId = 6001, Level = LogLevel.Warning, Message = "{Path} was cut by {Method}, {FreedBytes} bytes freed, but {Reason}: {Text}")]
    private partial void LogTroubled(string path, LogTrimMethod method, long freedBytes, string reason, string text);

    [LoggerMessage(EventId = 6002, Level = LogLevel.Warning, Message = "{Path} was not cut, {Reason}: {Text}")]
    private partial void LogRefused(string path, string? reason, string text);

    [LoggerMessage(EventId = 6003, Level = LogLevel.Debug, Message = "{Path} was not cut: {Text}")]
    private partial void LogNothingToDo(string path, string text);

    [LoggerMessage(EventId = 6004, Level = LogLevel.Information, Message = "{Path} would be cut by {Method} (dry run): {Text}")]
    private partial void LogDryRun(string path, LogTrimMethod method, string text);
}
