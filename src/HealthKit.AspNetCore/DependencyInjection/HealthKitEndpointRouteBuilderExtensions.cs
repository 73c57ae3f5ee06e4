using System.Globalization;
using HealthKit;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps HealthKit's endpoints.</summary>
public static partial class HealthKitEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps <c>/health</c> (every check), <c>/health/live</c> (tag <c>live</c>), <c>/health/ready</c> (tag <c>ready</c>) and
    /// <c>/health/startup</c> (tag <c>startup</c>, and every check has had its first result), and, for callers who see everything,
    /// <c>/health/incidents</c> and <c>/health/incidents/{id}</c>.
    /// </summary>
    /// <param name="endpoints">The app, or a group of routes.</param>
    /// <param name="pattern">The path of the first; the others stand below it. Default: <c>/health</c>.</param>
    /// <returns>A builder for conventions of all: <c>AllowAnonymous()</c>, <c>RequireAuthorization()</c>, <c>DisableRateLimiting()</c>.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// HealthKit was not added to the services, or <see cref="HealthKitEndpointOptions.DetailPolicy"/> names no registered policy.
    /// </exception>
    /// <exception cref="OptionsValidationException">A setting of the endpoints is wrong.</exception>
    public static IEndpointConventionBuilder MapHealthKit(this IEndpointRouteBuilder endpoints, string pattern = "/health")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        var services = endpoints.ServiceProvider;
        if (services.GetService<HealthMonitor>() is not { } monitor)
        {
            throw new InvalidOperationException(
                "MapHealthKit needs HealthKit among the app's services: call builder.AddHealthKit() on the WebApplicationBuilder before the app is built.");
        }

        if (services.GetService<Drain>() is not { } drain)
        {
            throw new InvalidOperationException(
                "HealthKit is among the app's services, and what its endpoints need is not: services.AddHealthKit() is for any host and does not know them. " +
                "Call builder.AddHealthKit() on the WebApplicationBuilder instead, or services.AddHealthKit().AddEndpoints().");
        }

        var incidents = services.GetRequiredService<HealthIncidents>();
        var settings = services.GetRequiredService<EndpointSettings>();
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(HealthMonitor).Namespace + ".Endpoints");
        var timeProvider = services.GetRequiredService<TimeProvider>();
        var authorizer = settings.DetailPolicy is { } policy ? DetailAuthorizer.Create(policy, services, timeProvider, logger) : null;
        var identity = AppIdentity.OfThisProcess();

        drain.EndpointsAreMapped();
        if (settings.ManagementPort is { } port)
        {
            services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.Register(() => WarnIfNobodyListens(services, port, logger));
        }

        var group = endpoints.MapGroup(pattern);
        foreach (var route in HealthRoute.Every)
        {
            Map(route.Path, new HealthEndpoint(route, monitor, incidents, settings, drain, authorizer, identity, timeProvider).HandleAsync);
        }

        var details = new IncidentsEndpoint(incidents, settings, authorizer);
        Map("/incidents", details.HandleAsync);
        Map("/incidents/{id}", details.HandleAsync);
        return group;

        void Map(string path, RequestDelegate answer) => group.Map(path, answer)
            .WithDisplayName("HealthKit " + pattern.TrimEnd('/') + path)
            // Output caching passes over no-store; an answer about health must never come out of its store.
            .WithMetadata(new OutputCacheAttribute { NoStore = true }, HealthKitRoute.Marker);
    }

    private static void WarnIfNobodyListens(IServiceProvider services, int port, ILogger logger)
    {
        var addresses = services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        if (!addresses.Any(address => BindingAddress.Parse(address) is { IsUnixPipe: false, IsNamedPipe: false } parsed && parsed.Port == port))
        {
            LogNobodyListens(logger, port.ToString(CultureInfo.InvariantCulture), addresses.Count == 0 ? "no address" : string.Join(", ", addresses));
        }
    }

    [LoggerMessage(
        EventId = 210,
        Level = LogLevel.Warning,
        Message = "HealthKit:Endpoints:ManagementPort is {Port}, but the app listens on {Addresses}: nobody can reach the health endpoints")]
    private static partial void LogNobodyListens(ILogger logger, string port, string addresses);
}
