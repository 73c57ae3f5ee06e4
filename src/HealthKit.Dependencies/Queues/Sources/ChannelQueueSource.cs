using System.Threading.Channels;

namespace HealthKit;

/// <summary>A channel in this process. It counts what waits and nothing else: neither ages, nor readers, nor what ever came.</summary>
internal sealed class ChannelQueueSource<T>(ChannelReader<T> reader, string? name) : IQueueSource
{
    public string Target => name ?? $"channel of {typeof(T).Name}";

    // A reader that is at its end has nothing left; whether that is meant to be, nobody but the app knows.
    public Task<QueueState> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(new QueueState(reader.Count));
}
