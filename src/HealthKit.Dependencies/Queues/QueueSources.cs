using System.Threading.Channels;

namespace HealthKit;

/// <summary>The queues that HealthKit knows how to look at, for <c>AddQueueCheck</c>. Whatever else has a length: implement <see cref="IQueueSource"/>.</summary>
/// <remarks>No source takes anything from a queue or puts anything in, and what it cannot know it says to be unknown.</remarks>
public static class QueueSources
{
    /// <summary>
    /// A channel in this process: how much waits. Ages, readers and rates are not known, as a channel counts nothing else.
    /// </summary>
    /// <typeparam name="T">What is in it.</typeparam>
    /// <param name="reader">The channel's reader. Nothing is read from it.</param>
    /// <param name="name">As texts name it; null means <c>channel of T</c>.</param>
    /// <exception cref="ArgumentNullException"><paramref name="reader"/> is null.</exception>
    /// <exception cref="ArgumentException">The reader cannot count (<see cref="ChannelReader{T}.CanCount"/>): an unbounded channel that was made with <c>SingleReader = true</c> cannot.</exception>
    public static IQueueSource Channel<T>(ChannelReader<T> reader, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return reader.CanCount
            ? new ChannelQueueSource<T>(reader, name)
            : throw new ArgumentException(
                $"This channel of {typeof(T).Name} cannot count (CanCount is false); allowed: a bounded channel, or an unbounded one made without SingleReader = true", nameof(reader));
    }
}
