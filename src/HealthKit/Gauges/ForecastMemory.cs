using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit;

/// <summary>
/// What forecasts have seen, kept in the state directory, so that a restart neither blinds one nor ends a warning that still holds.
/// Without such a directory, or while it cannot be written, a forecast begins anew with the process.
/// </summary>
/// <remarks>
/// A record is written once a minute for each forecast that is fed, and when its verdict changes; it takes about 2 KB and is not flushed:
/// it survives the death of the process, and a power cut costs it some seconds. Only the newest of each is kept. The time in between is
/// taken from the wall clock, as no other goes on; where that went back or more than a day ahead, the record is passed over.
/// </remarks>
internal sealed partial class ForecastMemory(StateDirectory directory, TimeProvider time, ILogger logger) : IDisposable
{
    private const int CapacityBytes = 512 * 1024; // half of it: about 100 forecasts
    private const byte Version = 2;
    private const int LongestName = 4096;
    private const int GiveUpShare = 4;

    /// <summary>What grew before a longer break tells nothing of today; no window looks back further.</summary>
    internal static readonly TimeSpan LongestBreak = TimeSpan.FromDays(1);

    private static readonly TimeSpan KeepEvery = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Known> _known = [];
    private readonly NeededRecords _needed = new();
    private readonly MemoryStream _bytes = new(LongestName + GaugeForecast.LargestSize);
    private Journal? _journal;
    private bool _isDisposed;

    /// <summary>Where records are kept; null before the first is asked for.</summary>
    internal Journal? Journal => _journal;

    public static ForecastMemory Create(IServiceProvider services) => new(
        services.GetRequiredService<StateDirectory>(),
        services.GetRequiredService<TimeProvider>(),
        services.GetService<ILoggerFactory>() is { } loggers ? new SafeLogger(loggers.CreateLogger<ForecastMemory>()) : NullLogger.Instance);

    /// <summary>The forecast that an earlier run kept under a name; a new one when there is none, or it is too old.</summary>
    /// <param name="name">What it is of: the check, and what makes sure that it is still the same thing.</param>
    /// <param name="now">The present time on the clock that will feed it.</param>
    public GaugeForecast Find(string name, TimeSpan now)
    {
        lock (_gate)
        {
            Open();
            return _known.GetValueOrDefault(name).Record is { } record && Parse(record, time.GetUtcNow(), now) is { } read ? read.Forecast : new GaugeForecast();
        }
    }

    /// <summary>Keeps it, if that is due.</summary>
    public void Keep(string name, GaugeForecast forecast)
    {
        lock (_gate)
        {
            var last = _known.GetValueOrDefault(name);
            if (last.KeptAt is { } at && time.GetElapsedTime(at) < KeepEvery && last.IsFilling == forecast.IsFilling)
            {
                return;
            }

            Open();
            if (_journal is null || name.Length > LongestName / 4)
            {
                return;
            }

            _bytes.SetLength(0);
            using (var writer = new BinaryWriter(_bytes, Encoding.UTF8, leaveOpen: true))
            {
                writer.Write(Version);
                writer.Write(name);
                writer.Write(time.GetUtcNow().UtcTicks);
                forecast.Write(writer);
            }

            var record = _bytes.GetBuffer().AsSpan(0, (int)_bytes.Length);
            if (!_journal.TryAppend(record, out var sequence))
            {
                Forget();
                if (!_journal.TryAppend(record, out sequence))
                {
                    LogNotKept(logger, name);
                }
            }

            // What this run feeds, it does not read again: no content is held.
            _needed.AddOwn(sequence);
            Remember(name, new Known(sequence, null, time.GetTimestamp(), forecast.IsFilling));
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _journal?.Dispose();
            _journal = null;
        }
    }

    /// <summary>What a record holds; null when it is none, or of no use any more.</summary>
    internal static (string Name, GaugeForecast Forecast)? Parse(byte[] record, DateTimeOffset utcNow, TimeSpan now)
    {
        using var reader = new BinaryReader(new MemoryStream(record, writable: false));
        try
        {
            if (reader.ReadByte() != Version)
            {
                return null;
            }

            var name = reader.ReadString();
            var gone = utcNow.UtcTicks - (decimal)reader.ReadInt64();
            return gone >= 0 && gone <= LongestBreak.Ticks && GaugeForecast.Read(reader, now - TimeSpan.FromTicks((long)gone)) is { } forecast
                ? (name, forecast) : null;
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or IOException)
        {
            return null; // of a later version; its checksum was right
        }
    }

    private void Open()
    {
        if (_needed.HasReadEarlier || _isDisposed)
        {
            return;
        }

        _journal ??= Journal.Open(directory, "forecasts", CapacityBytes, _needed.IsNeeded, time, logger);
        if (_needed.ReadEarlier(_journal) is not { } records)
        {
            return; // no disk yet: it is looked at again
        }

        var own = _known.ToDictionary();
        _known.Clear();
        foreach (var record in records)
        {
            if (Parse(record.Payload.ToArray(), time.GetUtcNow(), TimeSpan.Zero) is { } known)
            {
                _needed.Add(record.Sequence);
                Remember(known.Name, new Known(record.Sequence, record.Payload.ToArray(), null, known.Forecast.IsFilling));
            }
        }

        foreach (var (name, known) in own)
        {
            Remember(name, known);
        }

        _needed.EndReading(records);
    }

    private void Remember(string name, Known known)
    {
        if (_known.TryGetValue(name, out var before))
        {
            _needed.Remove(before.Sequence);
        }

        _known[name] = known;
    }

    private void Forget()
    {
        foreach (var (name, old) in _known.OrderBy(pair => pair.Value.Sequence).Take((_known.Count / GiveUpShare) + 1).ToList())
        {
            _known.Remove(name);
            _needed.Remove(old.Sequence);
        }
    }

    /// <summary>The newest record of a forecast.</summary>
    /// <param name="Sequence">Its number in the journal.</param>
    /// <param name="Record">What it holds, when an earlier run wrote it.</param>
    /// <param name="KeptAt">When this run wrote it.</param>
    /// <param name="IsFilling">The verdict it holds.</param>
    private readonly record struct Known(long Sequence, byte[]? Record, long? KeptAt, bool IsFilling);

    [LoggerMessage(7043, LogLevel.Warning, "What the forecast of {Name} has seen is lost with the process: the journal of forecasts has no room for it.")]
    private static partial void LogNotKept(ILogger logger, string name);
}
