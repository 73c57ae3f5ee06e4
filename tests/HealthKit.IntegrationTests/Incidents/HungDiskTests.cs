using System.Text;
using HealthKit.IntegrationTests.LoadBalancers;

namespace HealthKit.IntegrationTests.Incidents;

/// <summary>Alerts, requests and the end of the app while the disk that the state is kept on does not answer.</summary>
[Collection(nameof(AloneTests))]
public sealed class HungDiskTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task While_the_disk_hangs_alerts_go_out_requests_are_answered_and_the_app_ends()
    {
        using var mount = TempMount.Ext4(48 << 20);
        await using var receiver = await Receiver.StartAsync();
        using var app = Start(mount, receiver);
        await WrittenAsync(app, mount);

        using (mount.Freeze())
        {
            app.Process.WriteLine("bad");
            await ToldAsync(receiver);
            Assert.Single(await app.OpenAsync());
            app.Process.WriteLine("mute");
            Assert.Equal("muted", app.Process.ReadLine(Deadline));
            for (var i = 0; i < 100; i++) // more than the pool has threads: none may stay behind
            {
                Assert.Single(await app.OpenAsync());
            }

            await Eventually.TrueAsync(async () => await app.ReasonAsync("self") == "state.hung", "the check of HealthKit says so", Deadline);
            app.Process.Terminate();
            Assert.Equal("ended", app.Process.ReadLine(Deadline));
            await Eventually.TrueAsync(() => app.HasEnded, "the process has ended, but for what hangs in the kernel", Deadline);
        }

        Assert.Equal(0, app.Process.WaitForExit(Deadline));
    }

    [Fact]
    public async Task When_the_disk_answers_again_what_was_told_meanwhile_is_written_down()
    {
        using var mount = TempMount.Ext4(48 << 20);
        await using var receiver = await Receiver.StartAsync();
        using (var app = Start(mount, receiver))
        {
            await WrittenAsync(app, mount);
            using (mount.Freeze())
            {
                app.Process.WriteLine("bad");
                await ToldAsync(receiver);
            }

            var id = (await app.OpenAsync()).Single().GetProperty("id").GetString()!;
            foreach (var name in (string[])["incidents", "outbox-ops", "outbox-chat"])
            {
                await Eventually.TrueAsync(
                    () => File.ReadAllBytes(Path.Combine(mount.Path, "state", name + ".journal")).AsSpan().IndexOf(Encoding.UTF8.GetBytes(id)) >= 0, $"{name} has it", Deadline);
            }

            await Eventually.TrueAsync(async () => await app.ReasonAsync("self") is null, "the state is kept on disk again", Deadline);
            app.Process.Kill();
        }

        using (var next = Start(mount, receiver))
        {
            await Eventually.TrueAsync(() => receiver.Messages.Count == 4, "its end is told", Deadline);
            Assert.Equal(["Opened", "Opened", "Resolved", "Resolved"], receiver.Messages.Select(message => message.Kind));
            Assert.Single(receiver.Messages.DistinctBy(message => message.Json.GetProperty("incident").GetProperty("id").GetString()));
            next.Process.Terminate();
            Assert.Equal(0, next.Process.WaitForExit(Deadline));
        }
    }

    [Fact]
    public async Task What_a_killed_run_left_open_is_resolved_by_one_that_began_while_the_disk_hung()
    {
        using var mount = TempMount.Ext4(48 << 20);
        await using var receiver = await Receiver.StartAsync();
        using (var killed = Start(mount, receiver))
        {
            await WrittenAsync(killed, mount);
            killed.Process.WriteLine("bad");
            await ToldAsync(receiver);
            killed.Process.Kill();
        }

        using var frozen = mount.Freeze();
        using var next = Start(mount, receiver);
        await next.CurrentAsync();
        Assert.Empty(await next.OpenAsync());
        frozen.Dispose();
        await Eventually.TrueAsync(() => receiver.Messages.Count(message => message.Kind == "Resolved") == 2, "both sinks have told its end", Deadline);
        Assert.Single(receiver.Messages.DistinctBy(message => message.Json.GetProperty("incident").GetProperty("id").GetString()));
        next.Process.Terminate();
        Assert.Equal(0, next.Process.WaitForExit(Deadline));
    }

    [Fact]
    public async Task An_app_starts_alerts_and_ends_with_a_disk_that_hangs_from_the_beginning()
    {
        using var mount = TempMount.Ext4(48 << 20);
        await using var receiver = await Receiver.StartAsync();
        using var frozen = mount.Freeze();
        using var app = Start(mount, receiver);
        await app.CurrentAsync();
        app.Process.WriteLine("state");
        Assert.Equal("False state.hung", app.Process.ReadLine(Deadline));
        app.Process.WriteLine("bad");
        await ToldAsync(receiver);
        Assert.Single(await app.OpenAsync());
        app.Process.WriteLine("mute");
        Assert.Equal("muted", app.Process.ReadLine(Deadline));
        app.Process.Terminate();
        Assert.Equal("ended", app.Process.ReadLine(Deadline));
        await Eventually.TrueAsync(() => app.HasEnded, "the process has ended, but for what hangs in the kernel", Deadline);
        frozen.Dispose();
        Assert.Equal(0, app.Process.WaitForExit(Deadline));
    }

    private static AlertApp Start(TempMount mount, Receiver receiver) =>
        new((mode, settings) => ChildProcess.StartHelper(mode, settings), Path.Combine(mount.Path, "state"), receiver);

    private static async Task WrittenAsync(AlertApp app, TempMount mount)
    {
        await app.CurrentAsync();
        string[] files = ["starts", "incidents", "ledger", "evidence", "silence", "outbox-ops", "outbox-chat"];
        await Eventually.TrueAsync(() => files.All(file => File.Exists(Path.Combine(mount.Path, "state", file + ".journal"))), "all files are there", Deadline);
    }

    private static Task ToldAsync(Receiver receiver) =>
        Eventually.TrueAsync(() => receiver.Messages.Count(message => message is { Check: "a", Kind: "Opened" }) == 2, "both sinks have told it", Deadline);
}
