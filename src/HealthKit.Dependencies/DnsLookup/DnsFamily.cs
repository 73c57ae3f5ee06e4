namespace HealthKit;

/// <summary>Which addresses a name must have.</summary>
public enum DnsFamily
{
    /// <summary>Of either family.</summary>
    Any,

    /// <summary>IPv4 addresses (A records); the others are not asked for.</summary>
    IPv4,

    /// <summary>IPv6 addresses (AAAA records); the others are not asked for.</summary>
    IPv6,

    /// <summary>Of both families.</summary>
    Both,
}
