using System.Data.Common;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit;

/// <summary>
/// What every check of a database can be told: how a connection is got, and what is asked. In code the connection is an argument of <c>Add…Check</c>; in
/// configuration it is <see cref="DataSource"/>, or <see cref="Provider"/> with <see cref="ConnectionString"/>.
/// </summary>
public abstract class DatabaseOptions : DependencyOptions
{
    /// <summary>The name of the data source that is registered without a key.</summary>
    internal const string UnkeyedName = "default";

    private protected DatabaseOptions()
    {
    }

    /// <summary>
    /// The key under which the app registered a <see cref="DbDataSource"/>; <c>default</c> is the one without a key. Its connections are borrowed from the
    /// app's own pool at each run.
    /// </summary>
    public string? DataSource { get; set; }

    /// <summary>The invariant name under which a driver is registered (<see cref="DbProviderFactories.RegisterFactory(string, DbProviderFactory)"/>), such as <c>Npgsql</c>.</summary>
    public string? Provider { get; set; }

    /// <summary>A connection string for <see cref="Provider"/>. In configuration also the name of an entry under <c>ConnectionStrings</c>.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>The statement that shows that the database can be used: one read-only statement, at most 16,384 characters. Its answer does not matter.</summary>
    public string Statement { get; set; } = "SELECT 1";

    /// <summary>Facts of the app's own about the database, beside those of the check. Set in code.</summary>
    public IList<SqlFact> Facts { get; } = [];

    /// <summary>A data source given in code.</summary>
    internal Func<IServiceProvider, DbDataSource>? SourceOf { get; set; }

    /// <summary>A data source given as such in code.</summary>
    internal DbDataSource? Source { get; set; }

    /// <summary>A factory of connections given in code.</summary>
    internal Func<IServiceProvider, DbConnection>? ConnectionOf { get; set; }

    /// <summary>The keys that results have already: of facts of the check's own, and of what it measures without one.</summary>
    private protected virtual IReadOnlyList<string> OwnKeys => [];

    /// <summary>The names of facts of the check's own.</summary>
    private protected virtual IReadOnlyList<string> OwnFacts => [];

    private bool IsGivenInCode => SourceOf is not null || Source is not null || ConnectionOf is not null;

    /// <summary>What is wrong with what all checks of databases share.</summary>
    internal IEnumerable<OptionError> ValidateDatabase()
    {
        foreach (var error in ValidateCommon())
        {
            yield return error;
        }

        foreach (var (property, text) in new[] { (nameof(DataSource), DataSource), (nameof(Provider), Provider) })
        {
            if (text is not null && (string.IsNullOrWhiteSpace(text) || text.Any(char.IsControl)))
            {
                yield return new OptionError(property, text, property == nameof(DataSource)
                    ? $"the key of a registered DbDataSource, or {UnkeyedName}"
                    : "the invariant name of a registered DbProviderFactory");
            }
        }

        if (ConnectionString is not null && (string.IsNullOrWhiteSpace(ConnectionString) || ConnectionString.Any(char.IsControl)))
        {
            yield return new OptionError(nameof(ConnectionString), Hidden(ConnectionString), "a connection string");
        }

        if (IsGivenInCode)
        {
            // What configuration names goes before it.
        }
        else if (DataSource is null && Provider is null)
        {
            yield return new OptionError(
                nameof(DataSource),
                null,
                $"either {nameof(DataSource)}, the key of a DbDataSource that the app registers (AddKeyedSingleton<DbDataSource>; {UnkeyedName} for the one without a key), "
                + $"or {nameof(Provider)}, the invariant name of a DbProviderFactory (DbProviderFactories.RegisterFactory), with {nameof(ConnectionString)}");
        }

        if (DataSource is not null && Provider is not null)
        {
            yield return new OptionError(nameof(Provider), Provider, $"{nameof(DataSource)} or {nameof(Provider)}, not both");
        }

        if (Provider is not null && ConnectionString is null)
        {
            yield return new OptionError(nameof(ConnectionString), null, $"with {nameof(Provider)}, a connection string; in configuration also the name of one under ConnectionStrings");
        }
        else if (Provider is null && ConnectionString is not null)
        {
            yield return new OptionError(nameof(Provider), null, $"with {nameof(ConnectionString)}, the invariant name of a registered DbProviderFactory");
        }

        if (SqlStatement.Reject(Statement) is { } wrong)
        {
            yield return new OptionError(nameof(Statement), wrong, SqlStatement.Allowed);
        }

        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        HashSet<string> keys = new([.. StageKeys, .. OwnKeys, .. OwnFacts.Select(static name => name + "AgeSeconds")], StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < Facts.Count; i++)
        {
            if (Facts[i] is not { } fact)
            {
                yield return new OptionError(string.Create(CultureInfo.InvariantCulture, $"{nameof(Facts)}[{i}]"), null, "a SqlFact");
                continue;
            }

            foreach (var error in fact.Validate(nameof(Facts)))
            {
                yield return error;
            }

            if (!names.Add(fact.Name))
            {
                yield return new OptionError(nameof(Facts), fact.Name, "each name once");
            }
            else if (OwnFacts.Contains(fact.Name, StringComparer.OrdinalIgnoreCase))
            {
                yield return new OptionError(nameof(Facts), fact.Name, $"a name that no fact of the check itself has ({string.Join(", ", OwnFacts)})");
            }
            else if (!keys.Add(fact.Key) || !keys.Add(fact.AgeKey))
            {
                yield return new OptionError(nameof(Facts), fact.Name, $"a name whose key in the data ({fact.Key}, {fact.AgeKey}) nothing else has");
            }
        }
    }

    /// <summary>What is wrong in an app with these services: what is named and is not there. Nothing is made.</summary>
    internal IEnumerable<OptionError> ValidateServices(IServiceProvider services)
    {
        if (DataSource is { } key && !HasSource(services, key))
        {
            var keys = services.GetService<RegisteredDataSources>()?.Keys ?? [];
            yield return new OptionError(
                nameof(DataSource),
                key,
                $"the key of a DbDataSource that the app registers (AddKeyedSingleton<DbDataSource>), or {UnkeyedName} for the one without a key; "
                + (keys.Count == 0 ? "none is registered" : $"registered: {string.Join(", ", keys)}"));
        }

        if (Provider is { } provider && !DbProviderFactories.TryGetFactory(provider, out _))
        {
            var names = DbProviderFactories.GetProviderInvariantNames().Order(StringComparer.Ordinal).ToList();
            yield return new OptionError(
                nameof(Provider),
                provider,
                "the invariant name of a DbProviderFactory, registered before the app starts (DbProviderFactories.RegisterFactory); "
                + (names.Count == 0 ? "none is registered" : $"registered: {string.Join(", ", names)}"));
        }

        if (ConnectionString is { } text && !text.Contains('=', StringComparison.Ordinal))
        {
            yield return new OptionError(nameof(ConnectionString), Hidden(text), "a connection string (key=value;…); in configuration also the name of one under ConnectionStrings");
        }
        else if (Provider is { } named && DbProviderFactories.TryGetFactory(named, out var factory) && ConnectionString is { } given && !CanRead(factory, given))
        {
            yield return new OptionError(nameof(ConnectionString), Hidden(given), $"a connection string that can be read by {named}; quote values that hold ';' or '='");
        }
    }

    private static bool CanRead(DbProviderFactory factory, string text)
    {
        try
        {
            (factory.CreateConnectionStringBuilder() ?? new DbConnectionStringBuilder()).ConnectionString = text;
            return true;
        }
        catch (Exception)
        {
            // Each driver throws what it likes, with parts of the text in its words.
            return false;
        }
    }

    private static readonly string[] StageKeys = [.. Enum.GetValues<Stage>().Select(static stage => stage.Reading())];

    private static bool HasSource(IServiceProvider services, string key)
    {
        if (services.GetService<IServiceProviderIsService>() is not { } isService)
        {
            // Another container: it can only be asked for the thing itself.
            return services.GetKeyedService<DbDataSource>(key) is not null || (key == UnkeyedName && services.GetService<DbDataSource>() is not null);
        }

        return (isService is IServiceProviderIsKeyedService keyed && keyed.IsKeyedService(typeof(DbDataSource), key))
            || (key == UnkeyedName && isService.IsService(typeof(DbDataSource)));
    }

    /// <summary>What was to be a connection string or its name, as far as it can be shown: it may hold a password.</summary>
    private static string? Hidden(string text) => string.IsNullOrWhiteSpace(text)
        ? text
        : string.Create(CultureInfo.InvariantCulture, $"*** ({text.Length} characters, not shown because they may hold a password)");
}
