using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace HealthKit.Tests.Docs;

public interface IInbox
{
    Task<int> CountAsync(CancellationToken token);

    Task<int> CountAsync(string folder, CancellationToken token);
}

public interface IImport
{
    int? TakeLastFinished();
}

/// <summary>The code of docs/writing-checks.md: <see cref="DocumentedCodeTests"/> holds the two against each other.</summary>
public static class WritingChecksSamples
{
    public static void Delegate(HostApplicationBuilder builder, IInbox inbox)
    {
        builder.AddHealthKit().AddDelegateCheck("inbox", async token =>
        {
            var waiting = await inbox.CountAsync(token);
            var data = new Dictionary<string, object> { ["waitingCount"] = waiting };
            return waiting < 1_000
                ? HealthCheckResult.Healthy($"{waiting} messages wait", data)
                : HealthCheckResult.Degraded($"{waiting} messages wait, 1000 are allowed", data: data);
        });
    }

    public static void NoNews(HostApplicationBuilder builder, IImport import)
    {
        builder.AddHealthKit().AddDelegateCheck("import", _ =>
        {
            var finished = import.TakeLastFinished();
            return new(finished is null ? null : HealthCheckResult.Healthy($"imported {finished} rows"));
        });
    }

    public static void CheckType(HostApplicationBuilder builder)
    {
        builder.AddHealthKit().AddCheckType(InboxCheck.Type);
    }

    public static TBuilder AddInboxCheck<TBuilder>(
        this TBuilder builder,
        string folder,
        Action<InboxOptions>? configure = null,
        string? name = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TBuilder : IHealthChecksBuilder
    {
        return builder.AddCheck(
            InboxCheck.Type,
            name ?? "inbox_" + folder,
            options =>
            {
                options.Folder = folder;
                configure?.Invoke(options);
            },
            failureStatus,
            tags,
            timeout);
    }
}

public sealed class InboxOptions
{
    public string? Folder { get; set; }

    public int DegradedAboveCount { get; set; } = 1_000;
}

public sealed class InboxCheck(IInbox inbox, Func<InboxOptions> options) : IHealthCheck
{
    public static readonly CheckType<InboxOptions> Type = CheckType.Create<InboxOptions>(
        new CheckDescriptor(
            Type: "Inbox",
            Measures: "How many messages wait in a folder.",
            States: new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "At most DegradedAboveCount wait.",
                [HealthStatus.Degraded] = "More than that wait: the consumer is behind or gone.",
            },
            WhereToLook: "The consumer's log.",
            Remedy: "Start a second consumer."),
        validate: Validate,
        create: (services, options) => new InboxCheck(services.GetRequiredService<IInbox>(), options));

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var (folder, limit) = (options().Folder!, options().DegradedAboveCount);
        var waiting = await inbox.CountAsync(folder, cancellationToken);
        var data = new Dictionary<string, object> { ["waitingCount"] = waiting };
        if (waiting <= limit)
        {
            return HealthCheckResult.Healthy($"{waiting} messages wait in {folder}", data);
        }

        data["reason"] = "inbox.full";
        return HealthCheckResult.Degraded($"{waiting} messages wait in {folder}, {limit} are allowed", data: data);
    }

    private static IEnumerable<OptionError> Validate(InboxOptions options)
    {
        if (string.IsNullOrEmpty(options.Folder))
        {
            yield return new(nameof(options.Folder), options.Folder, "a folder's name");
        }

        if (options.DegradedAboveCount < 0)
        {
            yield return new(nameof(options.DegradedAboveCount), options.DegradedAboveCount, "a whole number from 0");
        }
    }
}
