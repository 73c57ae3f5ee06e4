using System.Globalization;

namespace HealthKit;

/// <summary>Asks a broker's management API, one connection for all that a run asks. Safe for several runs at once.</summary>
internal sealed class ManagementClient : IDisposable
{
    private const string NodeColumns =
        "name,running,mem_used,mem_limit,mem_alarm,disk_free,disk_free_limit,disk_free_alarm,partitions,fd_used,fd_total,sockets_used,sockets_total";

    private readonly HttpProbe _probe = new();

    /// <summary>The nodes.</summary>
    public Task<List<NodeState>> NodesAsync(StageRun run, ManagementAddress address) =>
        AskAsync(run, address, $"nodes?columns={NodeColumns}", "monitoring", ManagementJson.Nodes);

    /// <summary>All queues of the virtual host.</summary>
    public Task<List<(string Name, QueueFigures Figures)>> QueuesAsync(StageRun run, ManagementAddress address) =>
        AskAsync(run, address, $"queues/{Encode(address.VirtualHost)}?columns=name,messages_ready,consumers", "management", ManagementJson.Queues);

    /// <summary>A queue; null when it is not there.</summary>
    public Task<QueueFigures?> QueueAsync(StageRun run, ManagementAddress address, string queue) =>
        AskAsync<QueueFigures?>(run, address, $"queues/{Encode(address.VirtualHost)}/{Encode(queue)}", "management", ManagementJson.Queue, hasNone: true);

    /// <summary>The bindings to a queue; none when it is not there.</summary>
    public async Task<List<(string Exchange, string RoutingKey)>> BindingsAsync(StageRun run, ManagementAddress address, string queue) =>
        await AskAsync<List<(string, string)>?>(run, address, $"queues/{Encode(address.VirtualHost)}/{Encode(queue)}/bindings", "management", ManagementJson.Bindings, hasNone: true).ConfigureAwait(false) ?? [];

    /// <summary>How many messages wait in all queues, and how many connections there are.</summary>
    public Task<BrokerTotals> OverviewAsync(StageRun run, ManagementAddress address) =>
        AskAsync(run, address, "overview?columns=queue_totals.messages,object_totals.connections", "management", ManagementJson.Overview);

    public void Dispose() => _probe.Dispose();

    private static string Encode(string name) => Uri.EscapeDataString(name);

    /// <summary>Asks for one thing.</summary>
    /// <param name="run">A run of its own: how far it gets is not how far the check gets.</param>
    /// <param name="address">Where.</param>
    /// <param name="path">What.</param>
    /// <param name="tag">The user tag that it needs (https://www.rabbitmq.com/docs/management#permissions).</param>
    /// <param name="read">Reads the answer; null when it is none.</param>
    /// <param name="hasNone">Whether 404 is an answer, too.</param>
    /// <exception cref="StageException">It could not be had, and why.</exception>
    private async Task<T> AskAsync<T>(StageRun run, ManagementAddress address, string path, string tag, Func<ReadOnlyMemory<byte>, T?> read, bool hasNone = false)
    {
        HttpAnswer answer;
        try
        {
            answer = await _probe.SendAsync(run, address.Request(path)).ConfigureAwait(false);
        }
        catch (StageException e)
        {
            throw new StageException(Stage.Use, "rabbitmq.management.unavailable", $"the management API at {address.Target} cannot be asked: {e.Message}", e);
        }

        if (answer.Status is 401 or 403)
        {
            throw Denied(address, tag, ManagementJson.Reason(answer.Body));
        }

        if (answer.Status == 404 && hasNone)
        {
            return default!;
        }

        return answer.Status == 200 && answer.End == BodyEnd.Whole && answer.EncodingProblem is null && read(answer.Body) is { } found
            ? found
            : throw new StageException(
                Stage.Use,
                "rabbitmq.management.unavailable",
                answer.End == BodyEnd.TooLarge
                    ? $"the management API at {address.Target} tells more than is taken"
                    : string.Create(CultureInfo.InvariantCulture, $"what answers at {address.Target} is no management API of RabbitMQ, or is not well: status {answer.Status}"));
    }

    private static StageException Denied(ManagementAddress address, string tag, string? reason) => new(
        Stage.Use,
        "rabbitmq.management.denied",
        $"the management API at {address.Target} may not be asked, so nodes and bindings are not known: " + reason switch
        {
            "Not management user" or "Not monitor user" or "Not monitoring user" =>
                $"its user lacks the tag {(reason == "Not management user" ? tag : "monitoring")} (rabbitmqctl set_user_tags <user> monitoring)",
            "Login failed" => "it does not accept the user and password",
            "User not authorised to access virtual host" => $"its user has no access to virtual host {ForeignText.Shown(address.VirtualHost, 255)}",
            _ => $"it refuses; it takes the tag {tag} (rabbitmqctl set_user_tags <user> monitoring)",
        });
}
