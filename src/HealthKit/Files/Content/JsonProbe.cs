using System.Buffers;
using System.Text.Json;

namespace HealthKit;

/// <summary>
/// Whether UTF-8 that comes in pieces is one JSON value (RFC 8259), without comments and trailing commas. Depth and the length of a single
/// name, text or number are bounded; the whole is not.
/// </summary>
internal sealed class JsonProbe : IDisposable
{
    /// <summary>What is nested deeper is reported as malformed.</summary>
    public const int MaxDepth = 256;

    /// <summary>A single token that is longer is reported as malformed.</summary>
    public const int MaxTokenBytes = 16 << 20;

    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = MaxDepth });
    private byte[] _rest = [];
    private int _restLength;
    private int _tryAt;
    private bool _any;

    /// <summary>What is wrong.</summary>
    public enum Problem
    {
        /// <summary>Nothing so far.</summary>
        None,

        /// <summary>It is no JSON.</summary>
        Malformed,

        /// <summary>It ends before the value does.</summary>
        Truncated,

        /// <summary>There is no value at all.</summary>
        NoValue,

        /// <summary>A token is longer than <see cref="MaxTokenBytes"/>.</summary>
        TooLong,
    }

    public Problem Found { get; private set; }

    /// <summary>Where, from 1; 0 where that cannot be told.</summary>
    public long Line { get; private set; }

    /// <summary>The byte in its line, from 1.</summary>
    public long ByteInLine { get; private set; }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (Found != Problem.None)
        {
            return;
        }

        _any = _any || bytes.ContainsAnyExcept(" \t\r\n"u8);
        if (_restLength == 0)
        {
            Keep(bytes[Read(bytes, isFinal: false)..]);
            return;
        }

        Keep(bytes);

        // A token that does not end is not read from its begin for every piece, but each time that twice as much is there.
        if (_restLength >= _tryAt || _restLength > MaxTokenBytes)
        {
            Shift(Read(_rest.AsSpan(0, _restLength), isFinal: false));
        }

        if (Found == Problem.None && _restLength > MaxTokenBytes)
        {
            Found = Problem.TooLong;
            Dispose();
        }
    }

    public void Complete()
    {
        if (Found == Problem.None && !_any)
        {
            Found = Problem.NoValue;
        }

        if (Found == Problem.None)
        {
            Shift(Read(_rest.AsSpan(0, _restLength), isFinal: false));
        }

        if (Found == Problem.None)
        {
            // What was right up to here and is wrong as the end was cut.
            Read(_rest.AsSpan(0, _restLength), isFinal: true);
            Found = Found == Problem.Malformed ? Problem.Truncated : Found;
        }

        Dispose();
    }

    public void Dispose()
    {
        if (_rest.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_rest, clearArray: true);
            (_rest, _restLength) = ([], 0);
        }
    }

    private int Read(ReadOnlySpan<byte> bytes, bool isFinal)
    {
        var reader = new Utf8JsonReader(bytes, isFinal, _state);
        try
        {
            while (reader.Read())
            {
            }
        }
        catch (JsonException e)
        {
            Found = Problem.Malformed;
            Line = (e.LineNumber + 1) ?? 0;
            ByteInLine = (e.BytePositionInLine + 1) ?? 0;
            return bytes.Length;
        }

        _state = reader.CurrentState;
        return (int)reader.BytesConsumed;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_restLength + bytes.Length > _rest.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(4096, 2 * (_restLength + bytes.Length)));
            _rest.AsSpan(0, _restLength).CopyTo(larger);
            if (_rest.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(_rest, clearArray: true);
            }

            _rest = larger;
        }

        if (_restLength == 0)
        {
            _tryAt = 2 * bytes.Length;
        }

        bytes.CopyTo(_rest.AsSpan(_restLength));
        _restLength += bytes.Length;
    }

    private void Shift(int consumed)
    {
        _rest.AsSpan(consumed, _restLength - consumed).CopyTo(_rest);
        _restLength -= consumed;
        _tryAt = 2 * _restLength;
    }
}
