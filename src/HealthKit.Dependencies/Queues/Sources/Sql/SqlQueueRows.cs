using System.Globalization;

namespace HealthKit;

/// <summary>What the rows of a queue's statement mean, by the names of their columns.</summary>
internal static class SqlQueueRows
{
    /// <summary>So many rows, each a queue of its own.</summary>
    public const int Most = 100;

    public const string Columns =
        "depth (needed), oldest (the moment the oldest entry came) or oldest_age_seconds, in_progress, consumers, scheduled, retrying, dead, arrived, completed; and queue, its name, "
        + "where there is a row for each queue";

    private static readonly string[] Known =
        ["DEPTH", "OLDEST", "OLDESTAGESECONDS", "INPROGRESS", "CONSUMERS", "SCHEDULED", "RETRYING", "DEAD", "ARRIVED", "COMPLETED", "QUEUE"];

    /// <summary>Reads them.</summary>
    /// <exception cref="StageException">They are not what a queue's statement gives.</exception>
    public static QueueState Read(IReadOnlyList<SqlRow> rows, DateTimeOffset now)
    {
        if (rows.Count > Most)
        {
            throw Wrong(string.Create(CultureInfo.InvariantCulture, $"it gives more than {Most} rows"));
        }

        if (rows.Count == 0)
        {
            throw Wrong("it gives no row: let it count, so that an empty queue is a row with depth 0");
        }

        var columns = new Dictionary<string, string>();
        foreach (var name in rows[0].Names)
        {
            var plain = name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();
            if (!Known.Contains(plain) || !columns.TryAdd(plain, name))
            {
                throw Wrong($"it gives a column '{ForeignText.Shown(name, 60)}'; known, each once: {Columns}");
            }
        }

        if (!columns.ContainsKey("DEPTH"))
        {
            throw Wrong($"it gives no column depth; known: {Columns}");
        }

        if (rows.Count > 1 && !columns.ContainsKey("QUEUE"))
        {
            throw Wrong("it gives several rows and no column queue to tell them apart");
        }

        List<(string? Name, QueueState State)> queues = [.. rows.Select(row => (Text(row, "QUEUE"), ReadRow(row)))];
        if (!columns.ContainsKey("QUEUE"))
        {
            return queues[0].State;
        }

        Dictionary<string, QueuePart> parts = [];
        foreach (var (name, state) in queues)
        {
            if (!parts.TryAdd(name ?? "NULL", new QueuePart(state.Depth, state.OldestAge, state.Consumers)))
            {
                throw Wrong($"it gives the queue '{ForeignText.Shown(name ?? "NULL", 60)}' twice");
            }
        }

        var all = queues.ConvertAll(static queue => queue.State);
        return new QueueState(all.Sum(static state => state.Depth))
        {
            OldestAge = all.Exists(static state => state.OldestAge is null) ? null : all.Max(static state => state.OldestAge),
            InProgress = Sum(all, static state => state.InProgress),
            Consumers = (int?)Sum(all, static state => state.Consumers),
            Scheduled = Sum(all, static state => state.Scheduled),
            Retrying = Sum(all, static state => state.Retrying),
            Dead = Sum(all, static state => state.Dead),
            Arrived = Sum(all, static state => state.Arrived),
            Completed = Sum(all, static state => state.Completed),
            Parts = parts,
        };

        string? Text(SqlRow row, string column) => columns.TryGetValue(column, out var name) ? SqlRow.Text(row[name]) : null;

        QueueState ReadRow(SqlRow row) => new(Count(row, "DEPTH") ?? throw Wrong("depth is NULL"))
        {
            OldestAge = Age(row, Count(row, "DEPTH") ?? 0),
            InProgress = Count(row, "INPROGRESS"),
            Consumers = Count(row, "CONSUMERS") is { } consumers ? (int)Math.Min(consumers, int.MaxValue) : null,
            Scheduled = Count(row, "SCHEDULED"),
            Retrying = Count(row, "RETRYING"),
            Dead = Count(row, "DEAD"),
            Arrived = Count(row, "ARRIVED"),
            Completed = Count(row, "COMPLETED"),
        };

        TimeSpan? Age(SqlRow row, long depth)
        {
            if (depth == 0)
            {
                return TimeSpan.Zero;
            }

            if (columns.TryGetValue("OLDESTAGESECONDS", out var seconds))
            {
                return Number(row, seconds) is { } number ? TimeSpan.FromSeconds(Math.Clamp(number, 0, TimeSpan.MaxValue.TotalSeconds / 2)) : null;
            }

            if (!columns.TryGetValue("OLDEST", out var oldest) || row[oldest] is not { } value)
            {
                return null;
            }

            return Moment(value) is { } moment ? EnqueuedMoment.Age(moment, now) : throw Wrong($"{oldest} is '{ForeignText.Shown(SqlRow.Text(value) ?? "", 60)}', which is no moment");
        }

        long? Count(SqlRow row, string column)
        {
            if (!columns.TryGetValue(column, out var name) || Number(row, name) is not { } number)
            {
                return null;
            }

            return number is >= 0 and < long.MaxValue ? (long)number : throw Wrong(string.Create(CultureInfo.InvariantCulture, $"{name} is {number}"));
        }

        static double? Number(SqlRow row, string name)
        {
            try
            {
                return SqlRow.Number(row[name]);
            }
            catch (FormatException e)
            {
                throw Wrong($"{name}: {e.Message}");
            }
        }
    }

    /// <summary>A moment as drivers give it. One without a zone is of UTC.</summary>
    private static DateTimeOffset? Moment(object value)
    {
        switch (value)
        {
            case DateTimeOffset moment:
                return moment;
            case DateTime { Kind: DateTimeKind.Local } local:
                return new DateTimeOffset(local);
            case DateTime other:
                return new DateTimeOffset(DateTime.SpecifyKind(other, DateTimeKind.Utc));
            case string text:
                // As SQLite and MySQL write them: 2026-11-22 10:00:00[.123].
                return EnqueuedMoment.Of(text)
                    ?? (DateTime.TryParseExact(text.Trim(), ["yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm:ss.FFFFFFF"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var plain)
                        ? new DateTimeOffset(DateTime.SpecifyKind(plain, DateTimeKind.Utc))
                        : null);
            default:
                try
                {
                    return SqlRow.Number(value) is { } number ? EnqueuedMoment.Of(number) : null;
                }
                catch (FormatException)
                {
                    return null;
                }
        }
    }

    private static long? Sum(List<QueueState> states, Func<QueueState, long?> of) => states.Exists(state => of(state) is null) ? null : states.Sum(of);

    private static StageException Wrong(string what) => new(Stage.Use, "queue.statement", $"the statement does not tell a queue: {what}") { Answered = true };
}
