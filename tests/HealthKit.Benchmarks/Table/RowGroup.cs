namespace HealthKit;

/// <summary>Rows that are measured together.</summary>
internal sealed record RowGroup(string Name, Func<BenchmarkOptions, IAsyncEnumerable<Row>> Measure)
{
    public static readonly IReadOnlyList<RowGroup> All =
    [
        new("disk", options => MicroRows.Disk(options).ToAsyncEnumerable()),
        new("memory", options => MicroRows.Memory(options).ToAsyncEnumerable()),
        new("logs", options => MicroRows.Logs(options).ToAsyncEnumerable()),
        new("file", options => MicroRows.File(options).ToAsyncEnumerable()),
        new("monitor", options => MicroRows.Monitor(options).ToAsyncEnumerable()),
        new("service", options => MicroRows.Service(options).ToAsyncEnumerable()),
        new("results", options => MicroRows.Results(options).ToAsyncEnumerable()),
        new("incidents", IncidentRows.Measure),
        new("sentry", options => SentryRows.Measure(options).ToAsyncEnumerable()),
        new("directory", options => DirectoryRows.Measure(options).ToAsyncEnumerable()),
        new("summary", SummaryRows.Measure),
        new("http", HttpRows.Measure),
        new("http-check", HttpCheckRows.Measure),
        new("redis", options => RedisCheckRows.Measure(options).ToAsyncEnumerable()),
        new("queues", options => QueueRows.Measure(options).ToAsyncEnumerable()),
        new("engine", EngineRows.Measure),
        new("footprint", FootprintRows.Measure),
    ];
}
