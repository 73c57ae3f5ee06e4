using System.Net.Sockets;

namespace HealthKit;

/// <summary>What the DNS check looks up, and what it must find.</summary>
public sealed class DnsOptions : DependencyOptions
{
    /// <summary>The name to look up. One that ends in a dot is taken as it stands; to others the system may add its search domains.</summary>
    public string? Host { get; set; }

    /// <summary>Which addresses it must have.</summary>
    public DnsFamily Family { get; set; }

    /// <summary>
    /// What the answers must be: IP addresses, each of which must be among them, and networks (<c>10.1.0.0/16</c>), which need not. An answer that is none
    /// of these and in none of them is a failure. Null or empty: any answer will do.
    /// </summary>
    public IList<string>? Expected { get; set; }

    /// <summary>How many different addresses there must be. Allowed: 1 to 1000. Default: 1.</summary>
    public int MinimumAddressesCount { get; set; } = 1;

    internal IEnumerable<OptionError> Validate()
    {
        if (!HostRules.IsName(Host))
        {
            yield return HostRules.Reject(nameof(Host), Host, HostRules.AllowedNames);
        }

        foreach (var expected in Expected ?? [])
        {
            if (!ExpectedAddress.TryParse(expected, out var one))
            {
                yield return HostRules.Reject(nameof(Expected), expected, ExpectedAddress.Allowed);
            }
            else if (Family is DnsFamily.IPv4 or DnsFamily.IPv6 && (one.Family == AddressFamily.InterNetwork) != (Family == DnsFamily.IPv4))
            {
                yield return new OptionError(nameof(Expected), expected, $"addresses and networks of {Family}, as {nameof(Family)} is that");
            }
        }

        if (MinimumAddressesCount is < 1 or > 1_000)
        {
            yield return new OptionError(nameof(MinimumAddressesCount), MinimumAddressesCount, "a whole number from 1 to 1000 (count)");
        }

        foreach (var error in ValidateCommon())
        {
            yield return error;
        }
    }
}
