using HealthKit;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the webhook sink.</summary>
public static class WebhookSinkBuilderExtensions
{
    /// <summary>
    /// Sends incidents as HTTP POST, as JSON or as Slack takes them. Its type is <c>Webhook</c> in configuration.
    /// </summary>
    /// <remarks>
    /// What was taken with 2xx is delivered; 400, 413, 415 and 422 give the message up; every other answer and every failure to connect
    /// sends it again later, for somebody can repair those. Redirects are not followed.
    /// </remarks>
    /// <param name="builder">What <c>AddHealthKit()</c> returned.</param>
    /// <param name="name">
    /// Its name, by which <c>HealthKit:Sinks</c> can change it: 1 to 50 letters and digits, with single underscores between them; unique,
    /// ignoring case.
    /// </param>
    /// <param name="configure">Sets the options, <see cref="WebhookSinkOptions.Url"/> above all; configuration wins over it.</param>
    /// <param name="policy">Makes the sink's policy of the default one; configuration wins over it.</param>
    /// <exception cref="ArgumentNullException">builder, name or configure is null.</exception>
    /// <exception cref="ArgumentException">The name is none.</exception>
    /// <returns>The same builder.</returns>
    public static IHealthKitBuilder AddWebhookSink(
        this IHealthKitBuilder builder, string name, Action<WebhookSinkOptions> configure, Func<SinkPolicy, SinkPolicy>? policy = null)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return builder.AddSink(WebhookSink.Type, name, configure, policy);
    }
}
