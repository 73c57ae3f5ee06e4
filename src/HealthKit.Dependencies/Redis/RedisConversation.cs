using System.Text;

namespace HealthKit;

/// <summary>What is said to a server in one run: PING, the write probe and INFO, in two writes.</summary>
internal static class RedisConversation
{
    private const int MostRounds = 3;

    /// <summary>Asks.</summary>
    /// <exception cref="StageException">A stage failed: nothing was answered, or nothing that is Redis's.</exception>
    public static async Task<RedisAnswers> AskAsync(StageRun run, RedisOptions options, RedisPlan plan)
    {
        var (answers, wasKept) = await AskOnceAsync(run, options, plan).ConfigureAwait(false);

        // A failover behind one address leaves the kept connection with the server that was the master.
        return wasKept && (answers.Errors.Any(static one => one.Error.Reason == RedisError.ReadOnly) || IsDemoted(options, answers))
            ? (await AskOnceAsync(run, options, plan).ConfigureAwait(false)).Answers
            : answers;
    }

    /// <summary>Whether it is a replica where a master is expected.</summary>
    private static bool IsDemoted(RedisOptions options, RedisAnswers answers) => options.ExpectRole == RedisRole.Master && answers.Info is { IsReplica: true };

    private static async Task<(RedisAnswers Answers, bool WasKept)> AskOnceAsync(StageRun run, RedisOptions options, RedisPlan plan)
    {
        var used = run.TimeOf(Stage.Use) ?? TimeSpan.Zero;
        var (connection, first) = await plan.Client!.BeginAsync(run, plan.First).ConfigureAwait(false);
        var wasKept = connection.IsOld;
        var answers = new RedisAnswers { PingTime = (run.TimeOf(Stage.Use) ?? used) - used };
        Take(answers, "PING", first[0], "PONG");
        var isOpen = options.Writes && Take(answers, "MULTI", first[1], "OK");
        if (answers.Errors is [{ Command: "PING" } ping, ..] && ping.Error.Reason is RedisError.NoAuth)
        {
            throw ping.Error.At(Stage.Authenticate, "PING");
        }

        // A server that refuses PING for another reason than this account's rights is asked why, and not troubled with a write.
        var isWell = answers.Errors.All(static one => one.Error.Reason == RedisError.NoPermission);
        if (isOpen && isWell)
        {
            isOpen = await WriteAsync(run, options, plan, connection, answers).ConfigureAwait(false);
        }
        else if (options.ReadInfo)
        {
            var replies = await connection.SendAsync(run, isOpen ? plan.DiscardAndInfo : plan.Info).ConfigureAwait(false);
            TakeInfo(answers, replies[^1]);
            isOpen &= !replies[0].Is("OK");
        }
        else if (isOpen)
        {
            isOpen = !(await connection.SendAsync(run, plan.Discard).ConfigureAwait(false))[0].Is("OK");
        }

        if (!isOpen && !answers.Errors.Any(static one => one.Error.IsAboutRole) && !IsDemoted(options, answers))
        {
            plan.Client.Keep(run, connection);
        }

        return (answers, wasKept);
    }

    /// <summary>Writes. True when the transaction may be open still.</summary>
    private static async Task<bool> WriteAsync(StageRun run, RedisOptions options, RedisPlan plan, RedisConnection connection, RedisAnswers answers)
    {
        var before = answers.Errors.Count;
        var replies = await connection.SendAsync(run, plan.Write).ConfigureAwait(false);
        var isOpen = !TakeWrite(answers, replies.AsSpan(0, 3));
        if (options.ReadInfo)
        {
            TakeInfo(answers, replies[3]);
        }

        if (IsMoved(replies[0]) && !isOpen)
        {
            // MOVED is all that was wrong; INFO's own trouble stays.
            var info = answers.Errors.Where(static one => one.Command == "INFO").ToList();
            answers.ForgetWriteErrors(before);
            info.ForEach(one => answers.Add(one.Command, one.Error.Text));
            await FindOwnKeyAsync(run, plan, connection, answers).ConfigureAwait(false);
        }

        return isOpen;
    }

    /// <summary>
    /// In a cluster each key belongs to one node, and this check is about one: keys are tried until one is this node's, and that one is kept. Each is a
    /// transaction of its own, so none is left.
    /// </summary>
    private static async Task FindOwnKeyAsync(StageRun run, RedisPlan plan, RedisConnection connection, RedisAnswers answers)
    {
        for (var round = 0; round < MostRounds && answers.Info is not { IsReplica: true }; round++)
        {
            string[] keys = [.. Enumerable.Range(0, RedisPlan.Tries).Select(_ => plan.NewKey())];
            var replies = await connection.SendAsync(run, RedisPlan.Transactions(keys)).ConfigureAwait(false);
            for (var i = 0; i < keys.Length; i++)
            {
                var one = replies.AsMemory(i * 4, 4);
                if (!IsMoved(one.Span[1]))
                {
                    TakeWrite(answers, one.Span[1..]);
                    plan.Key = keys[i];
                    return;
                }
            }
        }

        answers.IsElsewhere = true;
    }

    private static bool IsMoved(in RespValue reply) => reply.IsError && RedisError.Of(reply.Text!).Reason == RedisError.Moved;

    /// <summary>The replies to SET, DEL and EXEC. True when the transaction has ended.</summary>
    private static bool TakeWrite(RedisAnswers answers, ReadOnlySpan<RespValue> replies)
    {
        var good = Take(answers, "SET", replies[0], "QUEUED") & Take(answers, "DEL", replies[1], "QUEUED");
        var exec = replies[2];
        if (exec.IsError)
        {
            answers.Add("EXEC", exec.Text!);
            return RedisError.Of(exec.Text!).Reason != RedisError.NoPermission;
        }

        if (exec.Kind != RespKind.Array || exec.Items.Length != 2)
        {
            throw RedisConnection.Unlike(Stage.Use, "EXEC", exec);
        }

        // Errors that only running shows stand in here.
        var items = exec.Items;
        good &= Take(answers, "SET", items[0], "OK");
        if (items[1].IsError)
        {
            answers.Add("DEL", items[1].Text!);
            good = false;
        }

        answers.Wrote = good;
        return true;
    }

    private static bool Take(RedisAnswers answers, string command, in RespValue reply, string expected)
    {
        if (reply.IsError)
        {
            answers.Add(command, reply.Text!);
            return false;
        }

        return reply.Is(expected) ? true : throw RedisConnection.Unlike(Stage.Use, command, reply);
    }

    private static void TakeInfo(RedisAnswers answers, in RespValue reply)
    {
        if (reply.IsError)
        {
            answers.Add("INFO", reply.Text!);
        }
        else if (!reply.Is("QUEUED"))
        {
            // Queued: EXEC was refused, and so the transaction is open; the error says so.
            answers.Info = RedisInfo.Parse(reply.Bytes) ?? throw RedisConnection.Unlike(Stage.Use, "INFO", reply);
        }
    }

    /// <summary>INFO as text.</summary>
    public static RedisInfo? Info(string? text) => text is null ? null : RedisInfo.Parse(Encoding.UTF8.GetBytes(text));
}
