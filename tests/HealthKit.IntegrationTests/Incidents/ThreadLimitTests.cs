namespace HealthKit.IntegrationTests.Incidents;

/// <summary>Alerts when no thread can be started: a limit of processes, or a machine without memory.</summary>
public sealed class ThreadLimitTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task What_no_thread_could_be_started_for_is_told_when_one_can_and_the_app_ends_in_order()
    {
        using var cgroup = new PidsCgroup();
        var state = Directory.CreateTempSubdirectory("hk-threads-");
        try
        {
            await using var receiver = await Receiver.StartAsync();
            using var app = new AlertApp(cgroup.StartHelper, state.FullName, receiver);
            await app.CurrentAsync();

            cgroup.Limit = 1;
            app.Process.WriteLine("bad");
            await Eventually.TrueAsync(async () => (await app.OpenAsync()).Count > 0, "the incident is there", Deadline);
            foreach (var sink in (string[])["sink_ops", "sink_chat"])
            {
                await Eventually.TrueAsync(
                    async () => (await app.CheckAsync(sink)).GetProperty("description").GetString()!.Contains("No thread", StringComparison.Ordinal), $"{sink} says why it does not deliver", Deadline);
            }

            Assert.Empty(receiver.Messages);
            cgroup.Limit = null;
            await Eventually.TrueAsync(() => receiver.Messages.Count(message => message is { Check: "a", Kind: "Opened" }) == 2, "both sinks have told it", Deadline);
            app.Process.Terminate();
            Assert.Equal(0, app.Process.WaitForExit(Deadline));
            Assert.Equal("", app.Process.Errors.Trim());
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task An_app_that_no_thread_can_be_started_in_ends_in_order()
    {
        using var cgroup = new PidsCgroup();
        var state = Directory.CreateTempSubdirectory("hk-threads-");
        try
        {
            await using var receiver = await Receiver.StartAsync();
            using var app = new AlertApp(cgroup.StartHelper, state.FullName, receiver);
            await app.CurrentAsync();
            cgroup.Limit = 1;
            app.Process.WriteLine("bad");
            await Eventually.TrueAsync(async () => (await app.OpenAsync()).Count > 0, "the incident is there", Deadline);
            app.Process.WriteLine("stop"); // .NET starts a thread for each signal, and aborts where there is none
            Assert.Equal(0, app.Process.WaitForExit(Deadline));
            Assert.Equal("", app.Process.Errors.Trim());
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }
}
