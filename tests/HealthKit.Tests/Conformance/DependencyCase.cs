using System.Net.Sockets;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Conformance;

/// <summary>A case of a check of a dependency. It cannot be measured where no name server answers.</summary>
/// <param name="type">The check type.</param>
/// <param name="create">Makes the check on a network.</param>
/// <param name="last">The last stage that it goes through.</param>
internal abstract class DependencyCase<TOptions>(CheckType<TOptions> type, Func<Network, Func<TOptions>, IHealthCheck> create, Stage last)
    : ConformanceCase<TOptions>(type)
    where TOptions : DependencyOptions, new()
{
    private const string StagesFolder = "src/HealthKit.Dependencies/Stages/";

    private static readonly Lazy<int> Refusing = new(LoopbackPort.Closed);

    private readonly CheckType<TOptions> _withoutNames = CheckType.Create<TOptions>(
        type.Descriptor,
        type.Validate,
        (_, options) => create(new Network(TimeProvider.System) { Lookups = new HostLookups(static (_, _) => throw new SocketException((int)SocketError.TryAgain)) }, options));

    public override IEnumerable<string> MoreSources
    {
        get
        {
            yield return StagesFolder + "HostLookups.cs";
            if (last >= Stage.Connect)
            {
                yield return StagesFolder + "Connector.cs";
            }

            if (last >= Stage.Tls)
            {
                yield return StagesFolder + "TlsClient.cs";
                yield return StagesFolder + "ShownCertificate.cs";
            }
        }
    }

    public override IEnumerable<string> MoreReasons =>
    [
        "network.noNames",
        .. last >= Stage.Connect ? ["network.noWayOut"] : Array.Empty<string>(),
        .. Enum.GetValues<Stage>().Where(stage => stage <= last).SelectMany(stage => new[] { stage.Prefix() + ".timeout", stage.Prefix() + ".slow" }),
    ];

    protected static int RefusingPort => Refusing.Value;

    public override void Add(IHealthChecksBuilder builder, Scenario scenario, HealthStatus? failureStatus = null)
    {
        Network.AddTo(builder.Services);
        base.Add(builder, scenario, failureStatus);
    }

    protected override CheckType<TOptions> TypeFor(Scenario scenario) => scenario == Scenario.Unmeasurable ? _withoutNames : base.TypeFor(scenario);

    /// <summary>The part of a planted text that can be a host's name, as one that leads nowhere else.</summary>
    protected static string Planted(string text) => text.Split('/')[0] + ".localhost";
}
