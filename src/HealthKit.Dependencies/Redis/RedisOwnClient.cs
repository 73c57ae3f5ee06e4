using Microsoft.Extensions.DependencyInjection;

namespace HealthKit;

/// <summary>The same questions, put through the app's own client.</summary>
internal static class RedisOwnClient
{
    /// <summary>INFO is some KiB; what is longer is none.</summary>
    private const int LongestInfo = 1 << 20;

    /// <summary>Asks.</summary>
    /// <exception cref="StageException">The client gave no answer, or none of Redis's.</exception>
    public static async Task<RedisAnswers> AskAsync(StageRun run, RedisOptions options, string key, IServiceScopeFactory scopes)
    {
        await using var scope = scopes.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var answers = new RedisAnswers();
        var pong = await DoAsync(["PING"]).ConfigureAwait(false);
        answers.PingTime = run.TimeOf(Stage.Use) ?? TimeSpan.Zero;
        if (pong is not (null or "PONG"))
        {
            throw Unlike("PING", pong);
        }

        if (options.Writes && answers.Errors.All(static one => one.Error.Reason == RedisError.NoPermission))
        {
            // A client that many share has no transactions of a single caller: so the key's short life is what makes sure that nothing is left.
            var set = await DoAsync(RedisPlan.SetOf(key)).ConfigureAwait(false);
            if (set is not (null or "OK"))
            {
                throw Unlike("SET", set);
            }

            var deleted = set is null ? null : await DoAsync(RedisPlan.DelOf(key)).ConfigureAwait(false);
            answers.Wrote = deleted is not null;
        }

        if (options.ReadInfo && await DoAsync(["INFO"]).ConfigureAwait(false) is { } info)
        {
            answers.Info = (info.Length <= LongestInfo ? RedisConversation.Info(info) : null) ?? throw Unlike("INFO", info);
        }

        return answers;

        // The reply as text; null when it was an error of the server.
        async Task<string?> DoAsync(string[] command)
        {
            try
            {
                var reply = await run.DoAsync(Stage.Use, token => options.Execute!(services, command, token)).ConfigureAwait(false);
                return reply ?? "";
            }
            catch (Exception e) when (e is not StageException && !run.Token.IsCancellationRequested)
            {
                if (ServerError(e) is not { } error)
                {
                    throw new StageException(Stage.Use, "redis.client", $"the app's own client did not get {command[0]} through: {ForeignText.Shown(services.GetService<Redactor>()?.Redact(e.Message) ?? e.Message)}", e);
                }

                if (RedisError.Of(error) is { Reason: RedisError.NoAuth or RedisError.Rejected } about)
                {
                    throw about.At(Stage.Authenticate, command[0]);
                }

                answers.Add(command[0], error);
                return null;
            }
        }
    }

    /// <summary>The server's own words, which clients make their exception's message: they begin with a code in capitals. Null: it is the client's.</summary>
    private static string? ServerError(Exception error)
    {
        for (var e = error; e is not null; e = e.InnerException)
        {
            var end = e.Message.IndexOf(' ', StringComparison.Ordinal);
            if (end > 1 && e.Message.AsSpan(0, end).IndexOfAnyExceptInRange('A', 'Z') < 0)
            {
                return e.Message;
            }
        }

        return null;
    }

    private static StageException Unlike(string command, string reply) =>
        new(Stage.Use, RespException.NotRedis, $"the app's own client gave '{ForeignText.Shown(reply, 80)}' for {command}, which is not what Redis answers");
}
