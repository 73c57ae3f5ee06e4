using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace HealthKit.IntegrationTests.Servers;

/// <summary>
/// A real RabbitMQ node with its management API, on free ports of 127.0.0.1, with an epmd and a directory of its own. Disposal kills both, stopped or not, and deletes
/// the directory. It takes some seconds to start: a class of tests shares one.
/// </summary>
public sealed class RabbitMqServer : IDisposable
{
    private const string Bin = "/usr/lib/rabbitmq/bin";

    private readonly string _directory = Directory.CreateTempSubdirectory("hk-rabbitmq-").FullName;
    private readonly Dictionary<string, string> _environment;
    private readonly ChildProcess _epmd;
    private readonly ChildProcess _node;
    private readonly HttpClient _client;

    public RabbitMqServer()
    {
        var (epmdPort, distributionPort) = (LoopbackPort.Free(), LoopbackPort.Free());
        (Port, TlsPort, ManagementPort) = (LoopbackPort.Free(), LoopbackPort.Free(), LoopbackPort.Free());
        Directory.CreateDirectory($"{_directory}/home");
        using (var key = ECDsa.Create(ECCurve.NamedCurves.nistP256))
        {
            var now = DateTimeOffset.UtcNow;
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(IPAddress.Loopback);
            var request = new CertificateRequest("CN=mq.example", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(names.Build());
            using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
            File.WriteAllText($"{_directory}/certificate", certificate.ExportCertificatePem());
            File.WriteAllText($"{_directory}/key", key.ExportPkcs8PrivateKeyPem());
            CertificateSha256 = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        }

        File.WriteAllText($"{_directory}/plugins", "[rabbitmq_management].\n");
        File.WriteAllText($"{_directory}/environment", "");
        File.WriteAllText(
            $"{_directory}/rabbitmq.conf",
            $"""
            listeners.ssl.1 = 127.0.0.1:{TlsPort}
            ssl_options.cacertfile = {_directory}/certificate
            ssl_options.certfile = {_directory}/certificate
            ssl_options.keyfile = {_directory}/key
            ssl_options.verify = verify_none
            management.tcp.ip = 127.0.0.1
            management.tcp.port = {ManagementPort}
            collect_statistics_interval = 1000

            """);
        _environment = new()
        {
            ["HOME"] = $"{_directory}/home",
            ["ERL_EPMD_PORT"] = Text(epmdPort),
            ["ERL_EPMD_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_NODENAME"] = $"hk{Port}@localhost",
            ["RABBITMQ_NODE_IP_ADDRESS"] = "127.0.0.1",
            ["RABBITMQ_NODE_PORT"] = Text(Port),
            ["RABBITMQ_DIST_PORT"] = Text(distributionPort),
            ["RABBITMQ_MNESIA_BASE"] = $"{_directory}/mnesia",
            ["RABBITMQ_LOG_BASE"] = $"{_directory}/log",
            ["RABBITMQ_LOGS"] = "-",
            ["RABBITMQ_CONFIG_FILE"] = $"{_directory}/rabbitmq.conf",
            ["RABBITMQ_CONF_ENV_FILE"] = $"{_directory}/environment",
            ["RABBITMQ_ENABLED_PLUGINS_FILE"] = $"{_directory}/plugins",
            ["RABBITMQ_PID_FILE"] = $"{_directory}/pid",
        };
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ManagementPort}/api/") };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("guest:guest"u8));
        _epmd = ChildProcess.Start("epmd", "-address", "127.0.0.1", "-port", Text(epmdPort));
        _node = ChildProcess.Start(Command($"{Bin}/rabbitmq-server"));

        // Listeners open last.
        Eventually.TrueAsync(
            () => _node.HasExited ? throw new InvalidOperationException($"RabbitMQ did not start: {_node.Errors}{string.Join('\n', _node.ReadToEnd())}") : LoopbackPort.Accepts(Port) && LoopbackPort.Accepts(ManagementPort),
            "RabbitMQ accepts connections",
            TimeSpan.FromSeconds(60),
            () => _node.Errors).GetAwaiter().GetResult();
    }

    public int Port { get; }

    public int TlsPort { get; }

    public int ManagementPort { get; }

    /// <summary>The fingerprint of the self-signed certificate at <see cref="TlsPort"/>.</summary>
    public string CertificateSha256 { get; }

    public Uri Management => new($"http://127.0.0.1:{ManagementPort}");

    /// <summary>The address of a user; guest unless said otherwise.</summary>
    public string AddressOf(string user = "guest", string password = "guest", string virtualHost = "/") =>
        $"amqp://{user}:{Uri.EscapeDataString(password)}@127.0.0.1:{Port}/{Uri.EscapeDataString(virtualHost)}";

    /// <summary>Makes a user with what it may do in the virtual host <c>/</c>; null: it has no access to it.</summary>
    public async Task AddUserAsync(string user, string password, string tags = "", (string Configure, string Write, string Read)? permissions = null)
    {
        await SendAsync(HttpMethod.Put, $"users/{user}", JsonSerializer.Serialize(new Dictionary<string, string> { ["password"] = password, ["tags"] = tags }));
        if (permissions is var (configure, write, read))
        {
            await SendAsync(
                HttpMethod.Put,
                $"permissions/%2F/{user}",
                JsonSerializer.Serialize(new Dictionary<string, string> { ["configure"] = configure, ["write"] = write, ["read"] = read }));
        }
    }

    /// <summary>Asks the management API as an administrator.</summary>
    public async Task<string> SendAsync(HttpMethod method, string path, string? json = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json") };
        using var response = await _client.SendAsync(request);
        var body = await response.Content.ReadAsStringAsync();
        return response.IsSuccessStatusCode ? body : throw new InvalidOperationException($"{method} {path}: {(int)response.StatusCode} {body}");
    }

    /// <summary>Runs rabbitmqctl and gives what it printed.</summary>
    public string Control(params string[] arguments)
    {
        using var process = ChildProcess.Start(Command($"{Bin}/rabbitmqctl", ["--quiet", .. arguments]));
        var lines = process.ReadToEnd(TimeSpan.FromSeconds(60));
        var code = process.WaitForExit(TimeSpan.FromSeconds(60));
        return code == 0 ? string.Join('\n', lines) : throw new InvalidOperationException($"rabbitmqctl {string.Join(' ', arguments)}: {string.Join('\n', lines)} {process.Errors}");
    }

    /// <summary>All queues, connections and channels there are, in lines.</summary>
    public string Everything() => $"""
        queues {Control("list_queues", "name", "--no-table-headers")}
        connections {Control("list_connections", "name", "--no-table-headers")}
        channels {Control("list_channels", "pid", "--no-table-headers")}
        """;

    /// <summary>SIGSTOP: the kernel goes on taking connections, and nothing answers.</summary>
    public void Stop() => Tool.Run("kill", "-STOP", ErlangId());

    /// <summary>SIGCONT.</summary>
    public void Continue() => Tool.Run("kill", "-CONT", ErlangId());

    /// <summary>SIGKILL.</summary>
    public void Kill() => Tool.Run("kill", "-KILL", ErlangId());

    public void Dispose()
    {
        _client.Dispose();
        _node.Dispose();
        _epmd.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    /// <summary>The virtual machine, which the script that was started has as a child.</summary>
    private string ErlangId() => File.ReadAllText($"{_directory}/pid").Trim();

    private ProcessStartInfo Command(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = _directory };
        foreach (var (name, value) in _environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }
}
