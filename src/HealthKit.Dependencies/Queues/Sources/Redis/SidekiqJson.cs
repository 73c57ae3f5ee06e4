using System.Text.Json;

namespace HealthKit;

/// <summary>What Sidekiq writes as JSON: jobs, and what a process says of itself. Foreign text, read in one pass, whatever it is.</summary>
internal static class SidekiqJson
{
    private const int MostQueues = 100;

    // Arguments of jobs may be nested deeper than most.
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 1_000 };

    /// <summary>When a job was put into its queue: seconds as a float up to Sidekiq 7, milliseconds since 8. Null when it does not say.</summary>
    public static DateTimeOffset? EnqueuedAt(ReadOnlySpan<byte> job)
    {
        try
        {
            var reader = new Utf8JsonReader(job, Options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            DateTimeOffset? found = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isIt = reader.ValueTextEquals("enqueued_at"u8);
                reader.Read();
                if (isIt && reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var number))
                {
                    found = EnqueuedMoment.Of(number);
                }

                reader.Skip();
            }

            return found;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The queues that a process takes from, of what it says of itself; null when it does not say.</summary>
    public static IReadOnlyList<string>? Queues(ReadOnlySpan<byte> info)
    {
        try
        {
            var reader = new Utf8JsonReader(info, Options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            List<string>? queues = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isIt = reader.ValueTextEquals("queues"u8);
                reader.Read();
                if (!isIt || reader.TokenType != JsonTokenType.StartArray)
                {
                    reader.Skip();
                    continue;
                }

                queues = [];
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (reader.TokenType == JsonTokenType.String && queues.Count < MostQueues)
                    {
                        queues.Add(reader.GetString()!);
                    }

                    reader.Skip();
                }
            }

            return queues;
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException)
        {
            return null; // half a surrogate pair, written as an escape
        }
    }

    /// <summary>A process as people call it: <c>host:1234</c> of its identity <c>host:1234:3f2a…</c>.</summary>
    public static string Name(string identity)
    {
        var end = identity.LastIndexOf(':');
        return end > 0 && identity.IndexOf(':', StringComparison.Ordinal) < end ? identity[..end] : identity;
    }
}
