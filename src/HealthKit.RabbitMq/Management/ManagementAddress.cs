using System.Text;

namespace HealthKit;

/// <summary>Where a broker's management API is, and who asks there.</summary>
internal sealed class ManagementAddress
{
    /// <summary>No broker tells more of what is asked for here, unless it has tens of thousands of queues.</summary>
    private const int MostBytes = 8 << 20;

    private readonly Uri _root;
    private readonly IReadOnlyCollection<string> _pins;
    private readonly KeyValuePair<string, string>[] _headers;

    public ManagementAddress(Uri root, string user, string password, string virtualHost, IReadOnlyCollection<string> pins, Redactor redactor)
    {
        _root = root;
        _pins = pins;
        VirtualHost = virtualHost;
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        RabbitMqAddress.Register(password, user, virtualHost, redactor);
        redactor.AddSecret(credentials);
        _headers = [new("Authorization", $"Basic {credentials}"), new("Accept", "application/json")];
        Target = HttpTarget.Text(root);
    }

    public string VirtualHost { get; }

    /// <summary>The address as people see it.</summary>
    public string Target { get; }

    /// <summary>What to ask for.</summary>
    /// <param name="path">The path below <c>/api/</c>, its names encoded.</param>
    public HttpRequestSpec Request(string path) => new(new Uri($"{_root.GetLeftPart(UriPartial.Path).TrimEnd('/')}/api/{path}"))
    {
        Headers = _headers,
        Expected = StatusSet.Of(["100-599"]),
        MaxBodyBytes = MostBytes,
        MaxRedirects = 0,
        Pins = _root.Scheme == Uri.UriSchemeHttps ? _pins : [],
        ReuseConnection = true,
    };
}
