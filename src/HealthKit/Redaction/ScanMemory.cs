using System.Buffers;

namespace HealthKit;

/// <summary>What a scan found by reading far ahead or back, kept so that no character is read again for every trigger.</summary>
internal struct ScanMemory
{
    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    private int _nameStart;
    private int _nameEnd;
    private int _addressEnd;
    private int _lastAt;
    private bool _noKeyEnd;
    private Ahead _elementEnd;
    private Ahead _escapedElementEnd;
    private Ahead _cdataEnd;

    /// <summary>An element's content that is to be hidden once its start tag has been read: attributes have secrets of their own.</summary>
    public Finding Content { get; set; }

    /// <summary>The whole name, dress included, around a part of it.</summary>
    public (int Start, int End) NameAround(ReadOnlySpan<char> text, int start, int end)
    {
        if (start < _nameStart || end > _nameEnd)
        {
            _nameStart = text[..start].LastIndexOfAnyExcept(NameCharacters) + 1;
            var length = text[end..].IndexOfAnyExcept(NameCharacters);
            _nameEnd = length < 0 ? text.Length : end + length;
        }

        return (_nameStart, _nameEnd);
    }

    /// <summary>The last <c>@</c> of the address that goes on at a position, or -1.</summary>
    public int LastAt(ReadOnlySpan<char> text, int from)
    {
        if (from >= _addressEnd)
        {
            _lastAt = -1;
            _addressEnd = from;
            while (_addressEnd < text.Length && !EndsAddress(text, from, _addressEnd))
            {
                if (text[_addressEnd] == '@')
                {
                    _lastAt = _addressEnd;
                }

                _addressEnd++;
            }
        }

        return _lastAt >= from ? _lastAt : -1;
    }

    /// <summary>Where the element ends whose content begins at a position, or -1.</summary>
    public int ElementEnd(ReadOnlySpan<char> text, int from, bool escaped) =>
        escaped ? _escapedElementEnd.Find(text, from, "&lt;/") : _elementEnd.Find(text, from, "</");

    /// <summary>Where the CDATA section ends whose content begins at a position, or -1.</summary>
    public int CDataEnd(ReadOnlySpan<char> text, int from) => _cdataEnd.Find(text, from, "]]>");

    /// <summary>Where the private key ends whose body begins at a position, or -1: its end was cut off.</summary>
    public int KeyEnd(ReadOnlySpan<char> text, int from)
    {
        var length = _noKeyEnd ? -1 : text[from..].IndexOf("-----END");
        _noKeyEnd = length < 0;
        return length < 0 ? -1 : from + length;
    }

    /// <summary>Where something was found, for all who look for it from before that place.</summary>
    private struct Ahead
    {
        private bool _isKnown;
        private int _from;
        private int _at;

        public int Find(ReadOnlySpan<char> text, int from, string what)
        {
            if (!_isKnown || from < _from || (_at >= 0 && from > _at))
            {
                var length = text[from..].IndexOf(what);
                (_isKnown, _from, _at) = (true, from, length < 0 ? -1 : from + length);
            }

            return _at;
        }
    }

    private static bool EndsAddress(ReadOnlySpan<char> text, int from, int i)
    {
        var c = text[i];
        switch (c)
        {
            case <= ' ' or '"' or '<' or '>' or '`' or '\u00A0':
                return true;
            case '\'':
                return ValueReader.IsStructural(text, i + 1);
            case '\\':
                return i + 1 < text.Length && text[i + 1] is '"' or '\'';
            case ',' or ';' or '|' or '=' or '&' or '(':
                // The next address of a list: "redis://:a@one,redis://:b@two".
                var rest = text[(i + 1)..Math.Min(text.Length, i + 24)];
                var scheme = 0;
                while (scheme < rest.Length && (char.IsAsciiLetterOrDigit(rest[scheme]) || rest[scheme] is '+' or '-' or '.'))
                {
                    scheme++;
                }

                return scheme > 0 && rest[scheme..].StartsWith("://");
            case '*':
                // What a rule for names has hidden ends the address, as the blanks in it may have done.
                return i > from && text[i - 1] is '=' or ':' && text[i..].StartsWith(Redactor.Marker)
                    && !(i + Redactor.Marker.Length < text.Length && text[i + Redactor.Marker.Length] == '@');
            default:
                return false;
        }
    }
}
