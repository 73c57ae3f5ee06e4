using System.Text.Json;

namespace HealthKit;

/// <summary>Reads the answers of a management API: any JSON, bounded by what was taken of the answer. What is of another shape is left out.</summary>
internal static class ManagementJson
{
    private const int MostNodes = 100;
    private const int MostNames = 50_000;
    private const int LongestName = 255;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 32 };

    /// <summary>The nodes of <c>/api/nodes</c>; null when it is something else.</summary>
    public static List<NodeState>? Nodes(ReadOnlyMemory<byte> json) => Read(json, static root => List(root, MostNodes, static node => Text(node, "name") is { } name
        ? new NodeState(name, Truth(node, "running") ?? true)
        {
            MemoryUsedBytes = Number(node, "mem_used"),
            MemoryLimitBytes = Number(node, "mem_limit"),
            MemoryAlarm = Truth(node, "mem_alarm") ?? false,
            DiskFreeBytes = Number(node, "disk_free"),
            DiskFreeLimitBytes = Number(node, "disk_free_limit"),
            DiskAlarm = Truth(node, "disk_free_alarm") ?? false,
            Partitions = Member(node, "partitions") is { ValueKind: JsonValueKind.Array } partitions
                ? [.. partitions.EnumerateArray().Take(MostNodes).Select(Text).OfType<string>()]
                : [],
            DescriptorsUsed = Number(node, "fd_used"),
            DescriptorsTotal = Number(node, "fd_total"),
            SocketsUsed = Number(node, "sockets_used"),
            SocketsTotal = Number(node, "sockets_total"),
        }
        : null));

    /// <summary>The figures of a queue; null when it is something else.</summary>
    public static QueueFigures? Queue(ReadOnlyMemory<byte> json) => Read(json, static root =>
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var counts = Member(root, "message_stats") is { ValueKind: JsonValueKind.Object } stats ? stats : default;

        // The broker leaves out what it has not counted yet since its start: that is 0, where it counts at all.
        var ready = Whole(root, "messages_ready");
        long? none = ready is null ? null : 0;
        return new QueueFigures
        {
            Ready = ready,
            Unacknowledged = Whole(root, "messages_unacknowledged"),
            Consumers = (int?)Math.Min(Whole(root, "consumers") ?? -1, int.MaxValue) is >= 0 and var consumers ? consumers : null,
            HeadMessageAt = Whole(root, "head_message_timestamp") is { } seconds and <= 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null,
            Published = Whole(counts, "publish") ?? none,
            Acknowledged = Sum(Whole(counts, "ack"), Whole(counts, "deliver_no_ack"), Whole(counts, "get_no_ack")) ?? none,
        };
    });

    /// <summary>Names of queues with their counts; null when it is something else.</summary>
    public static List<(string Name, QueueFigures Figures)>? Queues(ReadOnlyMemory<byte> json) => Read(json, static root => List(
        root,
        MostNames,
        static one => Text(one, "name") is { } name
            ? ((string, QueueFigures)?)(name, new QueueFigures { Ready = Whole(one, "messages_ready"), Consumers = (int?)Whole(one, "consumers") })
            : null)?.Select(static one => one!.Value).ToList());

    /// <summary>The bindings to a queue: from which exchange, by which routing key. Null when it is something else.</summary>
    public static List<(string Exchange, string RoutingKey)>? Bindings(ReadOnlyMemory<byte> json) => Read(json, static root => List(
        root,
        MostNames,
        static one => (Member(one, "source") is { } source ? Any(source) : null, Member(one, "routing_key") is { } key ? Any(key) : null) is ({ } exchange, { } routingKey)
            ? ((string, string)?)(exchange, routingKey)
            : null)?.Select(static one => one!.Value).ToList());

    /// <summary>How many messages wait in all queues, and how many connections there are; null for what is not told.</summary>
    public static BrokerTotals? Overview(ReadOnlyMemory<byte> json) => Read(json, static root => root.ValueKind == JsonValueKind.Object
        ? new BrokerTotals(
            Member(root, "queue_totals") is { } queues ? Whole(queues, "messages") : null,
            Member(root, "object_totals") is { } objects ? Whole(objects, "connections") : null)
        : null);

    /// <summary>Why a request was refused, in the API's own words that are known; null else.</summary>
    public static string? Reason(ReadOnlyMemory<byte> json) => Read(json, static root => Text(root, "reason"));

    private static T? Read<T>(ReadOnlyMemory<byte> json, Func<JsonElement, T?> read)
        where T : class
    {
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            return read(document.RootElement);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static List<T>? List<T>(JsonElement root, int most, Func<JsonElement, T?> read)
    {
        // A page of a list has it as its items.
        var all = root.ValueKind == JsonValueKind.Object && Member(root, "items") is { } items ? items : root;
        if (all.ValueKind != JsonValueKind.Array || all.GetArrayLength() > most)
        {
            return null;
        }

        List<T> list = [];
        foreach (var one in all.EnumerateArray())
        {
            if (read(one) is { } item)
            {
                list.Add(item);
            }
        }

        return list;
    }

    private static JsonElement? Member(JsonElement element, string name)
    {
        try
        {
            return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member) ? member : null;
        }
        catch (InvalidOperationException)
        {
            // A name beside it that is no text, half a surrogate pair.
            return null;
        }
    }

    private static string? Text(JsonElement element, string name) => Member(element, name) is { } member ? Text(member) : null;

    private static string? Text(JsonElement element) => Any(element) is { Length: > 0 } text ? text : null;

    private static string? Any(JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String && element.GetString() is { Length: <= LongestName } text ? text : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static bool? Truth(JsonElement element, string name) => Member(element, name)?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>A number that counts something. The API has texts such as <c>unknown</c> in their place.</summary>
    private static double? Number(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.Number } number && number.TryGetDouble(out var value) && double.IsFinite(value) && value >= 0 ? value : null;

    private static long? Whole(JsonElement element, string name) => Number(element, name) is <= 1L << 53 and { } value ? (long)value : null;

    private static long? Sum(params ReadOnlySpan<long?> parts)
    {
        long? sum = null;
        foreach (var part in parts)
        {
            sum = part is null ? sum : (sum ?? 0) + part;
        }

        return sum;
    }
}
