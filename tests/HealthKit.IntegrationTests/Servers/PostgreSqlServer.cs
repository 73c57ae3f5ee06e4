using System.Globalization;
using Npgsql;

namespace HealthKit.IntegrationTests;

/// <summary>A real PostgreSQL on a free loopback port, in a temporary directory. PostgreSQL refuses root, so it runs as postgres.</summary>
public sealed class PostgreSqlServer : IDisposable
{
    /// <summary>The password of every account, which no result may show.</summary>
    public const string Password = "hunter2-postgres";

    private static readonly string[] AsPostgres = ["--reuid=postgres", "--regid=postgres", "--clear-groups"];

    private readonly string _directory;
    private readonly string[] _settings;
    private ChildProcess? _process;

    /// <param name="settings">Settings as postgres takes them: <c>max_connections=10</c>.</param>
    public PostgreSqlServer(params string[] settings)
        : this(Initialize(), settings)
    {
    }

    private PostgreSqlServer(string directory, string[] settings)
    {
        (_directory, _settings) = (directory, settings);
        Port = LoopbackPort.Free();
        try
        {
            Start();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Port { get; }

    private string Data => $"{_directory}/data";

    /// <summary>A standby of another one, made by pg_basebackup.</summary>
    public static PostgreSqlServer StandbyOf(PostgreSqlServer primary, params string[] settings)
    {
        var directory = NewDirectory();
        AsServer(
            "pg_basebackup", "-D", $"{directory}/data", "-R", "--no-sync", "-X", "stream", "-c", "fast",
            "-d", string.Create(CultureInfo.InvariantCulture, $"host=127.0.0.1 port={primary.Port} user=postgres password={Password} application_name=standby1"));
        return new PostgreSqlServer(directory, settings);
    }

    /// <summary>The connection string of an account.</summary>
    public string For(string user = "postgres", string database = "postgres", string? password = null, string more = "") => string.Create(
        CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={Port};Username={user};Password={password ?? Password};Database={database};{more}");

    /// <summary>Does something as the superuser.</summary>
    public object? Do(string sql, string database = "postgres")
    {
        using var connection = new NpgsqlConnection(For(database: database, more: "Pooling=false"));
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        return command.ExecuteScalar();
    }

    public void Start()
    {
        _process = ChildProcess.Start(
            "setpriv",
            [.. AsPostgres, "/usr/lib/postgresql/15/bin/postgres", "-D", Data, "-h", "127.0.0.1", "-p", $"{Port}", "-k", _directory, "-F", .. _settings.SelectMany(setting => new[] { "-c", setting })]);
        Eventually.TrueAsync(TryAsync, "PostgreSQL answers", TimeSpan.FromSeconds(30), () => _process.Errors).GetAwaiter().GetResult();
    }

    /// <summary>SIGINT: a fast shutdown, which ends all connections.</summary>
    public void Stop()
    {
        if (_process is { HasExited: false } process)
        {
            process.Signal(2);
            process.WaitForExit(TimeSpan.FromSeconds(30));
        }

        _process?.Dispose();
        _process = null;
    }

    /// <summary>SIGSTOP for the server and all its processes.</summary>
    public void Freeze() => SignalAll("STOP");

    public void Thaw() => SignalAll("CONT");

    public void Dispose()
    {
        if (_process is not null)
        {
            Thaw();
        }

        _process?.Dispose();
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private static string Initialize()
    {
        var directory = NewDirectory();
        File.WriteAllText($"{directory}/pw", Password);
        Tool.Run("chown", "postgres:postgres", $"{directory}/pw");
        AsServer("initdb", "-D", $"{directory}/data", "-U", "postgres", "-A", "scram-sha-256", $"--pwfile={directory}/pw", "--no-sync", "-E", "UTF8", "--locale=C");
        return directory;
    }

    private static string NewDirectory()
    {
        var directory = Directory.CreateTempSubdirectory("hk-postgres-").FullName;
        Tool.Run("chown", "postgres:postgres", directory);
        return directory;
    }

    private static void AsServer(string program, params string[] arguments) => Tool.Run("setpriv", [.. AsPostgres, $"/usr/lib/postgresql/15/bin/{program}", .. arguments]);

    private void SignalAll(string signal) =>
        Tool.TryRun("sh", "-c", $"kill -{signal} {_process!.Id} $(pgrep -P {_process.Id})");

    private async Task<bool> TryAsync()
    {
        Assert.False(_process!.HasExited, _process.Errors);
        try
        {
            await using var connection = new NpgsqlConnection(For(more: "Pooling=false;Timeout=2"));
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
