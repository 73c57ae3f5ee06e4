using System.Collections;
using System.Text;
using System.Text.Json;

namespace HealthKit;

/// <summary>
/// The one way out for text: hides credentials in what a check, an exception or a setting says before it is kept, logged or shown.
/// </summary>
/// <remarks>
/// It hides what looks like a credential (passwords in connection strings, addresses, headers, JSON, XML and command lines, well-known
/// cloud keys, tokens, private keys) and, exactly, every registered secret. Time and memory are linear in the length of the text; it
/// never throws for any text, and what is hidden stays hidden: redacting twice gives what redacting once gives. Safe for use by several
/// threads at once. What is hidden and what is not stands in <c>docs/redaction.md</c>.
/// </remarks>
public sealed class Redactor
{
    /// <summary>What stands in the place of something hidden.</summary>
    internal const string Marker = "***";

    // The second pass nearly always finds nothing; the bound keeps the time linear for texts that are made to need more.
    private const int MaxPasses = 8;

    private const int LongestName = 1_000;

    private readonly RegisteredSecrets _secrets = new();

    /// <summary>Hides the credentials in a text.</summary>
    /// <param name="text">Any text, of any length; lone surrogates are allowed.</param>
    /// <returns>The text with <c>***</c> in the place of every credential; the same instance when there is none.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    public string Redact(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return HideKnownShapes(_secrets.Hide(text));
    }

    /// <summary>Registers a secret, which is hidden from now on wherever it stands in a text.</summary>
    /// <param name="secret">
    /// The secret. It is found as it is (ordinal), percent-encoded (<see cref="Uri.EscapeDataString(string)"/>) and as the base64 of its
    /// UTF-8 bytes. Null, empty and shorter than 4 characters is ignored: hiding "42" or "app" everywhere would tear ordinary text apart
    /// and, by the gaps, tell the secret. Longer than 8,192 characters is ignored too. Stars at its ends do not count.
    /// </param>
    /// <remarks>Up to 1,000 secrets are kept; beyond that, the oldest is forgotten for the newest.</remarks>
    public void AddSecret(string? secret) => _secrets.Add(secret);

    /// <summary>Registers the passwords, keys and tokens in a connection string.</summary>
    /// <param name="connectionString">
    /// A connection string as ADO.NET (<c>Server=db;Password="a;b"</c>), StackExchange.Redis (<c>host:6379,password=…</c>), libpq
    /// (<c>host=db password='…'</c>) or an address (<c>amqp://user:password@host</c>) writes it. Anything else, null and empty
    /// is ignored.
    /// </param>
    /// <remarks>
    /// A password that stands in the same string as a plain value too (<c>Username=postgres;Password=postgres</c>) is not registered: it
    /// would hide an ordinary word in every text. <see cref="AddSecret"/> registers it all the same.
    /// </remarks>
    public void AddConnectionString(string? connectionString)
    {
        foreach (var secret in ConnectionStringSecrets.In(connectionString))
        {
            _secrets.Add(secret);
        }
    }

    /// <summary>
    /// Hides the credentials in the value of a named entry, such as a setting: all of it if the name says so.
    /// </summary>
    internal string Redact(string name, string value) => HidesWhole(name, value) ? Marker : Redact(value);

    /// <summary>
    /// Hides the credentials in the beginning of a text, for a reader who is shown less of it still.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="most">How much of it is read at most: redacting takes time with length.</param>
    internal string RedactBeginning(string text, int most)
    {
        if (text.Length <= most)
        {
            return Redact(text);
        }

        // Whatever the cut goes through begins in the last part, and no rule can know it: what is said of the text with and without that part stands.
        var clean = Redact(text[..most]);
        var length = clean.AsSpan().CommonPrefixLength(Redact(text[..Math.Max(0, most - RegisteredSecrets.MaxLength)]));
        return clean[..(length > 0 && char.IsHighSurrogate(clean[length - 1]) ? length - 1 : length)];
    }

    /// <summary>
    /// Whether the name of an entry says that its value is a secret, whatever it is made of: a text, a number, a list, an object. What is
    /// nothing, or says no more than yes or no or when, is none; nor is a number whose name ends in a unit.
    /// </summary>
    internal static bool HidesWhole(string name, object? value) => value switch
    {
        // Reading a name takes time with its length squared; what a name of that length ends in tells what it is.
        not null when name.Length > LongestName => HidesWhole(name[^LongestName..], value),
        null or bool or JsonElement { ValueKind: JsonValueKind.Null or JsonValueKind.True or JsonValueKind.False or JsonValueKind.Undefined } => false,
        DateTime or DateTimeOffset or TimeSpan => false,
        JsonElement { ValueKind: JsonValueKind.Number } when Reading.UnitOf(name) is not null => false,
        _ when IsNumber(value) && Reading.UnitOf(name) is not null => false,
        string text => text.Length > 0 && RedactionRules.IsSecretName(name) && !RedactionRules.IsPlainValue(text),
        JsonElement { ValueKind: JsonValueKind.String } json => HidesWhole(name, json.GetString()),
        JsonElement { ValueKind: JsonValueKind.Array or JsonValueKind.Object } or ICollection => RedactionRules.IsSecretName(name) || IsPlural(name),
        _ => RedactionRules.IsSecretName(name),
    };

    /// <summary>Whether the texts in a map are secrets for its name alone: <c>secrets</c>, <c>clientSecret</c>, but not <c>tokenService</c>.</summary>
    internal static bool HoldsSecrets(string name)
    {
        var end = name.AsSpan(Math.Max(0, name.Length - LongestName));
        return RedactionRules.IsSecretName(end, isLast: true) || (end is [.. var one, 's'] && RedactionRules.IsSecretName(one, isLast: true));
    }

    /// <summary>Whether the value of a member of such a map is hidden, whatever its own name is: numbers count there.</summary>
    internal static bool IsHeldSecret(object? value) => !IsNumber(value) && HidesWhole("secret", value);

    private static bool IsNumber(object? value) =>
        value is sbyte or byte or short or ushort or int or uint or long or ulong or float or double or decimal;

    /// <summary>Several secrets: <c>secrets</c>, <c>apiKeys</c>. A number or a text under such a name tells how many (<c>max_tokens</c>).</summary>
    private static bool IsPlural(string name) => name.EndsWith('s') && RedactionRules.IsSecretName(name.AsSpan(0, name.Length - 1));

    /// <summary>Hides until nothing is left to hide: a marker may show a value's end, or a name, that a rule did not see before.</summary>
    private static string HideKnownShapes(string text)
    {
        for (var pass = 0; pass < MaxPasses; pass++)
        {
            var clean = HideOnce(text);
            if (ReferenceEquals(clean, text))
            {
                break;
            }

            text = clean;
        }

        return text;
    }

    private static string HideOnce(string text)
    {
        var memory = default(ScanMemory);
        StringBuilder? clean = null;
        var copied = 0;
        for (var from = 0; from < text.Length;)
        {
            var length = text.AsSpan(from).IndexOfAny(RedactionRules.Triggers);
            var hit = length < 0 ? text.Length : from + length;
            Finding finding;
            if (memory.Content.Hides && memory.Content.Start <= hit)
            {
                finding = memory.Content with { Start = Math.Max(from, memory.Content.Start) };
                hit = finding.Start;
                memory.Content = Finding.None;
            }
            else if (length < 0)
            {
                break;
            }
            else
            {
                finding = Find(text, hit, ref memory);
            }

            if (finding.Hides)
            {
                clean ??= new StringBuilder(text.Length);
                clean.Append(text, copied, finding.Start - copied).Append(Marker);
                copied = finding.End;
            }

            from = Math.Max(hit + 1, finding.Next);
        }

        return clean is null ? text : clean.Append(text, copied, text.Length - copied).ToString();
    }

    private static Finding Find(string text, int hit, ref ScanMemory memory)
    {
        foreach (var rule in RedactionRules.StartingWith(text[hit]))
        {
            if (text.AsSpan(hit).StartsWith(rule.Trigger, StringComparison.OrdinalIgnoreCase))
            {
                var finding = rule.Find(text, hit, ref memory);
                if (finding.Next > hit)
                {
                    return finding;
                }
            }
        }

        return Finding.None;
    }
}
