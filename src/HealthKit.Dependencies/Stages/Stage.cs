namespace HealthKit;

/// <summary>How far it got: the stages that every dependency goes through, in their order, as far as it has them.</summary>
internal enum Stage
{
    /// <summary>The name becomes addresses.</summary>
    Resolve,

    /// <summary>The connection to one of them stands.</summary>
    Connect,

    /// <summary>The other side has shown its certificate, and what is said from here on is encrypted.</summary>
    Tls,

    /// <summary>It knows who we are, and lets us in.</summary>
    Authenticate,

    /// <summary>It does what it is there for.</summary>
    Use,
}

/// <summary>The words of stages.</summary>
internal static class Stages
{
    public const int Count = 5;

    /// <summary>As texts and data say it.</summary>
    public static string Name(this Stage stage) => stage switch
    {
        Stage.Resolve => "resolve",
        Stage.Connect => "connect",
        Stage.Tls => "tls",
        Stage.Authenticate => "authenticate",
        _ => "use",
    };

    /// <summary>What is done there, as a sentence says it: failed to …</summary>
    public static string Doing(this Stage stage) => stage switch
    {
        Stage.Tls => "start TLS",
        Stage.Use => "use it",
        _ => stage.Name(),
    };

    /// <summary>As reasons begin: <c>dns.timeout</c>, <c>tcp.slow</c>.</summary>
    public static string Prefix(this Stage stage) => stage switch
    {
        Stage.Resolve => "dns",
        Stage.Connect => "tcp",
        Stage.Tls => "tls",
        Stage.Authenticate => "auth",
        _ => "use",
    };

    /// <summary>The reading of its time.</summary>
    public static string Reading(this Stage stage) => stage switch
    {
        Stage.Resolve => "resolveSeconds",
        Stage.Connect => "connectSeconds",
        Stage.Tls => "tlsSeconds",
        Stage.Authenticate => "authenticateSeconds",
        _ => "useSeconds",
    };
}
