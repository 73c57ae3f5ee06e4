using System.Net;
using System.Net.Sockets;

namespace HealthKit;

/// <summary>An address that must be among the answers, or a network in which answers may lie.</summary>
internal readonly record struct ExpectedAddress(IPAddress? Address, IPNetwork? Network)
{
    /// <summary>What errors say is allowed.</summary>
    public const string Allowed = "an IP address such as 10.1.0.7 or fd00::7, or a network such as 10.1.0.0/16 or fd00::/48, with no bit set after its prefix";

    public AddressFamily Family => Address?.AddressFamily ?? Network!.Value.BaseAddress.AddressFamily;

    public static bool TryParse(string? text, out ExpectedAddress expected)
    {
        expected = default;
        if (text is null || text.Split('/') is not [var start, ..] || !HostRules.IsHost(start) || !IPAddress.TryParse(start, out var address))
        {
            return false;
        }

        if (start.Length == text.Length)
        {
            expected = new ExpectedAddress(address, null);
            return true;
        }

        // The runtime clears bits after the prefix without a word: then it is not clear what was meant.
        if (!IPNetwork.TryParse(text, out var network) || !network.BaseAddress.Equals(address))
        {
            return false;
        }

        expected = new ExpectedAddress(null, network);
        return true;
    }

    public bool Matches(IPAddress answer) => Address?.Equals(answer) ?? Network!.Value.Contains(answer);
}
