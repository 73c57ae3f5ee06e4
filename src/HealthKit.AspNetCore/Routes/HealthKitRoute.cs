using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace HealthKit;

/// <summary>
/// Marks HealthKit's endpoints, and stops the start of an app that maps something else at the same path: routing would answer every probe by an
/// AmbiguousMatchException, which is a 500, and nobody would see why.
/// </summary>
internal sealed class HealthKitRoute(IServiceProvider services) : IHostedLifecycleService
{
    public static readonly object Marker = new MarkerMetadata();

    /// <summary>By now every endpoint is mapped, and the app is not in rotation yet.</summary>
    /// <exception cref="InvalidOperationException">A path is mapped twice.</exception>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        var all = services.GetService<EndpointDataSource>()?.Endpoints.OfType<RouteEndpoint>().Where(TakesGetAtAnyHost).ToList() ?? [];
        foreach (var ours in all.Where(IsOurs))
        {
            if (all.Find(other => other != ours && other.Order == ours.Order && PathOf(other).Equals(PathOf(ours), StringComparison.OrdinalIgnoreCase)) is { } twin)
            {
                throw new InvalidOperationException(
                    $"{PathOf(ours)} is mapped twice, by MapHealthKit and as '{twin.DisplayName}': every request to it would fail. " +
                    "Remove the other (MapHealthKit answers in its place), or map HealthKit elsewhere: MapHealthKit(\"/status\").");
            }
        }

        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static bool IsOurs(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<MarkerMetadata>() is not null;

    private static bool TakesGetAtAnyHost(RouteEndpoint endpoint) =>
        (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods is not { Count: > 0 } methods || methods.Contains(HttpMethods.Get, StringComparer.OrdinalIgnoreCase))
        && endpoint.Metadata.GetMetadata<IHostMetadata>()?.Hosts is null or { Count: 0 };

    private static string PathOf(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText?.Trim('/');

    private sealed class MarkerMetadata;
}
