using FsCheck;
using FsCheck.Fluent;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace HealthKit.Tests.Incidents.Sinks.Log;

public sealed class LogSinkTests
{
    private readonly EntryLog _log = new();

    public static TheoryData<string, LogLevel, int, string> Lines => new()
    {
        { "opened", LogLevel.Error, 300, "Check 'disk' is unhealthy (disk.space.low): /data: free space 1.2 %, unhealthy below 5 % [incident 0194f3c2b7a17c3e8d5e6f7a8b9c0d1e]" },
        { "degraded", LogLevel.Warning, 300, "Check 'disk' is degraded (disk.space.low): /data: free space 1.2 %, unhealthy below 5 % [incident 0194f3c2b7a17c3e8d5e6f7a8b9c0d1e]" },
        { "updated", LogLevel.Error, 301, "Check 'disk' is unhealthy for 12 min (disk.space.low): /data: free space 1.2 %, unhealthy below 5 % [incident 0194f3c2b7a17c3e8d5e6f7a8b9c0d1e]" },
        { "flapping", LogLevel.Warning, 301, "Check 'disk' is flapping for 12 min (disk.space.low): /data: free space 1.2 %, unhealthy below 5 % [incident 0194f3c2b7a17c3e8d5e6f7a8b9c0d1e]" },
        { "resolved", LogLevel.Information, 302, "Check 'disk' is healthy again after 12 min; it was (disk.space.low): /data: free space 1.2 %, unhealthy below 5 % [incident 0194f3c2b7a17c3e8d5e6f7a8b9c0d1e]" },
        { "removed", LogLevel.Information, 303, "Check 'disk' was turned off or is not registered any more; it was bad for 12 min [incident 0194f3c2b7a17c3e8d5e6f7a8b9c0d1e]" },
        { "silent", LogLevel.Information, 304, "Check 'disk' is unhealthy, not announced: in maintenance (new disk) (disk.space.low): /data: free space 1.2 %, unhealthy below 5 % [incident 0194f3c2b7a17c3e8d5e6f7a8b9c0d1e]" },
        { "silent resolve", LogLevel.Information, 304, "Check 'disk' is healthy again, not announced: nobody was told of it (disk.space.low): /data: free space 1.2 %, unhealthy below 5 % [incident 0194f3c2b7a17c3e8d5e6f7a8b9c0d1e]" },
        { "test", LogLevel.Information, 305, "Test of alerts: nothing is wrong [message 0194f3c2b7a17c3e8d5e6f7a8b9c0d1e-1]" },
    };

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task Each_message_is_one_line_at_its_level(string message, LogLevel level, int id, string line)
    {
        var result = await Send(message switch
        {
            "opened" => Messages.Message(),
            "degraded" => Messages.Message(incident: Messages.Incident() with { Status = HealthStatus.Degraded }),
            "updated" => Messages.Message(IncidentMessageKind.Updated),
            "flapping" => Messages.Message(
                IncidentMessageKind.Updated, Messages.Incident() with { Status = HealthStatus.Degraded, IsFlapping = true }),
            "resolved" => Messages.Resolved(),
            "removed" => Messages.Resolved(IncidentResolution.CheckRemoved),
            "silent" => Messages.Message(
                incident: Messages.Incident() with { Silence = IncidentSilence.Maintenance, SilenceReason = "new disk" }) with { IsSilent = true },
            "silent resolve" => Messages.Resolved() with { IsSilent = true },
            _ => Messages.Message(IncidentMessageKind.Test),
        });

        Assert.Equal(SinkOutcome.Delivered, result.Outcome);
        var entry = Assert.Single(_log.Entries);
        Assert.Equal((level, id, line), (entry.Level, entry.Id, entry.Text));
    }

    [Fact]
    public void Foreign_text_is_an_argument_and_stays_in_its_line() => Prop.ForAll(
        Messages.NastyTexts,
        text =>
        {
            var log = new EntryLog();
            Send(log, Messages.Message(incident: Messages.Incident() with { Check = text, Description = text, Reason = text }));

            var entry = Assert.Single(log.Entries);
            Assert.Equal("Check '{Check}' is {Status} ({Reason}): {Description} [incident {Incident}]", entry.State["{OriginalFormat}"]);
            Assert.Equal(IncidentText.OneLine(text), entry.State["Description"]);
            Assert.Equal(Messages.IncidentId, entry.State["Incident"]);
            Assert.DoesNotContain(entry.Text, char.IsControl);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task A_log_that_throws_hurts_nobody_and_is_not_logged_about()
    {
        var log = new ThrowingLog();

        Assert.Equal(SinkOutcome.Delivered, (await new LogSink(log).SendAsync(Messages.Message(), CancellationToken.None)).Outcome);
        Assert.Equal(1, log.Calls);
    }

    [Fact]
    public async Task The_type_logs_in_its_own_category()
    {
        var lines = new CategoryLog();
        await using var services = new ServiceCollection().AddLogging(b => b.AddProvider(lines)).BuildServiceProvider();
        var sink = LogSink.Type.CreateSink(services, "log", new LogSinkOptions());
        await sink.SendAsync(Messages.Message(), CancellationToken.None);

        Assert.Equal("HealthKit.Incidents", Assert.Single(lines.Categories));
        Assert.Single(lines.Log.Lines);
    }

    private static SinkResult Send(EntryLog log, IncidentMessage message) =>
        new LogSink(log).SendAsync(message, CancellationToken.None) is { IsCompletedSuccessfully: true } sent
            ? sent.GetAwaiter().GetResult()
            : throw new InvalidOperationException("The log sink must be done when it returns.");

    private Task<SinkResult> Send(IncidentMessage message) => new LogSink(_log).SendAsync(message, CancellationToken.None);

    private sealed record Entry(LogLevel Level, int Id, string Text, Dictionary<string, object?> State);

    private sealed class EntryLog : ILogger
    {
        public List<Entry> Entries { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Entries.Add(new(
                logLevel,
                eventId.Id,
                formatter(state, exception),
                ((IEnumerable<KeyValuePair<string, object?>>)state!).ToDictionary(pair => pair.Key, pair => pair.Value)));
    }

    private sealed class ThrowingLog : ILogger
    {
        public int Calls { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => throw new IOException("disk full");

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            Calls++;
            throw new IOException("disk full");
        }
    }

    private sealed class CategoryLog : ILoggerProvider
    {
        public List<string> Categories { get; } = [];

        public LogLines Log { get; } = new();

        public ILogger CreateLogger(string categoryName)
        {
            Categories.Add(categoryName);
            return Log;
        }

        public void Dispose()
        {
        }
    }
}
