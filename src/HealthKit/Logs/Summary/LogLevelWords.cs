using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HealthKit;

/// <summary>The words that name levels, and in which dress a word is one and no mere word.</summary>
internal static class LogLevelWords
{
    /// <summary>No level. 0 to 5 are those of Microsoft.Extensions.Logging.</summary>
    public const int None = 6;

    private const int Trace = 0, Debug = 1, Information = 2, Warning = 3, Error = 4, Critical = 5;
    private const int TableSize = 256;

    /// <summary>A place in the table where nothing is.</summary>
    private const int NoEntry = TableSize;

    /// <summary>
    /// In eight groups: a search looks for the first three letters of all words at once, and mistakes the second letter of one word of a
    /// group for that of another. So alike are together.
    /// </summary>
    private static readonly (int Level, Dress Dress, string Word)[][] Groups =
    [
        [
            (Trace, Dress.Any, "trace"), (Trace, Dress.Any, "trac"), (Trace, Dress.Any, "trce"), (Trace, Dress.Any, "trc"),
            (Information, Dress.CapitalsAndColon, "log"),
        ],
        [(Trace, Dress.Any, "verbose"), (Trace, Dress.Any, "verb"), (Trace, Dress.Any, "vrb")],
        [
            (Debug, Dress.Any, "debug"), (Debug, Dress.Any, "debu"), (Debug, Dress.Any, "dbug"), (Debug, Dress.Any, "dbg"),
            (Error, Dress.Any, "severe"),
        ],
        [
            (Information, Dress.Any, "info"), (Information, Dress.Any, "information"), (Information, Dress.Any, "informational"),
            (Information, Dress.Any, "inf"), (Information, Dress.Any, "notice"), (Information, Dress.Brackets, "note"),
            (Critical, Dress.Any, "alert"),
        ],
        [(Warning, Dress.Any, "warn"), (Warning, Dress.Any, "warning"), (Warning, Dress.Any, "wrn"), (Critical, Dress.Any, "panic"), (Critical, Dress.Any, "pani")],
        [
            (Error, Dress.Any, "error"), (Error, Dress.Any, "err"), (Error, Dress.Any, "erro"), (Error, Dress.Any, "eror"),
            (Critical, Dress.Any, "emerg"), (Critical, Dress.Any, "emergency"),
        ],
        [(Critical, Dress.Any, "fatal"), (Critical, Dress.Any, "fata"), (Critical, Dress.Any, "ftl"), (Error, Dress.Any, "fail")],
        [(Critical, Dress.Any, "critical"), (Critical, Dress.Any, "crit"), (Critical, Dress.Any, "crt")],
    ];

    private static readonly Entry[] Table = BuildTable();

    /// <summary>Which groups have a word with a letter of these low and high four bits, at its first, second and third place.</summary>
    private static readonly Vector128<byte> Low0 = Nibbles(0, low: true), High0 = Nibbles(0, low: false);
    private static readonly Vector128<byte> Low1 = Nibbles(1, low: true), High1 = Nibbles(1, low: false);
    private static readonly Vector128<byte> Low2 = Nibbles(2, low: true), High2 = Nibbles(2, low: false);

    private enum Dress : byte
    {
        Any,
        Brackets,
        CapitalsAndColon,
    }

    /// <summary>Makes the tables. Code that is compiled after that takes them for constants.</summary>
    public static void Prepare() => RuntimeHelpers.RunClassConstructor(typeof(LogLevelWords).TypeHandle);

    /// <summary>The level by the first word that is one.</summary>
    /// <param name="line">The line. Behind it at least <see cref="LogLine.Padding"/> bytes can be read.</param>
    /// <param name="length">How many of its bytes count.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Find(ref byte line, int length)
    {
        // Nearly always the first candidate is it, and stands in one of the first two windows. Which of them cannot be foreseen, so no branch asks.
        var first = BitOperations.TrailingZeroCount(Candidates(ref line));
        var second = BitOperations.TrailingZeroCount(Candidates(ref Unsafe.Add(ref line, 64)));
        var place = first + ((first >> 6) * second);
        if (place >= length)
        {
            return length <= 128 ? None : FindBehind(ref line, 128, length);
        }

        var level = Judge(ref line, place, length, out _);
        return level != None ? level : FindBehind(ref line, place + 1, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int FindBehind(ref byte line, int from, int length)
    {
        for (var at = from; at < length; at += 64)
        {
            var candidates = Candidates(ref Unsafe.Add(ref line, at));
            while (candidates != 0)
            {
                var place = at + BitOperations.TrailingZeroCount(candidates);
                candidates &= candidates - 1;
                if (place >= length)
                {
                    return None;
                }

                if (Judge(ref line, place, length, out _) is var level and not None)
                {
                    return level;
                }
            }
        }

        return None;
    }

    /// <summary>The level by the first word that is the value of a key such as <c>"level"</c>; else by the first that is dressed in another way.</summary>
    /// <param name="line">The line.</param>
    /// <param name="length">How many of its bytes count.</param>
    /// <param name="keyStart">Where the key begins, its quote included; -1 when there is none.</param>
    /// <param name="valueStart">Where the word begins.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int FindInJson(ref byte line, int length, out int keyStart, out int valueStart)
    {
        var first = None;
        for (var at = 0; at < length; at += 64)
        {
            var candidates = Candidates(ref Unsafe.Add(ref line, at));
            while (candidates != 0)
            {
                valueStart = at + BitOperations.TrailingZeroCount(candidates);
                candidates &= candidates - 1;
                if (valueStart >= length)
                {
                    break;
                }

                var level = Judge(ref line, valueStart, length, out keyStart);
                if (level != None && keyStart >= 0)
                {
                    return level;
                }

                if (first == None)
                {
                    first = level;
                }
            }
        }

        keyStart = -1;
        valueStart = 0;
        return first;
    }

    /// <summary>The level that a value means as a whole: <c>error</c>, <c>WARN</c>.</summary>
    public static int OfWord(ref byte line, int place, int length) =>
        Read(ref line, place, length, out _, out _).Level;

    /// <summary>Whether a level word in a level's dress stands at a place whose first three letters are those of one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Judge(ref byte line, int place, int length, out int keyStart)
    {
        keyStart = -1;
        var before = place > 0 ? Unsafe.Add(ref line, place - 1) : (byte)'\n';
        if (IsWordPart(before) && !(before == 'm' && IsEscapeSequence(ref line, place)))
        {
            return None;
        }

        ref readonly var entry = ref Read(ref line, place, length, out var capitals, out var wordLength);
        if (entry.Level == None)
        {
            return None;
        }

        var end = place + wordLength;
        var after = end < length ? Unsafe.Add(ref line, end) : (byte)'\n';
        if (IsWordPart(after) && after is not ((byte)'-' or (byte)'/'))
        {
            return None;
        }

        if (before is (byte)'"' or (byte)'\'' or (byte)'=' or (byte)':'
            || (before == ' ' && place >= 2 && Unsafe.Add(ref line, place - 2) is (byte)':' or (byte)'=' or (byte)'>'))
        {
            keyStart = FindKey(ref line, place);
            if (keyStart >= 0)
            {
                return entry.Level;
            }
        }

        // [core:error] is Apache's.
        var bracketed = (before, after) is ((byte)'[' or (byte)':', (byte)']') or ((byte)'<', (byte)'>') or ((byte)'(', (byte)')') or ((byte)'|', (byte)'|');
        return entry.Dress switch
        {
            Dress.Brackets => bracketed,
            Dress.CapitalsAndColon => capitals && after == ':',
            _ => capitals || bracketed || (after == ':' && before is (byte)'\n' or (byte)' ' or (byte)'\t' or (byte)']' or (byte)'m'),
        }
            ? entry.Level
            : None;
    }

    /// <summary>Looks up the letters from a place on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref readonly Entry Read(ref byte line, int place, int length, out bool capitals, out int wordLength)
    {
        var text = Vector128.LoadUnsafe(ref line, (nuint)place);
        var lower = text | Vector128.Create((byte)0x20);
        var letters = Vector128.LessThan(lower - Vector128.Create((byte)'a'), Vector128.Create((byte)26)).ExtractMostSignificantBits();
        wordLength = BitOperations.TrailingZeroCount(~letters);
        capitals = false;
        if (wordLength is < 3 or > 13 || place + wordLength > length)
        {
            return ref Table[NoEntry];
        }

        var capital = Vector128.LessThan(text - Vector128.Create((byte)'A'), Vector128.Create((byte)26)).ExtractMostSignificantBits();
        var all = (1u << wordLength) - 1;
        capitals = (capital & all) == all;
        var key = lower.AsUInt64()[0];
        if (wordLength < 8)
        {
            key &= (1UL << (8 * wordLength)) - 1;
        }

        var slot = Slot(key);
        while (true)
        {
            ref var entry = ref Table[slot];
            if ((entry.Key == key && entry.Length == wordLength) || entry.Length == 0)
            {
                return ref entry;
            }

            slot = (slot + 1) % TableSize;
        }
    }

    /// <summary>Whether a word is the value of a key: <c>level=error</c>, <c>"severity": "ERROR"</c>, <c>\"level\":\"error\"</c>.</summary>
    /// <returns>Where the key begins, its quote included; -1 when it is not.</returns>
    private static int FindKey(ref byte line, int place)
    {
        var i = place - 1;
        var separator = false;
        for (; i >= 0 && place - i <= 8; i--)
        {
            var c = Unsafe.Add(ref line, i);
            if (c is (byte)':' or (byte)'=')
            {
                separator = true;
            }
            else if (c is not ((byte)'"' or (byte)'\'' or (byte)' ' or (byte)'\\' or (byte)'>'))
            {
                break;
            }
        }

        if (!separator || i < 0)
        {
            return -1;
        }

        // The key's letters, backwards; "log.level" and "log_level" end in a key, too.
        var end = i + 1;
        while (i >= 0 && end - i <= 12 && Unsafe.Add(ref line, i) is var c && (IsLetter(c) || c is (byte)'@' or (byte)'.' or (byte)'_'))
        {
            i--;
        }

        var key = MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref line, i + 1), end - i - 1);
        if (!(EndsWith(key, "level"u8) || EndsWith(key, "severity"u8) || EndsWith(key, "lvl"u8) || EndsWith(key, "levelname"u8)
            || EndsWith(key, "priority"u8) || key.SequenceEqual("@l"u8)))
        {
            return -1;
        }

        return i >= 0 && Unsafe.Add(ref line, i) == '"' ? i : i + 1;
    }

    private static bool EndsWith(ReadOnlySpan<byte> text, ReadOnlySpan<byte> end) =>
        text.Length >= end.Length && System.Text.Ascii.EqualsIgnoreCase(text[^end.Length..], end);

    /// <summary>Whether the m before a place ends a colour: <c>ESC [ 1 ; 31 m</c>.</summary>
    private static bool IsEscapeSequence(ref byte line, int place)
    {
        var i = place - 2;
        while (i >= 1 && place - i < 12 && Unsafe.Add(ref line, i) is (>= (byte)'0' and <= (byte)'9') or (byte)';')
        {
            i--;
        }

        return i >= 1 && Unsafe.Add(ref line, i) == '[' && Unsafe.Add(ref line, i - 1) == 0x1b;
    }

    private static bool IsLetter(byte c) => (uint)((c | 0x20) - 'a') < 26;

    /// <summary>Letters, digits, <c>_ - /</c>, and all that is not ASCII.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsWordPart(byte c) => c >= 0x80 || (((c < 64 ? 0x03ff_a000_0000_0000UL : 0x07ff_fffe_87ff_fffeUL) >> (c & 63)) & 1) != 0;

    /// <summary>At which of 64 places may one of the words begin? By pieces of four bits: it says yes too often, never no wrongly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Candidates(ref byte at)
    {
        // Above 0x7f, these shuffles give zero; of other indices they take the lower four bits.
        if (Avx512BW.IsSupported)
        {
            var lower = Vector512.Create((byte)0x20);
            var nibble = Vector512.Create((byte)0x0f);
            var a = Vector512.LoadUnsafe(ref at) | lower;
            var b = Vector512.LoadUnsafe(ref at, 1) | lower;
            var c = Vector512.LoadUnsafe(ref at, 2) | lower;
            var groups = Avx512BW.Shuffle(Vector512.Create(Vector256.Create(Low0, Low0), Vector256.Create(Low0, Low0)), a)
                & Avx512BW.Shuffle(Vector512.Create(Vector256.Create(High0, High0), Vector256.Create(High0, High0)), (a >>> 4) & nibble)
                & Avx512BW.Shuffle(Vector512.Create(Vector256.Create(Low1, Low1), Vector256.Create(Low1, Low1)), b)
                & Avx512BW.Shuffle(Vector512.Create(Vector256.Create(High1, High1), Vector256.Create(High1, High1)), (b >>> 4) & nibble)
                & Avx512BW.Shuffle(Vector512.Create(Vector256.Create(Low2, Low2), Vector256.Create(Low2, Low2)), c)
                & Avx512BW.Shuffle(Vector512.Create(Vector256.Create(High2, High2), Vector256.Create(High2, High2)), (c >>> 4) & nibble);
            return ~Vector512.Equals(groups, Vector512<byte>.Zero).ExtractMostSignificantBits();
        }

        if (Avx2.IsSupported)
        {
            return CandidatesOf32(ref at) | ((ulong)CandidatesOf32(ref Unsafe.Add(ref at, 32)) << 32);
        }

        return CandidatesOf16(ref at) | ((ulong)CandidatesOf16(ref Unsafe.Add(ref at, 16)) << 16)
            | ((ulong)CandidatesOf16(ref Unsafe.Add(ref at, 32)) << 32) | ((ulong)CandidatesOf16(ref Unsafe.Add(ref at, 48)) << 48);
    }

    private static uint CandidatesOf32(ref byte at)
    {
        var lower = Vector256.Create((byte)0x20);
        var nibble = Vector256.Create((byte)0x0f);
        var a = Vector256.LoadUnsafe(ref at) | lower;
        var b = Vector256.LoadUnsafe(ref at, 1) | lower;
        var c = Vector256.LoadUnsafe(ref at, 2) | lower;
        var groups = Avx2.Shuffle(Vector256.Create(Low0, Low0), a)
            & Avx2.Shuffle(Vector256.Create(High0, High0), (a >>> 4) & nibble)
            & Avx2.Shuffle(Vector256.Create(Low1, Low1), b)
            & Avx2.Shuffle(Vector256.Create(High1, High1), (b >>> 4) & nibble)
            & Avx2.Shuffle(Vector256.Create(Low2, Low2), c)
            & Avx2.Shuffle(Vector256.Create(High2, High2), (c >>> 4) & nibble);
        return ~Vector256.Equals(groups, Vector256<byte>.Zero).ExtractMostSignificantBits();
    }

    private static uint CandidatesOf16(ref byte at)
    {
        var lower = Vector128.Create((byte)0x20);
        var nibble = Vector128.Create((byte)0x0f);
        var a = Vector128.LoadUnsafe(ref at) | lower;
        var b = Vector128.LoadUnsafe(ref at, 1) | lower;
        var c = Vector128.LoadUnsafe(ref at, 2) | lower;
        var groups = Vector128.Shuffle(Low0, a & nibble) & Vector128.Shuffle(High0, a >>> 4)
            & Vector128.Shuffle(Low1, b & nibble) & Vector128.Shuffle(High1, b >>> 4)
            & Vector128.Shuffle(Low2, c & nibble) & Vector128.Shuffle(High2, c >>> 4);
        return ~Vector128.Equals(groups, Vector128<byte>.Zero).ExtractMostSignificantBits() & 0xffff;
    }

    private static Vector128<byte> Nibbles(int place, bool low)
    {
        Span<byte> nibbles = stackalloc byte[16];
        nibbles.Clear();
        for (var group = 0; group < Groups.Length; group++)
        {
            foreach (var (_, _, word) in Groups[group])
            {
                nibbles[low ? word[place] & 15 : word[place] >> 4] |= (byte)(1 << group);
            }
        }

        return Vector128.Create<byte>(nibbles);
    }

    private static Entry[] BuildTable()
    {
        var table = new Entry[TableSize + 1];
        Array.Fill(table, new Entry { Level = None });
        Span<byte> bytes = stackalloc byte[16];
        foreach (var (level, dress, word) in Groups.SelectMany(group => group))
        {
            bytes.Clear();
            System.Text.Encoding.ASCII.GetBytes(word, bytes);
            var key = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            var slot = Slot(key);
            while (table[slot].Length != 0)
            {
                slot = (slot + 1) % TableSize;
            }

            table[slot] = new Entry { Key = key, Length = (byte)word.Length, Level = (byte)level, Dress = dress };
        }

        return table;
    }

    private static int Slot(ulong key) => (int)((key * 0x9E37_79B9_7F4A_7C15) >> 56);

    private struct Entry
    {
        public ulong Key;
        public byte Length;
        public byte Level;
        public Dress Dress;
    }
}
