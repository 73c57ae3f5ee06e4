using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HealthKit.Tests.Docs;

public interface IMailer
{
    Task SendAsync(string title, string body, CancellationToken token);
}

/// <summary>The code of docs/incidents.md.</summary>
internal static class IncidentsSamples
{
    public static void Sinks(IHostApplicationBuilder builder, string hook)
    {
        builder.AddHealthKit().AddDelegateCheck("uploads", _ => new(HealthCheckResult.Healthy())).AddDelegateCheck("data_disk", _ => new(HealthCheckResult.Healthy()));

        builder.AddHealthKit()
            .AddWebhookSink("ops", options => options.Url = new Uri(hook), policy => policy with { MinimumStatus = HealthStatus.Unhealthy })
            .Configure("uploads", policy => policy with { DependsOn = ["data_disk"] });

        builder.AddHealthKit().AddSink<MailSink>("mail");
    }

    public static async Task Test(HealthIncidents incidents)
    {
        foreach (var result in await incidents.TestAlertAsync())
        {
            Console.WriteLine($"{result.Sink}: {result.Outcome} {result.Problem} ({result.Duration.TotalMilliseconds:0} ms)");
        }
    }

    internal sealed class MailSink(IMailer mailer) : IIncidentSink
    {
        public async Task<SinkResult> SendAsync(IncidentMessage message, CancellationToken cancellationToken)
        {
            await mailer.SendAsync(IncidentText.Title(message), IncidentText.Body(message), cancellationToken);
            return SinkResult.Delivered;
        }
    }

    internal sealed class QueueEvidence(IInbox inbox) : IIncidentEvidence
    {
        public string Name => "queues";

        public async Task<IReadOnlyDictionary<string, object?>?> CollectAsync(Incident incident, CheckState state, CancellationToken cancellationToken) =>
            new Dictionary<string, object?> { ["waitingCount"] = await inbox.CountAsync(cancellationToken) };
    }
}
