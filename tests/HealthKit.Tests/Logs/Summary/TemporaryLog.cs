using System.Text;

namespace HealthKit.Tests.Logs.Summary;

/// <summary>A log in a directory of its own.</summary>
internal sealed class TemporaryLog : IDisposable
{
    public static readonly DateTime Written = new(2026, 11, 22, 18, 0, 0, DateTimeKind.Utc);

    private readonly string _directory = Directory.CreateTempSubdirectory("hk-log-").FullName;

    public TemporaryLog(ReadOnlySpan<byte> content)
    {
        Path = System.IO.Path.Combine(_directory, "app.log");
        File.WriteAllBytes(Path, content);
        File.SetLastWriteTimeUtc(Path, Written);
    }

    public TemporaryLog(string content)
        : this(Encoding.UTF8.GetBytes(content))
    {
    }

    public string Path { get; }

    public LogSummary Read(LogSummaryOptions? options = null, int block = LogSummaryReader.DefaultBlock, Action? afterBlock = null) =>
        new LogSummaryReader(Path, options ?? new LogSummaryOptions(), block) { AfterBlock = afterBlock }.Read(CancellationToken.None);

    public static LogSummary Summarize(string content, LogSummaryOptions? options = null)
    {
        using var log = new TemporaryLog(content);
        return log.Read(options);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
