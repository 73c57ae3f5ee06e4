using System.Net;
using System.Net.Sockets;
using HealthKit.Tests.Conformance;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies;

/// <summary>A network of its own for a test: names that only it knows, and checks run by hand.</summary>
internal static class TestNetwork
{
    /// <summary>One whose names are given; none other is there.</summary>
    public static Network With(params (string Name, string[] Addresses)[] names) => With(TimeProvider.System, names);

    /// <inheritdoc cref="With(ValueTuple{string, string[]}[])"/>
    public static Network With(TimeProvider time, params (string Name, string[] Addresses)[] names) => new(time)
    {
        Lookups = new HostLookups((host, family) =>
        {
            var found = Array.Find(names, name => name.Name == host).Addresses ?? throw new SocketException((int)SocketError.HostNotFound);
            return [.. found.Select(IPAddress.Parse).Where(address => family == AddressFamily.Unspecified || address.AddressFamily == family)];
        }),
    };

    public static Task<HealthCheckResult> RunAsync(this IHealthCheck check, HealthStatus failureStatus = HealthStatus.Unhealthy, CancellationToken token = default) =>
        check.CheckHealthAsync(ConformanceCase.Context(check, failureStatus), token).WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);

    public static string? Reason(this HealthCheckResult result) => (string?)result.Data.GetValueOrDefault("reason");

    public static TimeSpan Took(this HealthCheckResult result, string reading) => TimeSpan.FromSeconds((double)result.Data[reading]);

    public static TcpCheck Tcp(this Network network, string host, int port, Action<TcpOptions>? configure = null)
    {
        var options = new TcpOptions { Host = host, Port = port };
        configure?.Invoke(options);
        Assert.Empty(options.Validate());
        return new TcpCheck(network, () => options);
    }

    public static DnsCheck Dns(this Network network, string host, Action<DnsOptions>? configure = null)
    {
        var options = new DnsOptions { Host = host };
        configure?.Invoke(options);
        Assert.Empty(options.Validate());
        return new DnsCheck(network, () => options);
    }

    public static TlsCertificateCheck Tls(this Network network, string host, int port, Action<TlsCertificateOptions>? configure = null)
    {
        var options = new TlsCertificateOptions { Host = host, Port = port };
        configure?.Invoke(options);
        Assert.Empty(options.Validate());
        return new TlsCertificateCheck(network, () => options);
    }
}
