using System.Globalization;

namespace HealthKit;

/// <summary>What the management API tells beside AMQP: nodes against their limits, and bindings.</summary>
internal static class NodesProbe
{
    public static async Task LookAsync(StageRun run, ManagementClient client, RabbitMqPlan plan, BrokerReport report)
    {
        var address = plan.Management!;
        if (plan.Bindings.Count > 0)
        {
            await LookForBindingsAsync(run, client, plan, report).ConfigureAwait(false);
        }

        var totals = await client.OverviewAsync(run, address).ConfigureAwait(false);
        if (totals.Messages is { } messages)
        {
            report.Set("queuedCount", messages);
        }

        if (totals.Connections is { } connections)
        {
            report.Set("connectionCount", connections);
        }

        var nodes = await client.NodesAsync(run, address).ConfigureAwait(false);
        foreach (var node in nodes)
        {
            Judge(node, plan, report);
        }

        if (nodes.Count > 0 && nodes.TrueForAll(static node => node.Running))
        {
            var memory = nodes.Max(static node => node.MemoryPercent);
            var used = memory is { } percent ? string.Create(CultureInfo.InvariantCulture, $", at most {GaugeAmount.Percent(percent)} of memory limit used") : "";
            report.AddFact($"{(nodes.Count == 1 ? "1 node" : string.Create(CultureInfo.InvariantCulture, $"{nodes.Count} nodes"))} running{used}");
        }
    }

    private static async Task LookForBindingsAsync(StageRun run, ManagementClient client, RabbitMqPlan plan, BrokerReport report)
    {
        List<RequiredBinding> missing = [];
        foreach (var byQueue in plan.Bindings.GroupBy(static binding => binding.Queue, StringComparer.Ordinal))
        {
            var there = await client.BindingsAsync(run, plan.Management!, byQueue.Key).ConfigureAwait(false);
            missing.AddRange(byQueue.Where(binding => !there.Exists(one => one.Exchange == binding.Exchange && (binding.RoutingKey is null || one.RoutingKey == binding.RoutingKey))));
        }

        if (missing.Count > 0)
        {
            report.Add(
                GaugeLevel.Unhealthy, "rabbitmq.bindingMissing", $"bindings: {missing.Count} of {plan.Bindings.Count} missing: {string.Join(", ", missing.Take(50))}");
        }
        else
        {
            report.AddFact(plan.Bindings.Count == 1 ? "1 binding there" : $"{plan.Bindings.Count} bindings there");
        }
    }

    private static void Judge(NodeState node, RabbitMqPlan plan, BrokerReport report)
    {
        var name = ForeignText.Shown(node.Name, 255);
        if (!node.Running)
        {
            report.Add(GaugeLevel.Degraded, "rabbitmq.node.down", $"node {name} does not run");
            return;
        }

        if (node.Partitions.Count > 0)
        {
            report.Add(GaugeLevel.Unhealthy, "rabbitmq.partition", $"node {name} has lost touch with {TopologyProbe.List(node.Partitions)}");
        }

        if (node.MemoryPercent is { } memory)
        {
            report.SetItem(name, "memoryUsedBytes", node.MemoryUsedBytes);
            report.SetItem(name, "memoryLimitBytes", node.MemoryLimitBytes);
            report.SetItem(name, "memoryUsedPercent", Math.Round(memory, 2));
            var (level, text) = plan.JudgeMemory(memory);
            if (level != GaugeLevel.Ok && !node.MemoryAlarm)
            {
                report.Add(level, "rabbitmq.memory.high", $"node {name}: {text}");
            }
        }

        if (node.MemoryAlarm)
        {
            report.Add(GaugeLevel.Unhealthy, "rabbitmq.alarm.memory", $"node {name} has a memory alarm{Of(node.MemoryUsedBytes, node.MemoryLimitBytes, "used, limit")}: the broker takes no messages until that is over");
        }

        if (node is { DiskFreeBytes: { } free, DiskFreeLimitBytes: { } limit })
        {
            report.SetItem(name, "diskFreeBytes", free);
            report.SetItem(name, "diskFreeLimitBytes", limit);
            var (level, text) = plan.JudgeDisk(free, limit);
            if (level != GaugeLevel.Ok && !node.DiskAlarm)
            {
                report.Add(level, "rabbitmq.disk.low", $"node {name}: {text}");
            }
        }

        if (node.DiskAlarm)
        {
            report.Add(GaugeLevel.Unhealthy, "rabbitmq.alarm.disk", $"node {name} has a disk alarm{Of(node.DiskFreeBytes, node.DiskFreeLimitBytes, "free, limit")}: the broker takes no messages until that is over");
        }

        if (node.DescriptorsPercent is { } descriptors)
        {
            report.SetItem(name, "descriptorsUsedPercent", Math.Round(descriptors, 2));
            report.SetItem(name, "descriptorsUsedCount", node.DescriptorsUsed);
            report.SetItem(name, "socketsUsedCount", node.SocketsUsed);
            var (level, text) = plan.JudgeDescriptors(descriptors);
            if (level != GaugeLevel.Ok)
            {
                report.Add(level, "rabbitmq.descriptors.high", $"node {name}: {text}");
            }
        }
    }

    private static string Of(double? value, double? limit, string words) =>
        value is { } v && limit is { } l ? string.Create(CultureInfo.InvariantCulture, $" ({GaugeAmount.Bytes(v)} {words} {GaugeAmount.Bytes(l)})") : "";
}
