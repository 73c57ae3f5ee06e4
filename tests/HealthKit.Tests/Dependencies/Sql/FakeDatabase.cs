using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

namespace HealthKit.Tests.Dependencies;

/// <summary>A server behind a driver that does what a test says. A connection string names it: <c>Host=127.0.0.1;Port=1;Fake=name</c>.</summary>
internal sealed class FakeServer
{
    private static readonly ConcurrentDictionary<string, FakeServer> ByName = new();
    private int _opened;
    private int _open;

    static FakeServer() => DbProviderFactories.RegisterFactory(Provider, FakeFactory.Instance);

    public FakeServer(string? name = null)
    {
        Name = name ?? Guid.NewGuid().ToString("N");
        ByName[Name] = this;
    }

    /// <summary>The invariant name of the driver.</summary>
    public const string Provider = "HealthKit.Tests.Fake";

    public string Name { get; }

    public string ConnectionString => $"Host=127.0.0.1;Port=1;Database=shop;Username=app;Password=hunter2hunter2;Pooling=true;Fake={Name}";

    public Func<CancellationToken, Task> OnOpen { get; set; } = static _ => Task.CompletedTask;

    public Action OnClose { get; set; } = static () => { };

    /// <summary>Gives the columns' names and the rows; null for one row that says 1.</summary>
    public Func<string, CancellationToken, Task<object?[][]?>> OnStatement { get; set; } = static (_, _) => Task.FromResult<object?[][]?>(null);

    /// <summary>The columns' names; null for names without meaning.</summary>
    public Func<string, string[]?> OnColumns { get; set; } = static _ => null;

    /// <summary>Every statement, in order.</summary>
    public ConcurrentQueue<string> Statements { get; } = new();

    /// <summary>The connection strings of connections that were opened.</summary>
    public ConcurrentQueue<string> OpenedWith { get; } = new();

    /// <summary>Whether each next statement finds its connection dead.</summary>
    public bool KillNext { get; set; }

    public int Opened => Volatile.Read(ref _opened);

    public int Open => Volatile.Read(ref _open);

    public static FakeServer Find(string connectionString) =>
        ByName[(string)new DbConnectionStringBuilder { ConnectionString = connectionString }["Fake"]];

    public static void Register()
    {
        // The static constructor did.
    }

    /// <summary>Answers some statements, by a part of their text, with one row each.</summary>
    public FakeServer Answer(params (string Part, object?[] Row)[] answers)
    {
        OnStatement = (statement, _) => Task.FromResult(
            Array.Find(answers, answer => statement.Contains(answer.Part, StringComparison.Ordinal)) is { Part: not null } found ? new[] { found.Row } : null);
        return this;
    }

    public SqlOptions Options(params SqlFact[] facts)
    {
        var options = new SqlOptions { Provider = Provider, ConnectionString = ConnectionString };
        foreach (var fact in facts)
        {
            options.Facts.Add(fact);
        }

        Assert.Empty(options.Validate());
        return options;
    }

    internal void CountOpen(string with)
    {
        Interlocked.Increment(ref _opened);
        Interlocked.Increment(ref _open);
        OpenedWith.Enqueue(with);
    }

    internal void CountClose() => Interlocked.Decrement(ref _open);
}

internal sealed class FakeException(string message, string? state = null, int? number = null, Exception? inner = null) : DbException(message, inner)
{
    public override string? SqlState => state;

    public override System.Collections.IDictionary Data { get; } = number is { } known ? new Dictionary<string, object> { ["Server Error Code"] = known } : new Dictionary<string, object>();
}

internal sealed class FakeFactory : DbProviderFactory
{
    public static readonly FakeFactory Instance = new();

    public override DbConnection CreateConnection() => new FakeConnection();

    public override DbConnectionStringBuilder CreateConnectionStringBuilder() => new();
}

internal sealed class FakeDataSource(string connectionString) : DbDataSource
{
    public override string ConnectionString { get; } = connectionString;

    protected override DbConnection CreateDbConnection() => new FakeConnection { ConnectionString = ConnectionString };
}

internal class FakeConnection : DbConnection
{
    private ConnectionState _state;

    [AllowNull]
    public override string ConnectionString { get; set; } = "";

    public override string Database => "";

    public override string DataSource => "";

    public override string ServerVersion => "1";

    public override ConnectionState State => _state;

    public FakeServer Server => FakeServer.Find(ConnectionString);

    public override async Task OpenAsync(CancellationToken cancellationToken)
    {
        await Server.OnOpen(cancellationToken);
        _state = ConnectionState.Open;
        Server.CountOpen(ConnectionString);
    }

    public override void Open() => OpenAsync(CancellationToken.None).GetAwaiter().GetResult();

    public override void Close()
    {
        if (_state == ConnectionState.Open)
        {
            Server.OnClose();
            Server.CountClose();
        }

        _state = ConnectionState.Closed;
    }

    public void Break()
    {
        Close();
        _state = ConnectionState.Broken;
    }

    public override void ChangeDatabase(string databaseName) => throw new NotSupportedException();

    protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => throw new NotSupportedException();

    protected override DbCommand CreateDbCommand() => new FakeCommand { Connection = this };

    protected override void Dispose(bool disposing)
    {
        Close();
        base.Dispose(disposing);
    }
}

internal sealed class FakeCommand : DbCommand
{
    [AllowNull]
    public override string CommandText { get; set; } = "";

    public override int CommandTimeout { get; set; }

    public override CommandType CommandType { get; set; }

    public override bool DesignTimeVisible { get; set; }

    public override UpdateRowSource UpdatedRowSource { get; set; }

    protected override DbConnection? DbConnection { get; set; }

    protected override DbParameterCollection DbParameterCollection => throw new NotSupportedException();

    protected override DbTransaction? DbTransaction { get; set; }

    public override void Cancel()
    {
    }

    public override int ExecuteNonQuery() => throw new NotSupportedException();

    public override object? ExecuteScalar() => throw new NotSupportedException();

    public override void Prepare()
    {
    }

    protected override DbParameter CreateDbParameter() => throw new NotSupportedException();

    protected override DbDataReader ExecuteDbDataReader(CommandBehavior behavior) => throw new NotSupportedException();

    public override async Task<int> ExecuteNonQueryAsync(CancellationToken cancellationToken)
    {
        await AnswerAsync(cancellationToken);
        return 0;
    }

    protected override async Task<DbDataReader> ExecuteDbDataReaderAsync(CommandBehavior behavior, CancellationToken cancellationToken)
    {
        var rows = await AnswerAsync(cancellationToken) ?? [[1]];
        var table = new DataTable();
        var names = ((FakeConnection)DbConnection!).Server.OnColumns(CommandText);
        for (var i = 0; i < (rows.Length == 0 ? 1 : rows[0].Length); i++)
        {
            table.Columns.Add(names?[i] ?? $"c{i}", typeof(object));
        }

        foreach (var row in rows)
        {
            table.Rows.Add([.. row.Select(value => value ?? DBNull.Value)]);
        }

        return table.CreateDataReader();
    }

    private async Task<object?[][]?> AnswerAsync(CancellationToken token)
    {
        var connection = (FakeConnection)DbConnection!;
        var server = connection.Server;
        server.Statements.Enqueue(CommandText);
        if (server.KillNext)
        {
            server.KillNext = false;
            connection.Break();
            throw new FakeException("broken", inner: new IOException("the other side has closed it"));
        }

        return await server.OnStatement(CommandText, token);
    }
}
