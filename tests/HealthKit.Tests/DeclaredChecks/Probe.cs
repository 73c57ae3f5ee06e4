using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.DeclaredChecks;

internal enum ProbeMode
{
    Fast,
    Thorough,
}

internal sealed class ProbeOptions
{
    public string? Path { get; set; }

    public double? UnhealthyBelowFreePercent { get; set; } = 5;

    public long MaxBytes { get; set; } = 100;

    public int Tries { get; set; } = 1;

    public bool Strict { get; set; }

    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(1);

    public ProbeMode Mode { get; set; }

    public Uri? Address { get; set; }

    public IList<string> Hosts { get; set; } = ["default.example"];

    public Func<int>? CodeOnly { get; set; }
}

/// <summary>A check type with an option of each kind, whose checks say what they were given.</summary>
internal static class Probe
{
    public static CheckType<ProbeOptions> Type { get; } = CheckType.Create<ProbeOptions>(
        new CheckDescriptor("Probe", "Nothing.", new Dictionary<HealthStatus, string> { [HealthStatus.Healthy] = "Always." }, "Here.", "None."),
        static options => options.UnhealthyBelowFreePercent is < 0 or > 100
            ? [new OptionError(nameof(ProbeOptions.UnhealthyBelowFreePercent), options.UnhealthyBelowFreePercent, "a number from 0 to 100 (percent)")]
            : [],
        static (_, options) => new Check(options));

    private sealed class Check(Func<ProbeOptions> options) : IHealthCheck
    {
        private int _runs;

        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        {
            var o = options();
            return Task.FromResult(HealthCheckResult.Healthy("ok", new Dictionary<string, object>
            {
                ["path"] = o.Path ?? "none",
                ["free"] = o.UnhealthyBelowFreePercent ?? -1,
                ["maxBytes"] = o.MaxBytes,
                ["tries"] = o.Tries,
                ["strict"] = o.Strict,
                ["window"] = o.Window,
                ["mode"] = o.Mode,
                ["address"] = o.Address?.ToString() ?? "none",
                ["hosts"] = string.Join(' ', o.Hosts),
                ["runs"] = ++_runs,
            }));
        }
    }
}
