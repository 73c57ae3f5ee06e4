namespace HealthKit;

/// <summary>What a server answered in one run.</summary>
internal sealed class RedisAnswers
{
    private readonly List<(string Command, RedisError Error)> _errors = [];

    /// <summary>The round trip of PING.</summary>
    public TimeSpan PingTime { get; set; }

    /// <summary>Whether a write was tried and went through.</summary>
    public bool Wrote { get; set; }

    /// <summary>Whether the key belonged to another node of the cluster, whichever was tried.</summary>
    public bool IsElsewhere { get; set; }

    public RedisInfo? Info { get; set; }

    /// <summary>Errors in the order of their commands.</summary>
    public IReadOnlyList<(string Command, RedisError Error)> Errors => _errors;

    /// <summary>
    /// The error that tells most: the first one, EXECABORT only if there is no other, and what this account may not do only if nothing is
    /// wrong with the server.
    /// </summary>
    public (string Command, RedisError Error)? Worst
    {
        get
        {
            (string Command, RedisError Error)? worst = null;
            foreach (var one in _errors)
            {
                if (worst is null || Rank(one.Error) < Rank(worst.Value.Error))
                {
                    worst = one;
                }
            }

            return worst;

            static int Rank(RedisError error) => error.Reason switch
            {
                "redis.execAborted" => 3,
                RedisError.UnknownCommand => 2,
                RedisError.NoPermission => 1,
                _ => 0,
            };
        }
    }

    public void Add(string command, string error) => _errors.Add((command, RedisError.Of(error)));

    public void ForgetWriteErrors(int from) => _errors.RemoveRange(from, _errors.Count - from);
}
