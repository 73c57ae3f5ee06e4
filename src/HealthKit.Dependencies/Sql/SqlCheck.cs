using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>Whether any SQL database can be used, by any ADO.NET driver, and what the app's own facts say.</summary>
internal sealed class SqlCheck(Network network, Func<SqlOptions> options, IServiceProvider services) : DatabaseCheck<SqlOptions>(network, options, services)
{
    public static readonly CheckType<SqlOptions> Type = CheckType.Create<SqlOptions>(
        new CheckDescriptor(
            "Sql",
            "Whether a SQL database lets the app in and answers a statement, by the app's own driver; and facts that the app asks for.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "It answers, and no fact is past a limit.",
                [HealthStatus.Degraded] = "A fact is past its degraded limit, grows towards it, or could not be asked for; or it took longer than DegradedAboveLatency.",
                [HealthStatus.Unhealthy] = "A stage failed, or a fact is past its unhealthy limit.",
            },
            "The text names the stage and the driver's words; the server's log has its side.",
            "A fact past its limit: look at what it counts. A stage or a statement that failed: repeat it by the server's own client from this machine, with the app's account.")
        {
            RemedyByReason = StageRemedies.UpTo(Stage.Use, SqlRemedies.With([])),
            DefaultTags = ["ready"],
        },
        static options => options.Validate(),
        static (services, options) => options.ValidateServices(services),
        static (services, options) => new SqlCheck(services.GetService<Network>() ?? new Network(services.GetRequiredService<TimeProvider>()), options, services));

    protected override SqlDialect? Dialect => null;
}
