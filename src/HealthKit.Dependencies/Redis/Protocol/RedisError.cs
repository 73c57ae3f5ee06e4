namespace HealthKit;

/// <summary>What an error of Redis means.</summary>
/// <param name="Reason">The stable code.</param>
/// <param name="Text">What the server said, in one bounded line.</param>
internal readonly record struct RedisError(string Reason, string Text)
{
    /// <summary>The account may not do that: nothing is wrong with the server.</summary>
    public const string NoPermission = "redis.noPermission";

    public const string NoAuth = "redis.noAuth";

    public const string Rejected = "auth.rejected";

    public const string Moved = "redis.moved";

    public const string UnknownCommand = "redis.unknownCommand";

    public const string ReadOnly = "redis.write.readOnly";

    /// <summary>Whether the server has another role than it had, or none yet: the same address may lead to another one by now.</summary>
    public bool IsAboutRole => Reason is ReadOnly or "redis.masterDown" or "redis.loading";

    /// <summary>Reads an error, as a reply or as the message of a client's exception has it: the first word is its code.</summary>
    public static RedisError Of(string message)
    {
        var text = ForeignText.Shown(message, 300).TrimEnd('.');
        var end = message.IndexOf(' ', StringComparison.Ordinal);
        return new RedisError(ReasonOf(end < 0 ? message : message[..end], message), text);
    }

    /// <summary>The failure of a stage.</summary>
    /// <param name="stage">The stage. What is about who we are belongs to another one, and says so.</param>
    /// <param name="what">What was refused: <c>PING</c>.</param>
    public StageException At(Stage stage, string what) =>
        new(Reason is NoAuth or Rejected ? Stage.Authenticate : stage, Reason, $"{what} was answered by: {Text}") { Answered = true };

    /// <summary>
    /// The failure to log in, in our own words: servers and proxies that do not know AUTH repeat the beginnings of its arguments
    /// (<c>ERR unknown command 'AUTH', with args beginning with: …</c>).
    /// </summary>
    public StageException AtAuth() => new(Stage.Authenticate, Reason, Reason switch
    {
        Rejected when Text.Contains("without any password", StringComparison.Ordinal) || Text.Contains("no password is set", StringComparison.Ordinal) =>
            "a password was given, and the server has none for the user default",
        Rejected => "it does not take this user and password, or the user is switched off",
        UnknownCommand => "it does not know AUTH",
        "redis.maxClients" => "it has as many clients as it takes (maxclients)",
        "redis.loading" => "it is loading its data",
        "redis.protectedMode" => "it is in protected mode, and takes no one but its own machine",
        _ => "AUTH was answered by an error, which is not shown because it may repeat the password",
    }) { Answered = true };

    private static string ReasonOf(string code, string message) => code switch
    {
        "OOM" => "redis.write.oom",
        "MISCONF" => "redis.write.misconf",
        "READONLY" => ReadOnly,
        "NOREPLICAS" => "redis.write.noReplicas",
        "LOADING" => "redis.loading",
        "MASTERDOWN" => "redis.masterDown",
        "NOAUTH" => NoAuth,
        "WRONGPASS" => Rejected,
        "NOPERM" => NoPermission,
        "CLUSTERDOWN" => "redis.clusterDown",
        "MOVED" or "ASK" => Moved,
        "CROSSSLOT" => "redis.crossSlot",
        "EXECABORT" => "redis.execAborted",
        "BUSY" => "redis.busy",
        "DENIED" => "redis.protectedMode",
        _ => ReasonOfWords(message),
    };

    private static string ReasonOfWords(string message) => message switch
    {
        _ when Has(message, "max number of clients") => "redis.maxClients",

        // Before Redis 6, and where a password is sent that nobody set.
        _ when Has(message, "ERR invalid password") || Has(message, "ERR AUTH ") || Has(message, "Client sent AUTH") || Has(message, "for 'auth' command") => Rejected,
        _ when Has(message, "DB index") || Has(message, "SELECT is not allowed") => "redis.database",
        _ when Has(message, "unknown command") => UnknownCommand,

        // What a script ran into.
        _ when Has(message, "OOM command not allowed") => "redis.write.oom",
        _ => "redis.error",
    };

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.Ordinal);
}
