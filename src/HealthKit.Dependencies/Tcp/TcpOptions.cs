namespace HealthKit;

/// <summary>What the TCP check connects to.</summary>
public sealed class TcpOptions : DependencyOptions
{
    /// <summary>The host: a name or an IP address, without a port.</summary>
    public string? Host { get; set; }

    /// <summary>The port. Allowed: 1 to 65535. Default: 0, which is none: in code the argument.</summary>
    public int Port { get; set; }

    internal string Target => HostRules.Target(Host!, Port);

    internal IEnumerable<OptionError> Validate()
    {
        if (!HostRules.IsHost(Host))
        {
            yield return HostRules.Reject(nameof(Host), Host, HostRules.AllowedHosts);
        }

        foreach (var error in HostRules.ValidatePort(nameof(Port), Port).Concat(ValidateCommon()))
        {
            yield return error;
        }
    }
}
