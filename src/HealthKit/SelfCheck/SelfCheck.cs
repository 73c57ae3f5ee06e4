using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>The default check <c>healthkit</c>: HealthKit says itself what it could not do, and how the run before this one ended.</summary>
internal sealed class SelfCheck(SelfReport report, HealthKitConfiguration configuration, StateDirectory state, StartLog starts, BackgroundMonitor monitor, Silences silences) : IHealthCheck
{
    public static readonly CheckType<SelfCheckOptions> Type = CheckType.Create<SelfCheckOptions>(
        new CheckDescriptor(
            "HealthKit",
            "What HealthKit itself is in trouble with: a rejected reload of the configuration, a maintenance file with a mistake, a state directory that keeps nothing, an observer that hangs.",
            new Dictionary<HealthStatus, string>
            {
                [HealthStatus.Healthy] = "HealthKit does all that it is set to do.",
                [HealthStatus.Degraded] = "Something does not work; the checks themselves go on. The reason says what.",
            },
            "The app's log, category HealthKit; docs/state-directory.md.",
            "Read the description: it names the setting, the directory or the observer.")
        {
            RemedyByReason = new Dictionary<string, string>
            {
                ["config.reloadRejected"] = "Correct the setting that the description names and save the configuration again.",
                ["incidents.noThread"] = "Raise the limit of processes (cgroup pids.max, ulimit -u), or give the machine memory: nobody is told of anything until a thread can be started.",
                ["maintenance.fileInvalid"] = "Write the maintenance file anew as the description says, or remove it.",
                ["observer.stuck"] = "Give what the named observer calls a timeout.",
                ["state.full"] = "Make room where the state directory is.",
                ["state.readOnly"] = "Mount the state directory's file system writable, or name another place in HealthKit:StateDirectory.",
                ["state.hung"] = "Bring the state directory's disk back, or name another place in HealthKit:StateDirectory; what HealthKit keeps in memory is then written down by itself.",
                ["state.noPermission"] = "Let the app's account write to the state directory, or name another place in HealthKit:StateDirectory.",
            },
        },
        static _ => [],
        static (services, _) => ActivatorUtilities.CreateInstance<SelfCheck>(services));

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        silences.LookAtFile(); // whoever wrote it wrong hears of it now, not at the next incident
        List<KeyValuePair<string, string>> problems = [.. report.Problems()];
        if (problems.TrueForAll(problem => problem.Key != "config.reloadRejected") && configuration.LostSources() is { } lost)
        {
            // No reload was told that could have been rejected.
            problems.Add(new("config.reloadRejected", $"The last good settings stay in force. {lost}"));
        }

        // Without an obstacle somebody else is looking for the directory just now, as at the start.
        if (!state.IsPersistent && state.Obstacle is { } obstacle)
        {
            problems.Add(new(obstacle.Reason, $"State is kept in memory only and lost with the process. {obstacle.Text}"));
        }
        else
        {
            foreach (var group in state.JournalProblems().GroupBy(journal => journal.Problem.Reason))
            {
                problems.Add(new(group.Key, $"State is kept in memory only and lost with the process: {string.Join(", ", group.Select(journal => journal.Name))}. {group.First().Problem.Text}"));
            }
        }

        if (problems.TrueForAll(problem => problem.Key != StateProblem.Hung) && state.FlushProblem is { } unflushed)
        {
            problems.Add(new(unflushed.Reason, unflushed.Text));
        }

        problems.AddRange(monitor.ObserverProblems.Select(text => new KeyValuePair<string, string>("observer.stuck", text)));

        var data = new Dictionary<string, object>();
        if (state.Path is { } path)
        {
            data["stateDirectory"] = path;
            // A name, not a measured number: those carry a unit.
            data["instance"] = state.Instance.ToString(CultureInfo.InvariantCulture);
        }

        if (starts.Previous is { } previous)
        {
            data["previousRunStartedAt"] = previous.StartedAt;
            data["previousRunEndedOrderly"] = previous.Clean;
        }

        if (problems.Count > 0)
        {
            data["reason"] = problems[0].Key;
            data["reasons"] = problems.ConvertAll(problem => problem.Key);
            return Task.FromResult(HealthCheckResult.Degraded(string.Join(" ", problems.Select(problem => problem.Value)), data: data));
        }

        var text = "HealthKit does all that it is set to do.";
        if (state.ProblemText is { } note)
        {
            text += $" {note}"; // of a directory that works: whom it is shared with
        }

        if (starts.Previous is { Clean: false })
        {
            text += " The run before this one was killed or crashed.";
        }

        return Task.FromResult(HealthCheckResult.Healthy(text, data));
    }
}
