using System.IO.Compression;
using System.Net.Sockets;

namespace HealthKit;

/// <summary>Takes a body up to a bound, and decodes it up to the same bound.</summary>
internal sealed class HttpBodyReader(int maxBytes)
{
    private const int FirstBuffer = 4 * 1024;
    private const int LargestStep = 64 * 1024;
    private const int MostEncodings = 2;

    private byte[] _buffer = [];
    private int _length;
    private BodyEnd _end = BodyEnd.Whole;

    /// <summary>Bytes that came.</summary>
    public long Received => _length;

    /// <summary>Reads to the end or the bound.</summary>
    public async Task ReadAsync(HttpContent content, Action<long> received, CancellationToken token)
    {
        try
        {
            var stream = await content.ReadAsStreamAsync(token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                // What it says of its length is foreign: no more than a step is made room for in advance.
                var declared = content.Headers.ContentLength ?? FirstBuffer;
                _buffer = new byte[(int)Math.Min(Math.Clamp(declared + 1, 1, LargestStep), maxBytes + 1L)];
                while (true)
                {
                    if (_length == _buffer.Length)
                    {
                        if (_length > maxBytes)
                        {
                            _length = maxBytes;
                            _end = BodyEnd.TooLarge;
                            return;
                        }

                        Array.Resize(ref _buffer, (int)Math.Min(Math.Max(2L * _length, FirstBuffer), maxBytes + 1L));
                    }

                    var read = await stream.ReadAsync(_buffer.AsMemory(_length), token).ConfigureAwait(false);
                    if (read == 0)
                    {
                        return;
                    }

                    _length += read;
                    received(_length);
                }
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or SocketException && !token.IsCancellationRequested)
        {
            _end = HttpFaults.InTheBody(e);
        }
    }

    /// <summary>The body without its encodings (RFC 9110, section 8.4): gzip, deflate, br.</summary>
    /// <param name="encodings">The header; nothing asked for an encoding, but servers may use one unasked.</param>
    /// <param name="end">How it ended, decoded.</param>
    /// <param name="problem">Why it could not be decoded.</param>
    public ReadOnlyMemory<byte> Decode(string? encodings, out BodyEnd end, out string? problem)
    {
        (end, problem) = (_end, null);
        var body = _buffer.AsMemory(0, _length);
        if (encodings is null || body.IsEmpty)
        {
            return body;
        }

        var names = encodings.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (names.Length > MostEncodings)
        {
            problem = "it is encoded more than twice";
            return body;
        }

        foreach (var name in names.Reverse())
        {
            if (name.Equals("identity", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            using var encoded = new MemoryStream(body.ToArray(), writable: false);
            using Stream? decoder = name.ToLowerInvariant() switch
            {
                "gzip" or "x-gzip" => new GZipStream(encoded, CompressionMode.Decompress),
                "deflate" => new ZLibStream(encoded, CompressionMode.Decompress),
                "br" => new BrotliStream(encoded, CompressionMode.Decompress),
                _ => null,
            };
            if (decoder is null)
            {
                problem = "it has an encoding other than gzip, deflate and br";
                return body;
            }

            body = Decode(decoder, ref end, ref problem);
            if (problem is not null)
            {
                return body;
            }
        }

        return body;
    }

    private Memory<byte> Decode(Stream decoder, ref BodyEnd end, ref string? problem)
    {
        var decoded = new byte[Math.Min(FirstBuffer, maxBytes + 1)];
        var length = 0;
        try
        {
            while (true)
            {
                if (length == decoded.Length)
                {
                    if (length > maxBytes)
                    {
                        end = end == BodyEnd.Whole ? BodyEnd.TooLarge : end;
                        return decoded.AsMemory(0, maxBytes);
                    }

                    Array.Resize(ref decoded, (int)Math.Min(2L * length, maxBytes + 1L));
                }

                var read = decoder.Read(decoded, length, decoded.Length - length);
                if (read == 0)
                {
                    return decoded.AsMemory(0, length);
                }

                length += read;
            }
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or IOException)
        {
            // A body that was cut is told as such, and what came of it is of use still.
            problem = end == BodyEnd.Whole ? "it is not encoded as its header says" : null;
            return decoded.AsMemory(0, length);
        }
    }
}
