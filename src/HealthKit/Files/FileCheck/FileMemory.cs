using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit;

/// <summary>
/// What file checks remember of their files: since when the content is the same, and how it was when last good. It stands in the state
/// directory; without one, or while that cannot be written, in memory.
/// </summary>
internal sealed partial class FileMemory(StateDirectory? directory, JournalFlusher? flusher, TimeProvider time, ILogger logger) : IDisposable
{
    private const int CapacityBytes = 512 * 1024; // half of it: 500 files and more
    private const int GiveUpShare = 4;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Check, string Path), (FileRecord Record, long Sequence)> _known = [];
    private readonly NeededRecords _needed = new();
    private Journal? _journal;
    private bool _isDisposed;

    /// <summary>Where records are kept; null before the first is asked for, and without a state directory.</summary>
    internal Journal? Journal => _journal;

    public static FileMemory Create(IServiceProvider services) => new(
        services.GetService<StateDirectory>(),
        services.GetService<JournalFlusher>(),
        services.GetRequiredService<TimeProvider>(),
        services.GetService<ILoggerFactory>() is { } loggers ? new SafeLogger(loggers.CreateLogger<FileMemory>()) : NullLogger.Instance);

    /// <summary>
    /// Whether it is known what earlier runs remembered. Without a disk at the start that comes to light when the disk comes back: then what was
    /// found before is to be found anew.
    /// </summary>
    public bool HasReadEarlier
    {
        get
        {
            if (!_needed.HasReadEarlier)
            {
                lock (_gate)
                {
                    Open();
                }
            }

            return _needed.HasReadEarlier;
        }
    }

    /// <summary>What is remembered of a file; nothing but its names when there is nothing.</summary>
    public FileRecord Find(string check, string path)
    {
        lock (_gate)
        {
            Open();
            return _known.TryGetValue((check, path), out var known) ? known.Record : new FileRecord { Check = check, Path = path };
        }
    }

    /// <summary>Remembers it.</summary>
    public void Keep(FileRecord record)
    {
        lock (_gate)
        {
            var knew = _needed.HasReadEarlier;
            Open();
            if (!knew && _needed.HasReadEarlier && _known.TryGetValue((record.Check, record.Path), out var found))
            {
                // It came to light just now, while the check was under way.
                record = Joined(found.Record, record);
            }

            var bytes = JsonSerializer.SerializeToUtf8Bytes(record, FileRecordJson.Default.FileRecord);
            long sequence = 0;
            if (_journal is { } journal && !journal.TryAppend(bytes, out sequence))
            {
                // Files that no check watches any more: theirs were written long ago.
                Forget();
                if (!journal.TryAppend(bytes, out sequence))
                {
                    LogNotKept(logger, record.Check);
                }
            }

            _needed.AddOwn(sequence);
            Remember(record, sequence);
            if (_journal is not null && sequence != 0)
            {
                flusher?.MarkDirty(_journal);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            if (_journal is not null)
            {
                flusher?.Forget(_journal);
                _journal.Dispose();
                _journal = null;
            }
        }
    }

    private void Open()
    {
        if (_needed.HasReadEarlier || directory is null || _isDisposed)
        {
            return;
        }

        _journal ??= Journal.Open(directory, "files", CapacityBytes, _needed.IsNeeded, time, logger);
        if (_needed.ReadEarlier(_journal) is not { } records)
        {
            return;
        }

        var own = _known.ToDictionary();
        _known.Clear();
        foreach (var record in records)
        {
            if (Parse(record.Payload.Span) is { } known)
            {
                _needed.Add(record.Sequence);
                Remember(known, record.Sequence);
            }
        }

        _needed.EndReading(records);
        foreach (var (key, (record, sequence)) in own)
        {
            if (_known.TryGetValue(key, out var earlier))
            {
                _needed.Remove(sequence);
                Keep(Joined(earlier.Record, record));
            }
            else
            {
                Remember(record, sequence);
            }
        }
    }

    /// <summary>
    /// What an earlier run knew of a file, and what this one has found out since. What it took for good without knowing of the last good one is not.
    /// </summary>
    private static FileRecord Joined(FileRecord earlier, FileRecord own) => own with
    {
        Hash = own.Hash ?? earlier.Hash,
        HashSince = own.Hash is null || own.Hash == earlier.Hash ? earlier.HashSince : own.HashSince,
        Good = earlier.Good ?? own.Good,
    };

    private void Remember(FileRecord record, long sequence)
    {
        var key = (record.Check, record.Path);
        if (_known.TryGetValue(key, out var before))
        {
            _needed.Remove(before.Sequence);
        }

        _known[key] = (record, sequence);
    }

    private void Forget()
    {
        foreach (var (key, old) in _known.OrderBy(pair => pair.Value.Sequence).Take((_known.Count / GiveUpShare) + 1).ToList())
        {
            _known.Remove(key);
            _needed.Remove(old.Sequence);
        }
    }

    internal static FileRecord? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, FileRecordJson.Default.FileRecord);
        }
        catch (JsonException)
        {
            return null; // of a later version; its checksum was right
        }
    }

    [LoggerMessage(7041, LogLevel.Warning, "What check '{Check}' knows of its file is kept in memory only: the journal of files has no room for it.")]
    private static partial void LogNotKept(ILogger logger, string check);
}

/// <summary>What is remembered of one check's file.</summary>
internal sealed record FileRecord
{
    public required string Check { get; init; }

    public required string Path { get; init; }

    /// <summary>SHA-256 of its content when it was last read for that.</summary>
    public string? Hash { get; init; }

    /// <summary>Since when the content is that.</summary>
    public DateTimeOffset? HashSince { get; init; }

    /// <summary>How it was when last good.</summary>
    public GoodFile? Good { get; init; }
}

/// <summary>A file when it was last good.</summary>
/// <param name="At">When it was last seen so.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="LineCount">Its lines, or records of CSV; null when they were not counted.</param>
/// <param name="EndsWithLineEnd">Whether it ended with a line end; null when that was not looked at.</param>
internal sealed record GoodFile(DateTimeOffset At, long Bytes, long? LineCount = null, bool? EndsWithLineEnd = null);

/// <summary>Its serializer.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(FileRecord))]
internal sealed partial class FileRecordJson : JsonSerializerContext;
