using System.Security.Cryptography;
using System.Text;

namespace HealthKit;

/// <summary>Shows a name that somebody else gave where it is a key: names that differ are shown differently.</summary>
internal static class ShownName
{
    private const int DigestBytes = 4;

    /// <param name="name">The name.</param>
    /// <param name="most">How many characters of it are shown at most, 20 or more; a longer one ends in a digest of it, the same one in each process.</param>
    public static string Of(string name, int most) => name.Length <= most
        ? ForeignText.Shown(name, most)
        : $"{ForeignText.Shown(name, most - 2 - (2 * DigestBytes))}#{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, DigestBytes))}";
}
