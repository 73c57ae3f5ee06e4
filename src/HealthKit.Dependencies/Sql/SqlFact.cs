namespace HealthKit;

/// <summary>
/// One fact about a database: a read-only statement, and what its answer means. The statement gives one column, the value; or two, a name and a
/// value, for each row that is to be judged; or three, a name (NULL where there is but one), a value and a detail that texts show. A value is a
/// number, a truth (1 or 0), a duration, or text that reads as a number. NULL is unknown, never 0; no row at all means that there is nothing to tell.
/// </summary>
/// <remarks>
/// <code>
/// options.Facts.Add(new SqlFact("unpaidInvoices", "SELECT count(*) FROM invoices WHERE paid_at IS NULL", GaugeUnit.Count)
/// {
///     DegradedLimit = 100, UnhealthyLimit = 1000, Period = TimeSpan.FromMinutes(5), Grant = "GRANT SELECT ON invoices TO {user}",
/// });
/// </code>
/// </remarks>
public sealed record SqlFact
{
    /// <summary>The rows that are read at most, unless it says otherwise.</summary>
    private const int UsualRows = 20;

    /// <summary>Names a fact.</summary>
    /// <param name="name">
    /// Its name in camelCase, letters and digits, at most 60: with its unit it is the key in the result's data (<c>databaseSize</c> in bytes is <c>databaseSizeBytes</c>).
    /// </param>
    /// <param name="statement">
    /// One read-only statement (SELECT, SHOW, VALUES, TABLE, or WITH … SELECT), at most 16,384 characters. It should end in a LIMIT where it gives rows.
    /// </param>
    /// <param name="unit">What its values are counted in.</param>
    /// <param name="direction">Which end is bad.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public SqlFact(string name, string statement, GaugeUnit unit = GaugeUnit.Count, GaugeDirection direction = GaugeDirection.HighIsBad)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(statement);
        (Name, Statement, Unit, Direction) = (name, statement, unit, direction);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The statement.</summary>
    public string Statement { get; }

    /// <summary>What its values are counted in.</summary>
    public GaugeUnit Unit { get; }

    /// <summary>Which end is bad.</summary>
    public GaugeDirection Direction { get; }

    /// <summary>What is measured, as texts name it: <c>database size</c>. Null: the name.</summary>
    public string? Quantity { get; init; }

    /// <summary>Degraded past it, in the unit. Null: no limit.</summary>
    public double? DegradedLimit { get; init; }

    /// <summary>Unhealthy past it, in the unit. Null: no limit.</summary>
    public double? UnhealthyLimit { get; init; }

    /// <summary>How many rows are read at most, 1 to 1000. That there are more is said.</summary>
    public int MaxRows { get; init; } = UsualRows;

    /// <summary>How often it is asked for, at most; zero means at each run of the check. Up to 7 days. Between, the last answer stands, with its age.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The statement that gives the right that it needs, told when the right is missing: <c>GRANT pg_monitor TO {user}</c>. <c>{user}</c> becomes the
    /// account's name where it is known. A fact that has one reads a value of NULL as a missing right.
    /// </summary>
    public string? Grant { get; init; }

    /// <summary>The stable code of a value past a limit, such as <c>shop.unpaidInvoices</c>.</summary>
    public string Reason { get; init; } = "sql.factLimit";

    /// <summary>
    /// The stable code when a single value steadily grows towards its limit, the unhealthy one, else the degraded one: degraded then. Null: no forecast.
    /// Only where high is bad.
    /// </summary>
    public string? ForecastReason { get; init; }

    internal string QuantityText => Quantity ?? Name;

    /// <summary>The key of its value in the data.</summary>
    internal string Key => Name.EndsWith(Unit.ToString(), StringComparison.Ordinal) ? Name : Name + Unit;

    /// <summary>The key of its value's age.</summary>
    internal string AgeKey => Name + "AgeSeconds";

    internal GaugeLimits Limits => new(DegradedLimit ?? double.NaN, UnhealthyLimit ?? double.NaN);

    internal Gauge Gauge => new(QuantityText, Unit, Direction, nameof(DegradedLimit), nameof(UnhealthyLimit));

    /// <summary>What is wrong with it, as errors of the list that it stands in.</summary>
    internal IEnumerable<OptionError> Validate(string list)
    {
        var where = $"{list}[{Name}]";
        if (Name.Length is < 1 or > 60 || !char.IsAsciiLetterLower(Name[0]) || !Name.All(char.IsAsciiLetterOrDigit))
        {
            yield return new OptionError($"{list}.{nameof(Name)}", Name, "a name in camelCase, of 1 to 60 letters and digits");
        }

        if (SqlStatement.Reject(Statement) is { } wrong)
        {
            yield return new OptionError($"{where}.{nameof(Statement)}", wrong, SqlStatement.Allowed);
        }

        if (MaxRows is < 1 or > 1_000)
        {
            yield return new OptionError($"{where}.{nameof(MaxRows)}", MaxRows, "a whole number from 1 to 1000 (rows)");
        }

        if (Period < TimeSpan.Zero || Period > TimeSpan.FromDays(7))
        {
            yield return new OptionError($"{where}.{nameof(Period)}", Period, "a time from 00:00:00 (each run) to 7.00:00:00");
        }

        foreach (var (property, reason) in new[] { (nameof(Reason), Reason), (nameof(ForecastReason), ForecastReason) })
        {
            if (reason is not null && !IsReason(reason))
            {
                yield return new OptionError($"{where}.{property}", reason, "words of letters with dots between, each beginning in lower case: shop.unpaidInvoices");
            }
        }

        if (ForecastReason is not null && (Direction != GaugeDirection.HighIsBad || (UnhealthyLimit ?? DegradedLimit) is null))
        {
            yield return new OptionError($"{where}.{nameof(ForecastReason)}", ForecastReason, "a forecast where high is bad and a limit is set");
        }

        foreach (var error in Gauge.Validate(DegradedLimit, UnhealthyLimit))
        {
            yield return error with { Property = $"{where}.{error.Property}" };
        }
    }

    private static bool IsReason(string text) => text.Contains('.', StringComparison.Ordinal)
        && Array.TrueForAll(text.Split('.'), part => part.Length > 0 && char.IsAsciiLetterLower(part[0]) && part.All(char.IsAsciiLetter));
}
