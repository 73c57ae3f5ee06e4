namespace HealthKit;

/// <summary>What a reply of Redis is (the Redis serialization protocol, RESP2 and RESP3).</summary>
internal enum RespKind : byte
{
    Null,

    /// <summary>A short text: <c>OK</c>.</summary>
    Simple,

    /// <summary>Bytes of known length; verbatim text too, without the mark of its format.</summary>
    Bulk,

    Error,
    Integer,
    Double,
    Boolean,
    BigNumber,
    Array,

    /// <summary>Keys and values in turns.</summary>
    Map,

    Set,

    /// <summary>What the server says unasked. As a reply of its own it is passed over.</summary>
    Push,
}
