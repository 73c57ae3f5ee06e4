using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>Whether this machine finds a name's addresses, and whether they are those that are expected.</summary>
internal sealed class DnsCheck(Network network, Func<DnsOptions> options) : DependencyCheck<DnsOptions>(network, options)
{
    public static readonly CheckType<DnsOptions> Type = CheckType.Create<DnsOptions>(
        new CheckDescriptor(
            "Dns",
            "Whether this machine's resolver finds the addresses of a name, how long that takes, and whether they are those that are expected.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "The name has addresses, all that are expected and no others.",
                [HealthStatus.Degraded] = "An expected address is missing, or the lookup took longer than DegradedAboveLatency.",
                [HealthStatus.Unhealthy] = "There is no such name, it has no or too few addresses or one that is not expected, or no name server answers.",
            },
            "getent ahosts <name> asks as this check does, dig <name> past the hosts file; /etc/resolv.conf names the name servers, /etc/nsswitch.conf the sources.",
            "Correct the zone or the hosts file, or see to the name servers.")
        {
            RemedyByReason = StageRemedies.UpTo(Stage.Resolve, new Dictionary<string, string>
            {
                ["dns.noAddress"] = "The name is there and has no address of that family: add the record, or ask for the other Family.",
                ["dns.unexpected"] = "Find who answers so (dig <name>, the hosts file): a change of the zone, another name server, or an attack. If the address is right, add it to Expected.",
                ["dns.missing"] = "Add the address to the zone again, or take it from Expected.",
                ["dns.tooFew"] = "See which addresses are gone from the zone, or lower MinimumAddressesCount.",
            }),
            DefaultTags = ["ready"],
        },
        static options => options.Validate(),
        static (services, options) => new DnsCheck(services.GetRequiredService<Network>(), options));

    private const int MostShown = 20;

    protected override string TargetOf(DnsOptions options) => options.Host!;

    protected override string? HostOf(DnsOptions options) => options.Host;

    protected override async Task<DependencyFinding> ProbeAsync(StageRun run, DnsOptions options)
    {
        AddressFamily[] families = options.Family switch
        {
            DnsFamily.IPv4 => [AddressFamily.InterNetwork],
            DnsFamily.IPv6 => [AddressFamily.InterNetworkV6],
            // One after the other: each may be missing by itself.
            DnsFamily.Both => [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6],
            _ => [AddressFamily.Unspecified],
        };
        List<IPAddress> found = [];
        foreach (var family in families)
        {
            found.AddRange(await run.Network.Lookups.ResolveAsync(run, options.Host!, family).ConfigureAwait(false));
        }

        // Name servers turn their answers round; texts should not.
        return Judge([.. found.Distinct().OrderBy(address => address.AddressFamily).ThenBy(Bytes, StringComparer.Ordinal)], options);

        static string Bytes(IPAddress address) => Convert.ToHexString(address.GetAddressBytes());
    }

    private static DependencyFinding Judge(IReadOnlyList<IPAddress> found, DnsOptions options)
    {
        var data = new Dictionary<string, object> { ["addresses"] = Texts(found), ["addressesCount"] = found.Count };
        var facts = string.Create(CultureInfo.InvariantCulture, $"{found.Count} {(found.Count == 1 ? "address" : "addresses")}, {List(found)}");
        List<ExpectedAddress> expected = [];
        foreach (var text in options.Expected ?? [])
        {
            if (ExpectedAddress.TryParse(text, out var one))
            {
                expected.Add(one);
            }
        }

        IPAddress[] unexpected = expected.Count == 0 ? [] : [.. found.Where(answer => !expected.Exists(one => one.Matches(answer)))];
        IPAddress[] missing = [.. expected.Select(one => one.Address).OfType<IPAddress>().Distinct().Except(found)];
        List<(HealthStatus Status, string Reason, string Text)> problems = [];
        if (unexpected.Length > 0)
        {
            data["unexpected"] = Texts(unexpected);
            problems.Add((HealthStatus.Unhealthy, "dns.unexpected", $"answered what is not expected: {List(unexpected)}"));
        }

        if (found.Count < options.MinimumAddressesCount)
        {
            problems.Add((HealthStatus.Unhealthy, "dns.tooFew", string.Create(
                CultureInfo.InvariantCulture, $"has fewer addresses than {options.MinimumAddressesCount}")));
        }

        if (missing.Length > 0)
        {
            data["missing"] = Texts(missing);
            problems.Add((HealthStatus.Degraded, "dns.missing", $"lacks what is expected: {List(missing)}"));
        }

        return problems.Count == 0
            ? DependencyFinding.Healthy(facts, data)
            : new DependencyFinding(problems[0].Status, problems[0].Reason, $"{string.Join("; ", problems.Select(problem => problem.Text))}; {facts}", data);
    }

    private static string[] Texts(IReadOnlyList<IPAddress> addresses) => [.. addresses.Take(MostShown).Select(address => address.ToString())];

    private static string List(IReadOnlyList<IPAddress> addresses) =>
        string.Join(", ", Texts(addresses)) + (addresses.Count > MostShown ? string.Create(CultureInfo.InvariantCulture, $" and {addresses.Count - MostShown} more") : "");
}
