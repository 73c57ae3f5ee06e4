using System.Buffers;
using System.Text;

namespace HealthKit;

/// <summary>The secrets that were registered, and the search for them.</summary>
internal sealed class RegisteredSecrets
{
    public const int MinLength = 4;
    public const int MaxLength = 8_192;
    public const int MaxCount = 1_000;

    private readonly Lock _gate = new();
    private readonly Queue<string> _secrets = new();
    private readonly HashSet<string> _known = [];
    private volatile bool _isEmpty = true;
    private volatile Search? _search;

    public void Add(string? secret)
    {
        // A secret that is cut by the marker could stand in a clean text: the pieces are hidden, each alone.
        foreach (var piece in (secret ?? string.Empty).Split(Redactor.Marker))
        {
            AddPiece(piece.Trim('*'));
        }
    }

    /// <summary>Hides every registered secret; the same instance when there is none.</summary>
    public string Hide(string text) => _isEmpty ? text : (_search ?? Build()).Hide(text);

    private void AddPiece(string secret)
    {
        if (secret.Length is < MinLength or > MaxLength)
        {
            return;
        }

        lock (_gate)
        {
            if (!_known.Add(secret))
            {
                return;
            }

            _secrets.Enqueue(secret);
            if (_secrets.Count > MaxCount)
            {
                _known.Remove(_secrets.Dequeue());
            }

            // Built by the next text: many secrets are registered at once, at start.
            _search = null;
            _isEmpty = false;
        }
    }

    private Search Build()
    {
        lock (_gate)
        {
            return _search ??= new Search(_secrets.SelectMany(Forms).ToHashSet(StringComparer.Ordinal));
        }
    }

    private static IEnumerable<string> Forms(string secret)
    {
        yield return secret;
        var encoded = Uri.EscapeDataString(secret);
        yield return encoded;
        yield return LowerCaseEscapes(encoded);
        yield return Convert.ToBase64String(Encoding.UTF8.GetBytes(secret));
    }

    /// <summary>RFC 3986, section 2.1: the digits of %2F may be lower case too.</summary>
    private static string LowerCaseEscapes(string encoded) => string.Create(encoded.Length, encoded, static (target, source) =>
    {
        for (var i = 0; i < target.Length; i++)
        {
            var escape = (i > 0 && source[i - 1] == '%') || (i > 1 && source[i - 2] == '%');
            target[i] = escape ? char.ToLowerInvariant(source[i]) : source[i];
        }
    });

    private sealed class Search
    {
        private readonly SearchValues<string> _any;
        private readonly Dictionary<char, string[]> _byFirst;

        public Search(HashSet<string> forms)
        {
            _any = SearchValues.Create([.. forms], StringComparison.Ordinal);
            _byFirst = forms.GroupBy(form => form[0])
                .ToDictionary(group => group.Key, group => group.OrderByDescending(form => form.Length).ToArray());
        }

        public string Hide(string text)
        {
            StringBuilder? clean = null;
            var copied = 0;
            for (var from = 0; from < text.Length;)
            {
                var hit = text.AsSpan(from).IndexOfAny(_any);
                if (hit < 0)
                {
                    break;
                }

                hit += from;
                from = EndOfSecrets(text, hit);
                clean ??= new StringBuilder(text.Length);
                clean.Append(text, copied, hit - copied).Append(Redactor.Marker);
                copied = from;
            }

            return clean is null ? text : clean.Append(text, copied, text.Length - copied).ToString();
        }

        /// <summary>Where the longest secret at a position ends, together with those that begin inside it and reach further.</summary>
        private int EndOfSecrets(string text, int start)
        {
            var end = start + 1;
            for (var i = start; i < end; i++)
            {
                if (!_byFirst.TryGetValue(text[i], out var forms))
                {
                    continue;
                }

                foreach (var form in forms)
                {
                    if (i + form.Length <= end)
                    {
                        break;
                    }

                    if (text.AsSpan(i).StartsWith(form))
                    {
                        end = i + form.Length;
                        break;
                    }
                }
            }

            return end;
        }
    }
}
