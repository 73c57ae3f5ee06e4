namespace HealthKit;

/// <summary>What a body is.</summary>
internal enum BodyFormat
{
    /// <summary><c>text/plain</c>: one word for probes.</summary>
    Word,

    /// <summary><c>application/json</c>: the HealthChecks UI contract.</summary>
    Json,

    /// <summary><c>text/plain</c>: a table for people.</summary>
    Table,
}
