using System.Text.Json;

namespace HealthKit;

/// <summary>A list: LLEN, and LINDEX for the oldest entry where its age stands in it.</summary>
internal sealed class RedisListSource : RedisQueueSource
{
    private readonly JsonPath? _enqueuedAt;
    private readonly RespRequest _request;
    private readonly string _key;
    private readonly string? _pointer;

    /// <exception cref="ArgumentException">The connection names no server, or the pointer is none.</exception>
    public RedisListSource(string connectionString, string key, string? enqueuedAtPointer, QueueEnd oldestAt)
        : base(connectionString, $"list {key}")
    {
        if (enqueuedAtPointer is not null && !JsonPath.TryParse(enqueuedAtPointer, out _enqueuedAt))
        {
            throw new ArgumentException($"'{enqueuedAtPointer}' is no JSON pointer; allowed: {RedisKinds.AllowedPointer}", nameof(enqueuedAtPointer));
        }

        (_key, _pointer) = (key, enqueuedAtPointer);
        _request = _enqueuedAt is null
            ? new RespRequest(["LLEN", key])
            : new RespRequest(["LLEN", key], ["LINDEX", key, oldestAt == QueueEnd.Tail ? "-1" : "0"]);
    }

    protected override string Rights => $"~{_key} +llen{(_enqueuedAt is null ? "" : " +lindex")}";

    public override async Task<QueueState> ReadAsync(StageRun run)
    {
        var replies = await Client.SendAsync(run, _request).ConfigureAwait(false);
        var depth = Count(replies[0], "LLEN");
        if (_enqueuedAt is null)
        {
            return new QueueState(depth) { OldestAge = depth == 0 ? TimeSpan.Zero : null };
        }

        var entry = Good(replies[1], "LINDEX");
        if (depth == 0 || entry.IsNull)
        {
            // Between the two commands it may have been emptied.
            return new QueueState(depth) { OldestAge = depth == 0 ? TimeSpan.Zero : null };
        }

        var moment = MomentIn(entry.Bytes, _enqueuedAt);
        if (moment is null)
        {
            run.Note("oldestAgeProblem", $"no moment stands at {_pointer} in the oldest entry");
        }

        return new QueueState(depth) { OldestAge = moment is { } came ? EnqueuedMoment.Age(came, run.Network.Time.GetUtcNow()) : null };
    }

    /// <summary>The moment that stands in an entry, any bytes; null when there is none.</summary>
    internal static DateTimeOffset? MomentIn(ReadOnlySpan<byte> entry, JsonPath path)
    {
        try
        {
            var reader = new Utf8JsonReader(entry, new JsonReaderOptions { MaxDepth = 64 });
            using var document = JsonDocument.ParseValue(ref reader);
            return path.Find(document.RootElement) is { } value ? EnqueuedMoment.Of(value) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
