using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace HealthKit;

/// <summary>The endpoints' settings in force: code, then configuration, then what the environment makes of what is unset; valid.</summary>
internal sealed class EndpointSettings
{
    public const string SectionName = "Endpoints";

    private const string Path = "HealthKit:" + SectionName;

    private static readonly TimeSpan MaximumDrainDelay = TimeSpan.FromMinutes(10);

    private static readonly string[] Keys =
    [
        nameof(HealthKitEndpointOptions.AnonymousDetail),
        nameof(HealthKitEndpointOptions.DetailPolicy),
        nameof(HealthKitEndpointOptions.DegradedStatusCode),
        nameof(HealthKitEndpointOptions.ManagementPort),
        nameof(HealthKitEndpointOptions.DrainDelay),
    ];

    private readonly IConfigurationSection? _section;
    private readonly List<string> _errors = [];

    /// <exception cref="OptionsValidationException">A value or key is wrong; the message names each with what is allowed.</exception>
    public EndpointSettings(IOptions<HealthKitEndpointOptions> options, IHostEnvironment environment, IConfiguration? configuration = null)
    {
        _section = configuration?.GetSection(Path);
        var code = options.Value;
        Detail = Read(nameof(code.AnonymousDetail), code.AnonymousDetail, ParseDetail, IsKnown, "one of Status, Summary, Full")
            ?? (environment.IsDevelopment() ? HealthDetail.Full : HealthDetail.Summary);
        DetailPolicy = Text(nameof(code.DetailPolicy), code.DetailPolicy);
        DegradedStatusCode = Read(
            nameof(code.DegradedStatusCode), code.DegradedStatusCode, ParseNumber, IsStatusCode, "200 to 299 without 204 and 205, or 400 to 599")
            ?? code.DegradedStatusCode;
        ManagementPort = Read(nameof(code.ManagementPort), code.ManagementPort, ParseNumber, port => port is >= 1 and <= 65535, "a port, 1 to 65535");
        DrainDelay = Read(
            nameof(code.DrainDelay),
            code.DrainDelay,
            ParseTime,
            delay => delay >= TimeSpan.Zero && delay <= MaximumDrainDelay,
            "a time span from 00:00:00 to 00:10:00 as hh:mm:ss, 00:00:10 is ten seconds")
            ?? (environment.IsDevelopment() ? TimeSpan.Zero : TimeSpan.FromSeconds(7));
        RejectUnknownKeys();
        if (_errors.Count > 0)
        {
            throw new OptionsValidationException(nameof(HealthKitEndpointOptions), typeof(HealthKitEndpointOptions), _errors);
        }
    }

    /// <summary>What callers without the policy see.</summary>
    public HealthDetail Detail { get; }

    public string? DetailPolicy { get; }

    public int DegradedStatusCode { get; }

    public int? ManagementPort { get; }

    public TimeSpan DrainDelay { get; }

    private static HealthDetail? ParseDetail(string text)
    {
        // By name only: Enum.Parse would take 2, too.
        foreach (var detail in Enum.GetValues<HealthDetail>())
        {
            if (detail.ToString().Equals(text.Trim(), StringComparison.OrdinalIgnoreCase))
            {
                return detail;
            }
        }

        return null;
    }

    private static int? ParseNumber(string text) =>
        int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) ? number : null;

    // "10" would be ten days and "0:07" seven minutes: two colons show that hours, minutes and seconds are meant.
    private static TimeSpan? ParseTime(string text) =>
        text.Count(character => character == ':') == 2 && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time : null;

    private static bool IsKnown(HealthDetail detail) => Enum.IsDefined(detail);

    // A 1xx, 204, 205 or 304 has no body, another 3xx sends the probe elsewhere.
    private static bool IsStatusCode(int code) => code is (>= 200 and <= 299 and not 204 and not 205) or (>= 400 and <= 599);

    private T? Read<T>(string key, T? code, Func<string, T?> parse, Func<T, bool> isAllowed, string allowed)
        where T : struct
    {
        if (Configured(key, allowed) is { } text)
        {
            var parsed = parse(text);
            if (parsed is { } value && isAllowed(value))
            {
                return value;
            }

            _errors.Add($"{Path}:{key} = '{text}'; allowed: {allowed}");
        }
        else if (code is { } value && !isAllowed(value))
        {
            _errors.Add(string.Create(CultureInfo.InvariantCulture, $"{nameof(HealthKitEndpointOptions)}.{key} = {value}; allowed: {allowed}"));
        }

        return code;
    }

    private string? Text(string key, string? code)
    {
        const string Allowed = "the name of an authorization policy";
        var configured = Configured(key, Allowed);
        var value = configured ?? code;
        if (value is not null && string.IsNullOrWhiteSpace(value))
        {
            _errors.Add($"{(configured is null ? nameof(HealthKitEndpointOptions) + "." : Path + ":")}{key} = '{value}'; allowed: {Allowed}");
        }

        return value;
    }

    private string? Configured(string key, string allowed)
    {
        if (_section?.GetSection(key) is not { } child)
        {
            return null;
        }

        if (child.GetChildren().Any())
        {
            _errors.Add($"{child.Path} holds several values; allowed: one value ({allowed})");
        }

        return child.Value;
    }

    private void RejectUnknownKeys()
    {
        if (_section is null)
        {
            return;
        }

        if (!string.IsNullOrEmpty(_section.Value))
        {
            _errors.Add($"{Path} = '{_section.Value}'; allowed: a section with the keys {string.Join(", ", Keys)}");
        }

        foreach (var child in _section.GetChildren())
        {
            if (!Keys.Contains(child.Key, StringComparer.OrdinalIgnoreCase))
            {
                _errors.Add($"{child.Path} is not a known key; allowed: {string.Join(", ", Keys)}");
            }
        }
    }
}
