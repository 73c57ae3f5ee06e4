using System.Globalization;

namespace HealthKit.IntegrationTests.Dependencies;

/// <summary>Authorities and certificates made by openssl(1), and servers of openssl that show them.</summary>
internal sealed class CertificateAuthority : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hk-tls-").FullName;
    private readonly List<ChildProcess> _servers = [];
    private int _made;

    public CertificateAuthority()
    {
        Run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", Key);
        Write(
            "config",
            $"""
            [ca]
            default_ca = d
            [d]
            database = {_directory}/index
            new_certs_dir = {_directory}
            serial = {_directory}/serial
            default_md = sha256
            policy = p
            unique_subject = no
            [p]
            commonName = supplied
            [req]
            distinguished_name = n
            [n]
            [authority]
            basicConstraints = critical, CA:TRUE
            keyUsage = critical, keyCertSign, cRLSign
            [leaf]
            basicConstraints = critical, CA:FALSE
            subjectAltName = $ENV::SAN
            """);
        File.WriteAllText($"{_directory}/index", "");
        Write("serial", "1000");
    }

    /// <summary>One key for all: only certificates are tested.</summary>
    private string Key => $"{_directory}/key";

    public void Dispose()
    {
        _servers.ForEach(server => server.Dispose());
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>A certificate; signed by itself without an issuer.</summary>
    /// <param name="name">Its common name, and its alternative name unless it is an authority's.</param>
    /// <param name="issuer">The file of the one that signs it.</param>
    /// <param name="from">Valid from, counted from now.</param>
    /// <param name="to">Valid until, counted from now.</param>
    /// <param name="isAuthority">Whether it may sign others.</param>
    /// <returns>Its file.</returns>
    public string Make(string name, string? issuer, TimeSpan from, TimeSpan to, bool isAuthority = false)
    {
        var (request, certificate) = ($"{_directory}/{++_made}.csr", string.Create(CultureInfo.InvariantCulture, $"{_directory}/{_made}.pem"));
        var alternative = $"SAN=DNS:{name.Replace(' ', '-')}";
        Tool.Run(
            "env", alternative, "openssl", "req", "-new", "-config", $"{_directory}/config", "-key", Key, "-subj", $"/CN={name}", "-out", request);
        string[] signer = issuer is null ? ["-selfsign"] : ["-cert", issuer];
        Tool.Run(
            "env",
            [
                alternative, "openssl", "ca", "-batch", "-notext", "-config", $"{_directory}/config", .. signer, "-keyfile", Key, "-in", request,
                "-out", certificate, "-extensions", isAuthority ? "authority" : "leaf", "-startdate", Time(from), "-enddate", Time(to),
            ]);
        return certificate;
    }

    /// <summary>Starts a server.</summary>
    /// <param name="certificate">What it shows.</param>
    /// <param name="chain">What it sends besides.</param>
    /// <param name="more">More options of s_server.</param>
    /// <returns>Its port.</returns>
    public int Serve(string certificate, string? chain = null, params string[] more)
    {
        string[] sent = chain is null ? [] : ["-cert_chain", chain];
        var server = ChildProcess.Start("openssl", ["s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", Key, .. sent, .. more]);
        _servers.Add(server);
        while (true)
        {
            // "ACCEPT 127.0.0.1:40123"
            var line = server.ReadLine();
            if (line.StartsWith("ACCEPT ", StringComparison.Ordinal))
            {
                return int.Parse(line[(line.LastIndexOf(':') + 1)..], CultureInfo.InvariantCulture);
            }
        }
    }

    /// <summary>The fingerprint as openssl prints it.</summary>
    public static string Fingerprint(string certificate) => Run("x509", "-in", certificate, "-noout", "-fingerprint", "-sha256").Split('=')[1].Trim();

    private static string Run(params string[] arguments) => Tool.Run("openssl", arguments);

    private static string Time(TimeSpan fromNow) => DateTimeOffset.UtcNow.Add(fromNow).ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture) + "Z";

    private void Write(string name, string text) => File.WriteAllText($"{_directory}/{name}", text + "\n");
}
