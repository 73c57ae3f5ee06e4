using HealthKit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Lets an app sign its answers.</summary>
public static class HealthKitSignatureExtensions
{
    /// <summary>
    /// Adds the header <c>X-Answered-By: HealthKit; app="Shop"</c> to every answer, error pages included, so that HealthKit's HTTP check (and
    /// people) can tell an answer of the app itself from one of a proxy before it. It tells the app's name to everybody, and nothing
    /// else. Call it first, before <c>UseExceptionHandler</c>. An answer that has such a header already keeps it.
    /// </summary>
    /// <remarks>
    /// What Kestrel answers on its own has no signature: requests that are no sound HTTP, and exceptions that reach it unhandled.
    /// </remarks>
    /// <param name="app">The app.</param>
    /// <param name="name">
    /// The name to tell; null means <see cref="IHostEnvironment.ApplicationName"/>. Letters, digits, blank, <c>.</c>, <c>_</c> and <c>-</c> are
    /// kept of it, 64 at most.
    /// </param>
    /// <exception cref="ArgumentNullException"><paramref name="app"/> is null.</exception>
    /// <returns>The same app.</returns>
    public static IApplicationBuilder UseHealthKitSignature(this IApplicationBuilder app, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(app);
        var signature = AppSignature.Of(name ?? app.ApplicationServices.GetRequiredService<IHostEnvironment>().ApplicationName);
        return app.Use((context, next) =>
        {
            AppSignature.Sign(context, signature);
            return next(context);
        });
    }
}
