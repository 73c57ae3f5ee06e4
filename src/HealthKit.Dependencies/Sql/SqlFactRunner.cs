using System.Data.Common;
using System.Globalization;

namespace HealthKit;

/// <summary>Asks for facts when they are due, each in its share of the time that is left, and tells what is known of all. One run at a time.</summary>
internal sealed class SqlFactRunner(TimeProvider time, Func<string, string> redact)
{
    /// <summary>The share of the time left that facts may take together.</summary>
    private const double Share = 0.8;

    private static readonly TimeSpan ShortestShare = TimeSpan.FromMilliseconds(20);

    private readonly Dictionary<string, Known> _known = new(StringComparer.OrdinalIgnoreCase);
    private readonly long _start = time.GetTimestamp();

    /// <summary>Asks for those that are due.</summary>
    /// <param name="run">The run; it notes nothing of facts, which do not end it.</param>
    /// <param name="session">The connection.</param>
    /// <param name="facts">All of them.</param>
    /// <param name="lacksPrivilege">Whether an error says that the account lacks a right.</param>
    public async Task AskAsync(StageRun run, SqlSession session, IReadOnlyList<SqlFact> facts, Func<DbException, bool> lacksPrivilege)
    {
        Forget(facts);
        var due = facts.Select(KnownOf).Where(IsDue).OrderBy(known => known.AskedAt ?? long.MinValue).ToList();
        for (var i = 0; i < due.Count && !session.IsDead; i++)
        {
            var share = (run.Deadline - run.Elapsed) * Share / (due.Count - i);
            if (share < ShortestShare)
            {
                return; // those that are left are due at the next run, first
            }

            await AskAsync(run, session, due[i], share, lacksPrivilege).ConfigureAwait(false);
        }
    }

    /// <summary>Tells what is known of each.</summary>
    /// <param name="findings">Where.</param>
    /// <param name="facts">All of them.</param>
    /// <param name="user">The account, for the statement that gives a right.</param>
    public void Tell(DatabaseFindings findings, IReadOnlyList<SqlFact> facts, string? user)
    {
        foreach (var fact in facts)
        {
            Tell(findings, KnownOf(fact), user);
        }
    }

    private Known KnownOf(SqlFact fact)
    {
        if (!_known.TryGetValue(fact.Name, out var known) || known.Fact != fact)
        {
            _known[fact.Name] = known = new Known(fact);
        }

        return known;
    }

    private void Forget(IReadOnlyList<SqlFact> facts)
    {
        foreach (var name in _known.Keys.Where(name => !facts.Any(fact => fact.Name.Equals(name, StringComparison.OrdinalIgnoreCase))).ToList())
        {
            _known.Remove(name);
        }
    }

    // A little less than the period, or jitter would make every second run miss it.
    private bool IsDue(Known known) => known.AskedAt is not { } asked || time.GetElapsedTime(asked) >= known.Fact.Period * 0.95;

    private async Task AskAsync(StageRun run, SqlSession session, Known known, TimeSpan share, Func<DbException, bool> lacksPrivilege)
    {
        known.AskedAt = time.GetTimestamp();

        // It stands unless something else comes of it: a fact that was asked for is never left out without a word.
        known.Trouble = new Trouble(TroubleKind.Failed, "nothing came of it");
        using var enough = new CancellationTokenSource(share, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(enough.Token, run.Token);
        try
        {
            var rows = await session.ReadOnlyRowsAsync(known.Fact.Statement, known.Fact.MaxRows + 1, either.Token).ConfigureAwait(false);
            known.Take(Read(known.Fact, rows), time.GetTimestamp(), time.GetElapsedTime(_start));
        }
        catch (OperationCanceledException)
        {
            known.Trouble = new Trouble(TroubleKind.Late, $"no answer within {Latency.Text(share)}");
        }
        catch (FormatException e)
        {
            known.Trouble = new Trouble(TroubleKind.Failed, e.Message);
        }
        catch (DbException e) when (lacksPrivilege(e))
        {
            known.Trouble = new Trouble(TroubleKind.Privilege, "");
        }
        catch (Exception e)
        {
            known.Trouble = new Trouble(TroubleKind.Failed, ForeignText.Shown(redact(SqlErrors.Told(e))));
        }
    }

    private List<Value> Read(SqlFact fact, List<SqlRow> rows)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        var columns = rows[0].Count;
        if (columns is < 1 or > 3)
        {
            throw new FormatException($"the statement gives {columns} columns; allowed: a value, a name and a value, or a name, a value and a detail");
        }

        var values = rows.ConvertAll(row => columns == 1
            ? new Value(null, SqlRow.Number(row[0]), null)
            : new Value(
                SqlRow.Text(row[0]) is { } name ? ShownName.Of(redact(name), 100) : null,
                SqlRow.Number(row[1]),
                columns == 3 && SqlRow.Text(row[2]) is { } detail ? ForeignText.Shown(redact(detail), 200) : null));
        return rows.Count > 1 && values.Exists(value => value.Name is null)
            ? throw new FormatException($"the statement gives {(rows.Count > fact.MaxRows ? "many" : rows.Count.ToString(CultureInfo.InvariantCulture))} rows without a name each; allowed: one")
            : values;
    }

    private void Tell(DatabaseFindings findings, Known known, string? user)
    {
        var fact = known.Fact;
        var grant = fact.Grant?.Replace("{user}", user ?? "<account>", StringComparison.Ordinal);
        switch (known.Trouble)
        {
            case { Kind: TroubleKind.Privilege }:
                findings.AddMissingPrivilege(fact.QuantityText, grant);
                break;
            case { Kind: TroubleKind.Late } late:
                findings.Add(GaugeLevel.Degraded, "sql.factLate", $"{fact.QuantityText} not known: {late.Text}");
                break;
            case { Kind: TroubleKind.Failed } failed:
                findings.Add(GaugeLevel.Degraded, "sql.factFailed", $"{fact.QuantityText} could not be asked for: {failed.Text}");
                break;
            default:
                if (known.AskedAt is null)
                {
                    findings.AddUnknown($"{fact.QuantityText} (not asked for yet: no time was left)");
                }

                break;
        }

        if (known.Values is not { } values)
        {
            return;
        }

        var age = time.GetElapsedTime(known.At);
        if (age >= TimeSpan.FromSeconds(1))
        {
            findings.Note(fact.AgeKey, Math.Round(age.TotalSeconds));
        }

        var unknown = false;
        foreach (var value in values.Take(fact.MaxRows))
        {
            if (value.Number is not { } number)
            {
                unknown = true;
                continue;
            }

            if (value.Name is { } name)
            {
                findings.NoteItem(name, fact.Key, number);
            }
            else
            {
                findings.Note(fact.Key, number);
            }

            TellValue(findings, known, value, number);
        }

        if (values.Count > fact.MaxRows)
        {
            findings.AddUnknown(string.Create(CultureInfo.InvariantCulture, $"{fact.QuantityText} of more than {fact.MaxRows} rows"));
        }

        if (unknown && known.Trouble is null)
        {
            if (grant is not null)
            {
                findings.AddMissingPrivilege(fact.QuantityText, grant);
            }
            else
            {
                findings.AddUnknown(fact.QuantityText);
            }
        }
    }

    private static void TellValue(DatabaseFindings findings, Known known, Value value, double number)
    {
        var fact = known.Fact;
        var gauge = fact.Gauge;
        var limits = fact.Limits;
        var level = gauge.Judge(number, limits);
        var text = (value.Name is null ? "" : value.Name + ": ") + gauge.Explain(number, level, limits) + (value.Detail is null ? "" : $" ({value.Detail})");
        if (level == GaugeLevel.Ok && value.Name is null && known.Forecast is { IsFilling: true } forecast)
        {
            var at = new GaugeAmount(fact.UnhealthyLimit ?? fact.DegradedLimit!.Value, fact.Unit);
            findings.Add(
                GaugeLevel.Degraded,
                fact.ForecastReason!,
                forecast.TimeToLimit is { } left ? $"{text}, grows and reaches {at:L} in about {new GaugeAmount(left.TotalSeconds, GaugeUnit.Seconds)}" : $"{text}, grows towards {at:L}");
        }
        else
        {
            findings.Add(level, fact.Reason, text);
        }
    }

    private enum TroubleKind
    {
        Privilege,
        Late,
        Failed,
    }

    private sealed record Trouble(TroubleKind Kind, string Text);

    private sealed record Value(string? Name, double? Number, string? Detail);

    /// <summary>What is known of a fact.</summary>
    private sealed class Known(SqlFact fact)
    {
        public SqlFact Fact => fact;

        /// <summary>When it was asked for last, with or without an answer.</summary>
        public long? AskedAt { get; set; }

        /// <summary>What was wrong with the latest answer.</summary>
        public Trouble? Trouble { get; set; }

        /// <summary>The last good answer.</summary>
        public List<Value>? Values { get; private set; }

        /// <summary>When that came.</summary>
        public long At { get; private set; }

        public GaugeForecast? Forecast { get; } = fact.ForecastReason is null ? null : new GaugeForecast();

        public void Take(List<Value> values, long at, TimeSpan sinceStart)
        {
            (Trouble, Values, At) = (null, values, at);
            if (values is [{ Name: null, Number: { } number }])
            {
                Forecast?.Add(sinceStart, number, (fact.UnhealthyLimit ?? fact.DegradedLimit)!.Value);
            }
        }
    }
}
