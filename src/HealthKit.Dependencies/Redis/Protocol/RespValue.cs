using System.Globalization;
using System.Text;

namespace HealthKit;

/// <summary>A reply of Redis, or a part of one. It stays as it is, whatever is read after it.</summary>
internal readonly struct RespValue
{
    private readonly object? _payload;
    private readonly long _number;

    private RespValue(RespKind kind, object? payload, long number)
    {
        Kind = kind;
        _payload = payload;
        _number = number;
    }

    public static RespValue Null => default;

    public RespKind Kind { get; }

    public bool IsNull => Kind == RespKind.Null;

    public bool IsError => Kind == RespKind.Error;

    /// <summary>The bytes of a bulk string; none for anything else.</summary>
    public ReadOnlySpan<byte> Bytes => _payload as byte[];

    /// <summary>The parts of an array, a set, a push, or a map (keys and values in turns); none for anything else.</summary>
    public ReadOnlySpan<RespValue> Items => _payload as RespValue[];

    /// <summary>Simple strings, errors, bulk strings (as UTF-8) and numbers as text; null for anything else.</summary>
    public string? Text => Kind switch
    {
        RespKind.Integer => _number.ToString(CultureInfo.InvariantCulture),
        RespKind.Double => BitConverter.Int64BitsToDouble(_number).ToString(CultureInfo.InvariantCulture),
        RespKind.Boolean => _number == 0 ? "false" : "true",
        RespKind.Bulk => Encoding.UTF8.GetString(Bytes),
        _ => _payload as string,
    };

    /// <summary>An integer, or a text that is one; else null.</summary>
    public long? Integer => Kind switch
    {
        RespKind.Integer or RespKind.Boolean => _number,
        RespKind.Bulk => long.TryParse(Bytes, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null,
        RespKind.Simple => long.TryParse((string)_payload!, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null,
        _ => null,
    };

    /// <summary>A number, or a text that is one (scores of sorted sets are): infinite ones included; else null.</summary>
    public double? Number => Kind switch
    {
        RespKind.Integer => _number,
        RespKind.Double => BitConverter.Int64BitsToDouble(_number),
        RespKind.Bulk => ParseDouble(Bytes),
        _ => null,
    };

    public static RespValue OfSimple(string text) => new(RespKind.Simple, text, 0);

    public static RespValue OfError(string text) => new(RespKind.Error, text, 0);

    public static RespValue OfBulk(byte[] bytes) => new(RespKind.Bulk, bytes, 0);

    public static RespValue OfInteger(long number) => new(RespKind.Integer, null, number);

    public static RespValue OfDouble(double number) => new(RespKind.Double, null, BitConverter.DoubleToInt64Bits(number));

    public static RespValue OfBoolean(bool value) => new(RespKind.Boolean, null, value ? 1 : 0);

    public static RespValue OfBigNumber(string digits) => new(RespKind.BigNumber, digits, 0);

    public static RespValue Of(RespKind kind, RespValue[] items) => new(kind, items, 0);

    /// <summary>Whether it is a text (or an error), byte by byte.</summary>
    public bool Is(string text) => Kind switch
    {
        RespKind.Simple or RespKind.Error => (string)_payload! == text,
        RespKind.Bulk => Text == text,
        _ => false,
    };

    /// <summary>The value beside a key: of a map, or of the array of pairs that RESP2 has in its place.</summary>
    public bool TryGet(string key, out RespValue value)
    {
        var items = Items;
        for (var i = 0; i + 1 < items.Length; i += 2)
        {
            if (items[i].Is(key))
            {
                value = items[i + 1];
                return true;
            }
        }

        value = default;
        return false;
    }

    public override string ToString() => Items is { Length: > 0 } items ? $"{Kind} of {items.Length}" : $"{Kind} {Text}";

    internal static double? ParseDouble(ReadOnlySpan<byte> text)
    {
        // As Redis writes them (RESP3, "Doubles"); .NET knows other words.
        if (text.SequenceEqual("inf"u8) || text.SequenceEqual("+inf"u8))
        {
            return double.PositiveInfinity;
        }

        if (text.SequenceEqual("-inf"u8))
        {
            return double.NegativeInfinity;
        }

        if (text.SequenceEqual("nan"u8) || text.SequenceEqual("-nan"u8))
        {
            return double.NaN;
        }

        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(text, Style, CultureInfo.InvariantCulture, out var number) ? number : null;
    }
}
