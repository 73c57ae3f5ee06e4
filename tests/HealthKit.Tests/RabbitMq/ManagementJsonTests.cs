using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.RabbitMq;

public class ManagementJsonTests
{
    [Fact]
    public void A_node_of_a_split_cluster_is_read()
    {
        // From a public issue thread, RabbitMQ 3.5.
        var node = Assert.Single(ManagementJson.Nodes(Json(
            """
            [{"mem_used":150456032,"mem_used_details":{"rate":25176},"fd_used":55,"sockets_used":0,"proc_used":226,"disk_free":189045161984,
            "partitions":["rabbit@ribbit-0","rabbit@ribbit-1","rabbit@ribbit-3","rabbit@ribbit-4"],"os_pid":"113","fd_total":1048576,"sockets_total":943626,
            "mem_limit":838395494,"mem_alarm":false,"disk_free_limit":50000000,"disk_free_alarm":false,"proc_total":1048576,"rates_mode":"basic","uptime":3772165,
            "run_queue":0,"processors":4,"name":"my-rabbit@5a00cd8fe2f4","type":"disc","running":true}]
            """))!);

        Assert.Equal(("my-rabbit@5a00cd8fe2f4", true, false, false), (node.Name, node.Running, node.MemoryAlarm, node.DiskAlarm));
        Assert.Equal(["rabbit@ribbit-0", "rabbit@ribbit-1", "rabbit@ribbit-3", "rabbit@ribbit-4"], node.Partitions);
        Assert.Equal((150456032.0, 838395494.0, 189045161984.0, 50000000.0), (node.MemoryUsedBytes, node.MemoryLimitBytes, node.DiskFreeBytes, node.DiskFreeLimitBytes));
        Assert.InRange(node.MemoryPercent!.Value, 17.9, 18);
        Assert.InRange(node.DescriptorsPercent!.Value, 0.005, 0.006);
    }

    [Fact]
    public void What_is_not_told_or_is_no_number_is_not_known()
    {
        var nodes = ManagementJson.Nodes(Json("""[{"name":"a","running":false},{"name":"b","mem_used":"unknown","mem_limit":-1,"disk_free":1e999,"mem_alarm":true,"fd_used":3},{"no":"name"},7]"""))!;

        Assert.Equal(["a", "b"], nodes.Select(static node => node.Name));
        Assert.False(nodes[0].Running);
        Assert.Equal((null, null, null, null, true), (nodes[1].MemoryUsedBytes, nodes[1].MemoryLimitBytes, nodes[1].DiskFreeBytes, nodes[1].DescriptorsPercent, nodes[1].MemoryAlarm));
    }

    [Fact]
    public void A_queue_is_read()
    {
        var queue = ManagementJson.Queue(Json(
            """{"messages_ready":5,"messages_unacknowledged":2,"consumers":1,"head_message_timestamp":1795338000,"message_stats":{"publish":9,"ack":2,"deliver_no_ack":1}}"""));

        Assert.Equal(
            new QueueFigures { Ready = 5, Unacknowledged = 2, Consumers = 1, HeadMessageAt = DateTimeOffset.FromUnixTimeSeconds(1795338000), Published = 9, Acknowledged = 3 }, queue);
        Assert.Equal(new QueueFigures { Ready = 0, Published = 0, Acknowledged = 0 }, ManagementJson.Queue(Json("""{"messages_ready":0}""")));
        Assert.Equal(new QueueFigures(), ManagementJson.Queue(Json("""{"head_message_timestamp":null,"consumers":-3}""")));
    }

    [Fact]
    public void Lists_come_whole_or_as_a_page()
    {
        Assert.Equal(["a"], ManagementJson.Queues(Json("""[{"name":"a","messages_ready":1}]"""))!.Select(static queue => queue.Name));
        Assert.Equal(["b"], ManagementJson.Queues(Json("""{"page":1,"items":[{"name":"b"}]}"""))!.Select(static queue => queue.Name));
        Assert.Equal([("", "x"), ("shop", "a b")], ManagementJson.Bindings(Json("""[{"source":"","routing_key":"x"},{"source":"shop","routing_key":"a b"}]"""))!);
        Assert.Null(ManagementJson.Bindings(Json("""{"error":"Object Not Found","reason":"Not Found"}""")));
    }

    [Fact]
    public void The_overview_and_a_refusal_are_read()
    {
        Assert.Equal(new BrokerTotals(48, 0), ManagementJson.Overview(Json("""{"queue_totals":{"messages":48},"object_totals":{"consumers":0,"connections":0}}""")));
        Assert.Equal(new BrokerTotals(null, null), ManagementJson.Overview(Json("""{"queue_totals":{}}""")));
        Assert.Equal("Login failed", ManagementJson.Reason(Json("""{"error":"not_authorised","reason":"Login failed"}""")));
    }

    [Fact]
    public void Any_bytes_are_read_or_not_and_never_throw() => Prop.ForAll<byte[], string, int>(static (bytes, text, number) =>
    {
        var quoted = System.Text.Json.JsonSerializer.Serialize(text ?? "");
        var json = $$"""[{"name":{{quoted}},"running":{{quoted}},"mem_used":{{number}},"partitions":[{{quoted}},{{number}}],"source":{{quoted}},"routing_key":{{quoted}},"head_message_timestamp":{{number}}000000}]""";
        foreach (var one in new ReadOnlyMemory<byte>[] { bytes, Json(json), Json(json[1..^1]), Json(json[..(json.Length / 2)]), Json("[{\"\\ud800\":1,\"name\":\"\\ud800\"}]"), Json(new string('[', 500)) })
        {
            _ = ManagementJson.Nodes(one);
            _ = ManagementJson.Queue(one);
            _ = ManagementJson.Queues(one);
            _ = ManagementJson.Bindings(one);
            _ = ManagementJson.Overview(one);
            _ = ManagementJson.Reason(one);
        }

        return true;
    }).QuickCheckThrowOnFailure();

    private static ReadOnlyMemory<byte> Json(string text) => Encoding.UTF8.GetBytes(text);
}
