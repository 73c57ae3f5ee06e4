using System.Security.Cryptography;

namespace HealthKit;

/// <summary>Options as runs need them, and what goes from one run to the next.</summary>
internal sealed class RedisPlan
{
    private const string LivesMilliseconds = "5000";

    private string _key = "";

    /// <summary>How many keys are tried at once to find one of this node.</summary>
    public const int Tries = 16;

    public RedisPlan(RedisOptions options, Redactor redactor, TimeProvider time, RedisPlan? before)
    {
        Options = options;
        if (options.Execute is null)
        {
            var endpoint = RedisEndpoint.TryParse(options.ConnectionString)!;
            endpoint.HideIn(redactor);
            Client = new RedisClient(endpoint, CertificatePins.Parse(options.PinnedSha256));
            User = ForeignText.Shown(endpoint.User ?? "default", 80);
        }

        // Limits that changed are no reason to forget what the server was.
        History = before is not null && before.Client?.Endpoint.Target == Client?.Endpoint.Target ? before.History : new RedisHistory(time);
        Key = NewKey();
        First = options.Writes ? new RespRequest(["PING"], ["MULTI"]) : new RespRequest(["PING"]);
    }

    public RedisOptions Options { get; }

    /// <summary>Null where the app's own client is asked.</summary>
    public RedisClient? Client { get; }

    /// <summary>The account, as advice names it.</summary>
    public string User { get; } = "<user>";

    public RedisHistory History { get; }

    /// <summary>PING, and where a write is tried, what it begins with: nothing of it is sent before the server has said that it is a transaction.</summary>
    public RespRequest First { get; }

    public RespRequest Info { get; } = new(["INFO"]);

    public RespRequest DiscardAndInfo { get; } = new(["DISCARD"], ["INFO"]);

    public RespRequest Discard { get; } = new(["DISCARD"]);

    /// <summary>The key that is written. In a cluster another one may take its place, which belongs to the node.</summary>
    public string Key
    {
        get => Volatile.Read(ref _key);
        set
        {
            Volatile.Write(ref _key, value);
            Write = Options.ReadInfo ? new RespRequest(SetOf(value), DelOf(value), ["EXEC"], ["INFO"]) : new RespRequest(SetOf(value), DelOf(value), ["EXEC"]);
        }
    }

    /// <summary>The rest of the transaction, and INFO.</summary>
    public RespRequest Write { get; private set; } = null!;

    public string NewKey() => Options.KeyPrefix + RandomNumberGenerator.GetHexString(12, lowercase: true);

    /// <summary>Whole transactions, each with a key of its own.</summary>
    public static RespRequest Transactions(IReadOnlyList<string> keys) =>
        new([.. keys.SelectMany(static key => new string[][] { ["MULTI"], SetOf(key), DelOf(key), ["EXEC"] })]);

    /// <summary>It goes away by itself too.</summary>
    public static string[] SetOf(string key) => ["SET", key, "1", "PX", LivesMilliseconds];

    public static string[] DelOf(string key) => ["DEL", key];
}
