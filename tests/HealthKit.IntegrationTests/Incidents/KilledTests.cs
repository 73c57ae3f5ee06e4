using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit.Abstractions;

namespace HealthKit.IntegrationTests.Incidents;

/// <summary>What arrives when the process is killed at any point of an incident and of its delivery.</summary>
public sealed class KilledTests(ITestOutputHelper output)
{
    private const int Kills = 100;

    [Fact]
    public async Task Killed_a_hundred_times_no_message_is_lost_and_each_kill_repeats_one_at_most()
    {
        var random = new Random(4);
        var state = Directory.CreateTempSubdirectory("hk-killed-");
        await using var receiver = await Receiver.StartAsync();
        try
        {
            for (var round = 1; round < Kills; round++)
            {
                using var app = Start(state.FullName, receiver, round);
                if (round % 2 == 0)
                {
                    // However slow the machine is, half of the runs come as far as telling something.
                    await Eventually.TrueAsync(() => HasHeardOf(receiver, round), "the run tells of its checks");
                }

                await Task.Delay(random.Next(500)); // the moment of the kill: any will do
                app.Kill();
            }

            using (var last = Start(state.FullName, receiver, Kills))
            {
                await Eventually.TrueAsync(
                    () =>
                    {
                        last.WriteLine("waiting");
                        return last.ReadLine() == "0" && HasHeardOf(receiver, Kills);
                    },
                    "everything is delivered");
                last.Kill();
            }

            using (var end = Start(state.FullName, receiver))
            {
                await Eventually.TrueAsync(
                    () =>
                    {
                        end.WriteLine("waiting");
                        return end.ReadLine() == "0" && OpenAtReceiver(receiver).Count == 0;
                    },
                    "what was open is resolved");
            }

            Compare(state.FullName, receiver);
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    private static bool HasHeardOf(Receiver receiver, int round) =>
        receiver.Messages.Any(message => message.Check.StartsWith(string.Create(CultureInfo.InvariantCulture, $"r{round}_"), StringComparison.Ordinal));

    private static ChildProcess Start(string state, Receiver receiver, int? round = null)
    {
        var app = ChildProcess.StartHelper("incidents", [state, receiver.Url.ToString(), .. round is null ? [] : new[] { round.Value.ToString(CultureInfo.InvariantCulture) }]);
        Assert.Equal("ready", app.ReadLine());
        return app;
    }

    private static List<string> OpenAtReceiver(Receiver receiver) =>
        [.. receiver.Messages.GroupBy(message => message.Check).Where(group => group.Last().Kind != "Resolved").Select(group => group.Key)];

    private void Compare(string state, Receiver receiver)
    {
        var byKey = receiver.Messages.GroupBy(message => message.Key).ToDictionary(group => group.Key, group => group.Count());
        output.WriteLine($"{receiver.Messages.Count} messages, {byKey.Count} different ones, {byKey.Values.Count(count => count > 1)} repeated");
        Assert.True(byKey.Count >= Kills, $"Only {byKey.Count} messages came.");

        // The kept incidents (the last hundred) name every message there was of them.
        using var directory = StateDirectory.Open(state, "killed", NullLogger.Instance);
        using var journal = new IncidentJournal(directory, TimeProvider.System, NullLogger.Instance);
        var kept = journal.Open();
        Assert.True(kept.Count > 50, $"Only {kept.Count} incidents are kept.");
        foreach (var (incident, _, _) in kept)
        {
            // On a busy machine the sink itself may be found slow: what it fails to deliver it does not tell of itself.
            if (incident.CheckType == SinkCheck.Type.Name)
            {
                continue;
            }

            for (var number = 1; number <= incident.Messages; number++)
            {
                var key = string.Create(CultureInfo.InvariantCulture, $"{incident.Id}-{number}");
                Assert.True(byKey.ContainsKey(key), $"Message {key} of {incident.Check} was lost: {incident}");
            }
        }

        // One incident a check, opened once and resolved once; what was open when a kill came is resolved by the next run.
        Assert.Empty(OpenAtReceiver(receiver));
        foreach (var check in receiver.Messages.GroupBy(message => message.Check))
        {
            Assert.Equal(["Opened", "Resolved"], check.DistinctBy(message => message.Key).Select(message => message.Kind));
        }

        // A message that is under way when a kill comes is sent again by the next run, which may be killed too.
        Assert.InRange(byKey.Values.Sum(count => count - 1), 0, Kills);
    }
}
