using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>Writes down each start of the application and each orderly stop, so that the next run can tell that this one was killed.</summary>
internal sealed partial class StartLog(StateDirectory directory, string? applicationVersion, TimeProvider time, ILogger logger) : IDisposable
{
    private const int CapacityBytes = 32 * 1024; // more than 50 starts
    private const int MaxVersionLength = 128;
    private const string Start = "start";
    private const string Stop = "stop";
    private const string BootIdFile = "/proc/sys/kernel/random/boot_id";

    private Journal? _journal;

    /// <summary>The run before this one; null before <see cref="Begin"/>, at the first start, and when nothing could be read (see <see cref="Problem"/>).</summary>
    public PreviousRun? Previous { get; private set; }

    /// <summary>Why starts are kept in memory only, or null.</summary>
    public StateProblem? Problem => _journal?.Problem;

    /// <summary>Finds the previous run and writes down this start. Never throws because of the disk.</summary>
    public void Begin()
    {
        if (_journal is not null)
        {
            return;
        }

        _journal = Journal.Open(directory, "starts", CapacityBytes, keep: null, time, logger);
        Previous = FindPrevious(_journal.ReadAll());
        Write(Start);
        if (Previous is { Clean: false })
        {
            LogUnclean(logger, Previous.StartedAt);
        }
    }

    /// <summary>Writes down an orderly stop.</summary>
    public void End()
    {
        if (_journal is not null)
        {
            Write(Stop);
        }
    }

    /// <summary>Closes the journal; says nothing about how the run ended.</summary>
    public void Dispose() => _journal?.Dispose();

    /// <summary>The last start among the records, and the stop after it if there is one.</summary>
    internal static PreviousRun? FindPrevious(IEnumerable<JournalRecord> records)
    {
        PreviousRun? run = null;
        foreach (var record in records)
        {
            run = Parse(record.Payload.Span) switch
            {
                { Event: Start } start => new PreviousRun(start.At, null, Clean: false),
                { Event: Stop } stop when run is not null => run with { StoppedAt = stop.At, Clean = true },
                _ => run,
            };
        }

        return run;
    }

    private void Write(string what)
    {
        var entry = new StartEntry(what, time.GetUtcNow(), Environment.ProcessId, Shorten(applicationVersion), ReadBootId());
        _ = _journal!.TryAppend(JsonSerializer.SerializeToUtf8Bytes(entry, StartJson.Default.StartEntry), out _);
        _ = _journal.Flush();
    }

    private static StartEntry? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, StartJson.Default.StartEntry);
        }
        catch (JsonException)
        {
            return null; // of a later version; its checksum was right
        }
    }

    private static string? Shorten(string? version) => version?.Length > MaxVersionLength ? version[..MaxVersionLength] : version;

    /// <summary>Differs after each start of the machine (random(4)); null where there is none.</summary>
    private static string? ReadBootId()
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            return File.ReadAllText(BootIdFile).Trim();
        }
        catch (Exception e) when (StateProblem.IsExpected(e))
        {
            return null; // not every container shows it
        }
    }

    [LoggerMessage(7021, LogLevel.Warning, "The previous run, started at {StartedAt:u}, did not stop in an orderly way: it was killed, crashed, or lost power.")]
    private static partial void LogUnclean(ILogger logger, DateTimeOffset startedAt);
}

/// <summary>A line of the start log.</summary>
internal sealed record StartEntry(string Event, DateTimeOffset At, int Pid, string? Version = null, string? Boot = null);

/// <summary>Its serializer.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(StartEntry))]
internal sealed partial class StartJson : JsonSerializerContext;
