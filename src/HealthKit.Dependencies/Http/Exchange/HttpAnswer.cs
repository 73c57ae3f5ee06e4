namespace HealthKit;

/// <summary>How a body ended.</summary>
internal enum BodyEnd
{
    /// <summary>As its length or its last chunk says.</summary>
    Whole,

    /// <summary>It is larger than what is taken.</summary>
    TooLarge,

    /// <summary>The connection was closed before its end.</summary>
    Closed,

    /// <summary>The connection was reset before its end.</summary>
    Reset,

    /// <summary>Its chunks are none.</summary>
    Garbled,
}

/// <summary>An answer that came over HTTP; redirects have been followed.</summary>
internal sealed class HttpAnswer
{
    /// <summary>Where it came from at last.</summary>
    public required Uri Url { get; init; }

    public required int Status { get; init; }

    public required HttpAnswerHeaders Headers { get; init; }

    /// <summary>The body, decoded; what came of it, when it did not end well. Its memory is the answer's own.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    public required BodyEnd End { get; init; }

    /// <summary>Bytes of the body that came, before decoding.</summary>
    public required long ReceivedBytes { get; init; }

    /// <summary>Why the body could not be decoded; null when it could.</summary>
    public string? EncodingProblem { get; init; }

    /// <summary>Who gave it; null when nothing tells.</summary>
    public required HttpAnswerer? AnsweredBy { get; init; }

    /// <summary>The addresses it led through, the first not among them.</summary>
    public required IReadOnlyList<Uri> Redirects { get; init; }

    /// <summary>Whether it led from https to http.</summary>
    public bool LeftHttps { get; init; }

    /// <summary>Why the redirect that this answer is was not followed; null when it is none.</summary>
    public (string Reason, string Text)? RedirectProblem { get; init; }
}
