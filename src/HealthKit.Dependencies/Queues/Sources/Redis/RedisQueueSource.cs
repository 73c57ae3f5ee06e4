namespace HealthKit;

/// <summary>A queue in a Redis server. Looks are commands that read, few, and of bounded cost whatever is in the queue.</summary>
internal abstract class RedisQueueSource : StagedQueueSource, IDisposable
{
    /// <summary>The oldest entry of a queue is read whole, where its age stands in it.</summary>
    private static readonly RespLimits Limits = new(ReplyBytes: 4 << 20);

    private readonly string _what;

    /// <param name="connectionString">The server.</param>
    /// <param name="what">What is looked at there, in words: <c>list jobs</c>.</param>
    /// <exception cref="ArgumentException">The connection names no server.</exception>
    protected RedisQueueSource(string connectionString, string what)
    {
        ArgumentNullException.ThrowIfNull(connectionString);

        // It is not shown: it may hold a password.
        var endpoint = RedisEndpoint.TryParse(connectionString) ?? throw new ArgumentException($"The connection names no Redis server; allowed: {RedisEndpoint.Allowed}", nameof(connectionString));
        Client = new RedisClient(endpoint, limits: Limits);
        _what = what;
    }

    public override string Target => field ??= $"{Client.Endpoint.Target} {_what}";

    public override string? Host => Client.Endpoint.Host;

    /// <summary>What the account must be allowed beside logging in, as ACL SETUSER has it.</summary>
    protected abstract string Rights { get; }

    protected RedisClient Client { get; }

    public override void HideIn(Redactor redactor) => Client.Endpoint.HideIn(redactor);

    public void Dispose() => Client.Dispose();

    /// <summary>A reply that is no error.</summary>
    /// <exception cref="StageException">It is one.</exception>
    protected RespValue Good(RespValue reply, string command)
    {
        if (!reply.IsError)
        {
            return reply;
        }

        var text = reply.Text!;
        if (text.StartsWith("WRONGTYPE", StringComparison.Ordinal))
        {
            throw new StageException(Stage.Use, "queue.wrongType", $"another kind of thing is there: {command} was answered by: {ForeignText.Shown(text)}") { Answered = true };
        }

        var error = RedisError.Of(text);
        throw error.Reason == RedisError.NoPermission
            ? new StageException(Stage.Use, error.Reason, $"{command} was answered by: {error.Text}; a look needs {Rights}") { Answered = true }
            : error.At(Stage.Use, command);
    }

    /// <summary>A reply that is a number of things.</summary>
    /// <exception cref="StageException">It is an error, or no such number.</exception>
    protected long Count(RespValue reply, string command) => Good(reply, command).Integer is { } number and >= 0 ? number : throw Unlike(command, reply);

    protected static StageException Unlike(string command, RespValue reply) => RedisConnection.Unlike(Stage.Use, command, reply);
}
