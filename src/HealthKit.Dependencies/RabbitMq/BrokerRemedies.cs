namespace HealthKit;

/// <summary>What to do where the way to a queue of RabbitMQ fails: the queue check says it, and the check of HealthKit.RabbitMq.</summary>
internal static class BrokerRemedies
{
    private static readonly Dictionary<string, string> All = new()
    {
        ["rabbitmq.noVhost"] = "Correct the virtual host (%2F for a slash in its name), or make it: rabbitmqctl add_vhost <vhost>.",
        ["rabbitmq.vhostDenied"] = "Grant the user access: rabbitmqctl set_permissions -p <vhost> <user> <configure> <write> <read>.",
        ["rabbitmq.vhostDown"] = "See the broker's log; rabbitmqctl restart_vhost -p <vhost>.",
        ["rabbitmq.connectionLimit"] = "Find who opens so many connections (rabbitmqctl list_connections user peer_host), or raise the limit (rabbitmqctl set_vhost_limits, set_user_limits).",
        ["rabbitmq.refused"] = "See the broker's log for the code in the text.",
        ["rabbitmq.failed"] = "See the broker's log, at the time of the run.",
        ["rabbitmq.protocol"] = "Correct the port: 5672 is AMQP, 5671 AMQP by TLS, 15672 the management API.",
        ["rabbitmq.closed"] = "The broker was stopped or restarted, or a proxy on the way has no broker behind it: see their logs.",
        ["rabbitmq.denied"] = "Grant the permission in the text (rabbitmqctl list_user_permissions <user> shows what there is), or do not have it checked.",
        ["rabbitmq.queueMissing"] = "Have the app declare it, or import the definitions anew; a queue that expires or is deleted with its consumer must not be required.",
        ["rabbitmq.management.denied"] = "rabbitmqctl set_user_tags <user> monitoring, or set ManagementUser and ManagementPassword.",
        ["rabbitmq.management.unavailable"] = "Correct the address, or rabbitmq-plugins enable rabbitmq_management.",
    };

    /// <summary>These, and a check's own, which go before them.</summary>
    public static Dictionary<string, string> With(Dictionary<string, string> own)
    {
        foreach (var (reason, remedy) in All)
        {
            own.TryAdd(reason, remedy);
        }

        return own;
    }
}
