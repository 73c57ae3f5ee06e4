namespace HealthKit.IntegrationTests.Incidents;

/// <summary>Alerts when no thread can be started: a limit of processes, or a machine without memory.</summary>
public sealed class ThreadLimitTests
{
    private const int Attempts = 10;

    /// <summary>All that .NET says when it ends a process because it found no thread or memory for itself.</summary>
    private const string RuntimesEnd = "Out of memory.";

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public Task What_no_thread_could_be_started_for_is_told_when_one_can_and_the_app_ends_in_order() => WithoutThreadsAsync(async (app, cgroup, receiver) =>
    {
        foreach (var sink in (string[])["sink_ops", "sink_chat"])
        {
            await Eventually.TrueAsync(
                async () => (await app.CheckAsync(sink)).GetProperty("description").GetString()!.Contains("No thread", StringComparison.Ordinal), $"{sink} says why it does not deliver", Deadline);
        }

        Assert.Empty(receiver.Messages);
        cgroup.Limit = null;
        await Eventually.TrueAsync(() => receiver.Messages.Count(message => message is { Check: "a", Kind: "Opened" }) == 2, "both sinks have told it", Deadline);
        app.Process.Terminate();
    });

    [Fact]
    public Task An_app_that_no_thread_can_be_started_in_ends_in_order() => WithoutThreadsAsync((app, _, _) =>
    {
        app.Process.WriteLine("stop"); // .NET starts a thread for each signal, and aborts where there is none
        return Task.CompletedTask;
    });

    private static async Task WithoutThreadsAsync(Func<AlertApp, PidsCgroup, Receiver, Task> test)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var cgroup = new PidsCgroup();
            var state = Directory.CreateTempSubdirectory("hk-threads-");
            await using var receiver = await Receiver.StartAsync();
            using var app = new AlertApp(cgroup.StartHelper, state.FullName, receiver);
            try
            {
                await app.CurrentAsync();
                cgroup.Limit = 1;
                app.Process.WriteLine("bad");
                await Eventually.TrueAsync(async () => (await app.OpenAsync()).Count > 0, "the incident is there", Deadline);
                await test(app, cgroup, receiver);
                Assert.Equal(0, app.Process.WaitForExit(Deadline));
                Assert.Equal("", app.Process.Errors.Trim());
                return;
            }
            catch (Exception) when (attempt < Attempts && WasEndedByTheRuntime(app.Process))
            {
                // The runtime's pool wanted a thread just then: where it gets none, .NET ends the process by itself, and nothing of ours is told by that.
            }
            finally
            {
                state.Delete(recursive: true);
            }
        }
    }

    /// <summary>An exception of ours that nobody caught would say more.</summary>
    private static bool WasEndedByTheRuntime(ChildProcess process)
    {
        try
        {
            return process.WaitForExit(TimeSpan.FromSeconds(10)) == 134 && process.Errors.Trim() == RuntimesEnd; // SIGABRT
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
