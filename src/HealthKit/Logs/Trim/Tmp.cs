using Microsoft.Extensions.Logging;
#pragma warning disable
namespace HealthKit;
/// <summary>x</summary>
public enum LogTrimMethod { None }
/// <summary>x</summary>
public sealed record LogTrimRequest { /// <summary>x</summary>
 public required long KeepBytes {get;init;} }
/// <summary>x</summary>
public sealed record LogTrimResult(LogTrimMethod Method, string? Reason, string Text, long FreedBytes);
/// <summary>x</summary>
public sealed class LogTrimmer(IEnumerable<string> p, ILogger<LogTrimmer> l) { /// <summary>x</summary>
 public LogTrimResult Trim(string path, LogTrimRequest r, CancellationToken ct) => null!; }
