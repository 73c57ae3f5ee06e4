using System.Security.Cryptography;
using System.Text;

namespace HealthKit;

/// <summary>Makes a monitor's slug of names: different names make different slugs, but for upper and lower case.</summary>
internal static class MonitorSlug
{
    private const int MaxLength = 50;
    private const int HashLength = 8;

    public static string Of(params IEnumerable<string?> parts)
    {
        List<string> names = [.. parts.OfType<string>().Where(part => part.Length > 0)];
        var plain = string.Join('-', names).ToLowerInvariant();
        var slug = new StringBuilder(plain.Length);
        foreach (var c in plain)
        {
            slug.Append(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-' ? c : '-');
        }

        var text = slug.ToString();
        if (SentryRules.IsSlug(text) && text == plain && names.All(name => !name.Contains('-', StringComparison.Ordinal)))
        {
            return text;
        }

        // Something was cut or replaced, or what divides the names is in one of them: the hash keeps them apart.
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', names).ToLowerInvariant())))[..HashLength];
        var room = MaxLength - HashLength - 2;
        return $"{(text.Length > room ? text[..room] : text).Trim('-')}-h{hash}";
    }
}
