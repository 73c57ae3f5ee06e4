using System.Collections.ObjectModel;

namespace HealthKit;

/// <summary>What to do about the reasons of the stages, which all checks of dependencies share.</summary>
internal static class StageRemedies
{
    private static readonly Dictionary<string, string> Resolving = new()
    {
        ["dns.notFound"] = "Correct the name, or add it to the zone or the hosts file.",
        ["dns.noAddress"] = "The name is there and has no address of that family: add the record, or ask for the other family.",
        ["dns.unavailable"] = "Look at the name servers in /etc/resolv.conf: none of them gave an answer.",
        ["dns.timeout"] = "Look at the name servers in /etc/resolv.conf: none of them gave an answer in time.",
        ["dns.slow"] = "Look at the name servers in /etc/resolv.conf: the first of them may be down.",
        ["network.noNames"] = "Look at the name servers in /etc/resolv.conf first.",
    };

    private static readonly Dictionary<string, string> Connecting = new()
    {
        ["tcp.refused"] = "The host is up and nothing listens at that port: start the service, or look which address it listens on (ss -ltn).",
        ["tcp.timeout"] = "Nothing came back: the host is down, a firewall drops the packets, or the service is too busy to accept (ss -ltn: Recv-Q).",
        ["tcp.unreachable"] = "There is no route: look at ip route here, and at the network between.",
        ["tcp.denied"] = "A rule on this machine forbids the connection: look at its firewall and at the policy of the process.",
        ["tcp.noLocalPort"] = "This machine has used up its local ports for that target: ss -s; find who opens so many connections.",
        ["tcp.noDescriptor"] = "This process has used up its descriptors: find what leaks them (ls -l /proc/<pid>/fd), or raise the limit.",
        ["tcp.reset"] = "Something answers there and breaks off at once: a full backlog (ss -ltn: Recv-Q), a firewall that rejects, or a proxy without a backend.",
        ["tcp.failed"] = "See the error in the text, which is the operating system's.",
        ["tcp.slow"] = "A first packet was lost, or the network between is long or full: mtr to the host.",
        ["network.noWayOut"] = "Look at this machine's own network first: ip addr, ip route, its firewall.",
    };

    private static readonly Dictionary<string, string> Encrypting = new()
    {
        ["tls.expired"] = "Renew the certificate, and have the server load it: many read it at their start only.",
        ["tls.notYetValid"] = "Look at the clocks, of this machine first.",
        ["tls.wrongName"] = "Another site answers at that address, or the certificate lacks the name: correct the name, the server's sites, or the certificate.",
        ["tls.selfSigned"] = "If it is meant to be so, pin it (PinnedSha256); else install the right certificate.",
        ["tls.incompleteChain"] = "Have the server send the intermediate certificates too (fullchain.pem, not cert.pem). Browsers hide that, other clients fail.",
        ["tls.untrusted"] = "Install the authority's certificate on this machine (update-ca-certificates, or SSL_CERT_FILE for this process), or pin the certificate.",
        ["tls.pin"] = "If the certificate was changed on purpose, pin the new one beside the old before the next change; if not, find who answers there.",
        ["tls.protocol"] = "Have the server speak a newer version of TLS.",
        ["tls.notTls"] = "Correct the port: what answers there does not begin with TLS.",
        ["tls.closed"] = "Correct the port if it speaks no TLS; else see the server's log: it ended the handshake.",
        ["tls.reset"] = "Correct the port if it speaks no TLS; else see the server's log: it, or something between, ended the handshake.",
        ["tls.clientCertificate"] = "The server wants a certificate of its clients, and this check has none to show.",
        ["tls.noCertificate"] = "Configure the server's certificate: it showed none.",
        ["tls.revoked"] = "The authority has revoked the certificate: have a new one issued, and find out why.",
        ["tls.unrecognizedName"] = "The server knows no site of that name: correct the name, or the server's sites.",
        ["tls.failed"] = "See the error in the text, and the server's log at that time.",
        ["tls.timeout"] = "The port takes connections and then says nothing: the server hangs or is overloaded, or what stood before took most of the time (see the times).",
        ["tls.slow"] = "The server is busy, or has to do with large keys: look at its load.",
    };

    private static readonly Dictionary<string, string> Using = new()
    {
        ["use.timeout"] = "It took the request and gave no whole answer in time: see its log and its load, or raise Deadline (below the check's Timeout).",
        ["use.broken"] = "The connection broke in use: see the server's log at that time, and what stands between (a proxy's idle timeout, a firewall).",
        ["use.slow"] = "See its load, and what it waits for itself.",
    };

    /// <summary>The remedies of all stages up to one, and those of a check's own, which go before them.</summary>
    public static IReadOnlyDictionary<string, string> UpTo(Stage last, Dictionary<string, string> own)
    {
        Dictionary<string, string> all = new(own);
        foreach (var (stage, remedies) in new[] { (Stage.Resolve, Resolving), (Stage.Connect, Connecting), (Stage.Tls, Encrypting), (Stage.Use, Using) })
        {
            if (stage <= last)
            {
                foreach (var (reason, remedy) in remedies)
                {
                    all.TryAdd(reason, remedy);
                }
            }
        }

        return new ReadOnlyDictionary<string, string>(all);
    }
}
