namespace HealthKit;

/// <summary>What to do about the reasons that all checks of databases share.</summary>
internal static class SqlRemedies
{
    private static readonly Dictionary<string, string> Shared = new()
    {
        ["auth.rejected"] = "Correct the account or its password, or the server's rules of who may come from where (pg_hba.conf, user@host).",
        ["auth.timeout"] = "The server accepts connections and does not answer: it hangs, is stopped, or has no process left for new ones. Look at it on its host.",
        ["auth.closed"] = "The server ended the connection while logging in: see its log.",
        ["sql.noDatabase"] = "Create the database, or correct its name.",
        ["sql.tooManyConnections"] = "Find who holds the connections, close leaks, lower the pools of the apps or raise the server's limit.",
        ["sql.starting"] = "Wait until the server is up; see its log if that lasts.",
        ["sql.poolExhausted"] = "The app holds all connections of its own pool: find what does not give them back (a missing dispose, a long transaction), or raise the pool's size.",
        ["sql.openFailed"] = "See the text; compare the connection string with one that works, and quote values that hold ';' or '='.",
        ["sql.openTimeout"] = "The driver waited in vain: look whether the server lets anybody in, and whether something in the app does not give its pool's connections back (a missing dispose, a long transaction).",
        ["sql.forbidden"] = "Grant the account the right that the text names.",
        ["sql.failed"] = "See the server's words, and try the statement with the app's account.",
        ["use.broken"] = "Something ends connections: the server was restarted, or something between cuts idle ones.",
        ["sql.factLimit"] = "Look at what the fact counts; its text has the limit.",
        ["sql.factFailed"] = "Try the fact's statement with the app's account.",
        ["sql.factLate"] = "The fact's statement is too slow for the time it is given: give it an index, a longer Period does not help; or raise Deadline.",
        ["network.noWayOut"] = "Look at this machine's own network first: ip addr, ip route, its firewall.",
        ["network.noNames"] = "Look at the name servers in /etc/resolv.conf first.",
    };

    /// <summary>These and those of a kind of database, which go before them.</summary>
    public static Dictionary<string, string> With(Dictionary<string, string> own)
    {
        Dictionary<string, string> all = new(own);
        foreach (var (reason, remedy) in Shared)
        {
            all.TryAdd(reason, remedy);
        }

        return all;
    }
}
