using System.Globalization;
using System.Text;

namespace HealthKit;

/// <summary>Makes of a look, and what those before it tell, a verdict in words and numbers: causes first, then what follows from them.</summary>
internal static class QueueJudge
{
    private const int MostParts = 100;
    private const int MostNamesInText = 5;
    private const int LongestKey = 255;

    /// <summary>A backlog of less work is none.</summary>
    private const double LeastBacklogSeconds = 60;

    /// <summary>Within it, no consumers of an empty queue are a restart.</summary>
    private static readonly TimeSpan RestartTime = TimeSpan.FromMinutes(1);

    public static DependencyFinding Judge(QueueLimits limits, QueueState state, QueueTrend trend)
    {
        var verdict = new GaugeVerdict();
        var options = limits.Options;
        JudgeConsumers(verdict, options, state, trend);
        if (state.Depth + (state.InProgress ?? 0) > 0 && state.Consumers is not 0 && trend.NoCompletionsFor is { } silent && limits.Stuck.Judge(silent.TotalSeconds) is var stuck and not GaugeLevel.Ok)
        {
            verdict.Add(stuck, "queue.stuck", $"stuck: none completed for {GaugeAmount.Time(silent)} ({limits.Stuck.ExplainLimit(stuck)})");
        }

        if (state.OldestAge is { } age)
        {
            limits.OldestAge.AddTo(verdict, age.TotalSeconds, "queue.age");
        }

        limits.Depth.AddTo(verdict, state.Depth, "queue.depth");
        JudgeDrain(verdict, limits, state, trend);
        JudgeDead(verdict, limits, state, trend);
        if (state.Retrying is { } retrying)
        {
            limits.Retrying.AddTo(verdict, retrying, "queue.retrying");
        }

        if (trend.NoArrivalsFor is { } quiet)
        {
            limits.NoArrivals.AddTo(verdict, quiet.TotalSeconds, "queue.noArrivals");
        }

        JudgeUntold(verdict, limits, state, trend);

        var facts = Describe(state, trend);
        var data = Data(state, trend);
        var item = verdict.Reason switch
        {
            "queue.age" => Oldest(state),
            "queue.noConsumers" when state.Consumers is not 0 => Abandoned(state).FirstOrDefault(),
            _ => null,
        };
        if (item is not null)
        {
            data["item"] = ShownName.Of(item, LongestKey);
        }

        var text = verdict.Problem is { } problem ? $"{problem}: {facts}" : facts;
        return verdict.Level switch
        {
            GaugeLevel.Ok => DependencyFinding.Healthy(text, data),
            GaugeLevel.Degraded => DependencyFinding.Degraded(verdict.Reason!, text, data),
            _ => DependencyFinding.Unhealthy(verdict.Reason!, text, data),
        };
    }

    private static void JudgeConsumers(GaugeVerdict verdict, QueueOptions options, QueueState state, QueueTrend trend)
    {
        var known = state.LostConsumers ?? [];
        var gone = trend.GoneConsumers.Concat(known).Distinct().ToList();
        var names = gone.Count == 0 ? "" : $" ({Names(gone)})";
        var lost = known.Count > 0 || trend.ConsumersBefore is not null;
        if (state.Consumers is 0 && state.Depth + (state.Due ?? state.Retrying ?? 0) > 0)
        {
            // A restart of the workers is no failure: nothing waits in the queue itself.
            verdict.Add(
                state.Depth == 0 && trend.NoConsumersFor < RestartTime ? GaugeLevel.Degraded : GaugeLevel.Unhealthy,
                lost ? "queue.consumersLost" : "queue.noConsumers",
                trend.ConsumersBefore is { } before ? string.Create(CultureInfo.InvariantCulture, $"no consumers any more, of {before}{names}")
                : lost ? $"no consumers any more{names}"
                : "no consumers");
        }
        else if (Abandoned(state) is { Count: > 0 } abandoned)
        {
            verdict.Add(GaugeLevel.Unhealthy, "queue.noConsumers", $"no consumers of {Names(abandoned)}");
        }
        else if (state.Consumers < options.MinimumConsumersCount)
        {
            verdict.Add(
                GaugeLevel.Unhealthy,
                lost ? "queue.consumersLost" : state.Consumers == 0 ? "queue.noConsumers" : "queue.fewConsumers",
                string.Create(CultureInfo.InvariantCulture, $"{Consumers(state.Consumers.Value)}, at least {options.MinimumConsumersCount} expected{(gone.Count == 0 ? "" : $", lost{names}")}"));
        }
        else if (options.DegradedWhenConsumersLost && (known.Count > 0 || (trend.ConsumersBefore is not null && (state.Depth > 0 || state.Consumers == 0))))
        {
            verdict.Add(
                GaugeLevel.Degraded,
                "queue.consumersLost",
                trend.ConsumersBefore is { } before
                    ? string.Create(CultureInfo.InvariantCulture, $"consumers lost{names}: {state.Consumers} of {before} left")
                    : $"consumers lost{names}");
        }
    }

    /// <summary>The parts in which work waits and from which nobody takes.</summary>
    private static List<string> Abandoned(QueueState state) =>
        state.Parts is null ? [] : [.. state.Parts.Where(static part => part.Value is { Depth: > 0, Consumers: 0 }).Select(static part => part.Key).Order(StringComparer.Ordinal)];

    private static void JudgeDrain(GaugeVerdict verdict, QueueLimits limits, QueueState state, QueueTrend trend)
    {
        // What one minute's work empties is no backlog, however its depth goes up and down.
        if (!trend.IsBacklog || trend.DrainSeconds is not { } drain || state.Depth <= trend.Completions * LeastBacklogSeconds)
        {
            return;
        }

        if (limits.DrainTime.Judge(drain) is var level and not GaugeLevel.Ok)
        {
            verdict.Add(level, "queue.drain", $"{Drain(drain)} ({limits.DrainTime.ExplainLimit(level)})");
        }
    }

    private static void JudgeDead(GaugeVerdict verdict, QueueLimits limits, QueueState state, QueueTrend trend)
    {
        if (state.Dead is not { } dead)
        {
            return;
        }

        var level = limits.Dead.Judge(dead);
        var grew = limits.Options.DegradedWhenDeadGrows && trend.Deaths > 0;
        if (level == GaugeLevel.Ok && !grew)
        {
            return;
        }

        var limit = level == GaugeLevel.Ok ? "" : $", {limits.Dead.ExplainLimit(level)}";
        var lately = trend.Deaths == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $", {trend.Deaths} of them in the last {GaugeAmount.Time(QueueHistory.DeathWindow)}");
        verdict.Add(level == GaugeLevel.Ok ? GaugeLevel.Degraded : level, "queue.dead", string.Create(CultureInfo.InvariantCulture, $"{dead} dead{lately}{limit}"));
    }

    /// <summary>A limit on what the source does not tell would be a promise that nobody keeps.</summary>
    private static void JudgeUntold(GaugeVerdict verdict, QueueLimits limits, QueueState state, QueueTrend trend)
    {
        List<string> untold = [];
        if (limits.OldestAge.IsSet && state.OldestAge is null && state.Depth > 0)
        {
            untold.Add($"the oldest age ({limits.OldestAge.Option})");
        }

        if (limits.Dead.IsSet && state.Dead is null)
        {
            untold.Add($"how many are dead ({limits.Dead.Option})");
        }

        if (limits.Retrying.IsSet && state.Retrying is null)
        {
            untold.Add($"how many are retried ({limits.Retrying.Option})");
        }

        if (limits.Options.MinimumConsumersCount is not null && state.Consumers is null && state.Depth > 0)
        {
            untold.Add($"its consumers ({nameof(QueueOptions.MinimumConsumersCount)})");
        }

        if (limits.NoArrivals.IsSet && trend.NoArrivalsFor is null)
        {
            // An empty queue may have had a thousand entries between two looks.
            untold.Add($"how many came or were completed ({limits.NoArrivals.Option})");
        }

        if ((limits.Options.DegradedWhenStuckFor ?? limits.Options.UnhealthyWhenStuckFor) is not null && trend.NoCompletionsFor is null)
        {
            untold.Add($"whether any are completed ({(limits.Options.DegradedWhenStuckFor is null ? nameof(QueueOptions.UnhealthyWhenStuckFor) : nameof(QueueOptions.DegradedWhenStuckFor))})");
        }

        if (untold.Count > 0)
        {
            verdict.Add(GaugeLevel.Degraded, "queue.notTold", $"the source does not tell {string.Join(" and ", untold)}");
        }
    }

    private static string Describe(QueueState state, QueueTrend trend)
    {
        var culture = CultureInfo.InvariantCulture;
        var text = new StringBuilder();
        text.Append(culture, $"{(state.DepthIsAtMost && state.Depth > 0 ? "at most " : "")}{(state.Depth == 0 ? "none" : state.Depth.ToString(culture))} {(state.Depth is 0 or 1 ? "waits" : "wait")}");
        if (state.Depth > 0 && state.OldestAge is { } age)
        {
            text.Append(culture, $", the oldest for {GaugeAmount.Time(age)}");
            if (Oldest(state) is { } oldest)
            {
                text.Append(culture, $" (in {ForeignText.Shown(oldest, 80)})");
            }
        }

        Append(state.InProgress, "in progress");
        if (state.Consumers is { } consumers)
        {
            text.Append(", ").Append(Consumers(consumers));
        }

        Append(state.Scheduled, "scheduled");
        Append(state.Retrying, "to be retried");
        Append(state.Dead, "dead");
        if (trend.Span > TimeSpan.Zero)
        {
            List<string> rates = [];
            if (trend.Arrivals is { } arrivals)
            {
                rates.Add($"{Rate(arrivals)} come");
            }

            if (trend.Completions is { } completions)
            {
                rates.Add($"{Rate(completions)} are completed");
            }

            if (rates.Count == 0 && trend.Change is { } change && change != 0)
            {
                rates.Add($"{Rate(Math.Abs(change))} {(change > 0 ? "more" : "fewer")}");
            }

            if (rates.Count > 0)
            {
                text.Append("; ").AppendJoin(", ", rates).Append(culture, $" (over {GaugeAmount.Time(trend.Span)})");
            }

            if (state.Depth > 0 && trend is { IsBacklog: true, DrainSeconds: { } drain })
            {
                text.Append(", ").Append(Drain(drain));
            }
        }

        return text.ToString();

        void Append(long? count, string what)
        {
            if (count is { } number)
            {
                text.Append(culture, $", {number} {what}");
            }
        }
    }

    private static Dictionary<string, object> Data(QueueState state, QueueTrend trend)
    {
        Dictionary<string, object> data = new() { ["depthCount"] = state.Depth };
        Put("oldestAgeSeconds", state.OldestAge?.TotalSeconds, 3);
        Put("consumersCount", state.Consumers);
        Put("inProgressCount", state.InProgress);
        Put("scheduledCount", state.Scheduled);
        Put("retryingCount", state.Retrying);
        Put("deadCount", state.Dead);
        Put("arrivalsPerSecond", trend.Arrivals, 4);
        Put("completionsPerSecond", trend.Completions, 4);
        Put("changePerSecond", trend.Change, 4);
        Put("drainSeconds", trend.DrainSeconds is { } drain && double.IsFinite(drain) ? drain : null, 1);
        Put("noArrivalsSeconds", trend.NoArrivalsFor?.TotalSeconds, 1);
        if (state.Depth + (state.InProgress ?? 0) > 0)
        {
            Put("noCompletionsSeconds", trend.NoCompletionsFor?.TotalSeconds, 1);
        }

        if (state.DepthIsAtMost)
        {
            data["depthIsAtMost"] = true;
        }

        var lost = trend.GoneConsumers.Concat(state.LostConsumers ?? []).Distinct().Take(QueueHistory.MostNames).Select(static name => ForeignText.Shown(name)).ToList();
        if (lost.Count > 0)
        {
            data["lostConsumers"] = lost;
        }

        if (state.Parts is { Count: > 0 } parts)
        {
            Dictionary<string, object> items = [];
            foreach (var (name, part) in parts.OrderByDescending(static part => part.Value.Depth).Take(MostParts))
            {
                Dictionary<string, object> item = new() { ["depthCount"] = part.Depth };
                if (part.OldestAge is { } age)
                {
                    item["oldestAgeSeconds"] = Math.Round(age.TotalSeconds, 3);
                }

                if (part.Consumers is { } consumers)
                {
                    item["consumersCount"] = consumers;
                }

                items[ShownName.Of(name, LongestKey)] = item;
            }

            data["items"] = items;
        }

        return data;

        void Put(string key, double? value, int digits = 0)
        {
            if (value is { } number && double.IsFinite(number))
            {
                data[key] = digits == 0 ? (object)(long)number : Math.Round(number, digits);
            }
        }
    }

    /// <summary>The part whose oldest entry is the oldest of all; null where there are no parts to tell apart.</summary>
    private static string? Oldest(QueueState state) =>
        state.Parts is { Count: > 1 } parts && parts.Where(static part => part.Value is { Depth: > 0, OldestAge: not null }).MaxBy(static part => part.Value.OldestAge) is { Key: { } name }
            ? name
            : null;

    private static string Drain(double seconds) =>
        double.IsFinite(seconds) ? $"empty in {new GaugeAmount(seconds, GaugeUnit.Seconds)} at this pace" : "never empty at this pace";

    private static string Consumers(int count) => count switch
    {
        0 => "no consumers",
        1 => "1 consumer",
        _ => string.Create(CultureInfo.InvariantCulture, $"{count} consumers"),
    };

    private static string Rate(double perSecond) => perSecond switch
    {
        0 => "0/s",
        >= 0.095 => string.Create(CultureInfo.InvariantCulture, $"{perSecond:0.#}/s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{perSecond * 60:0.##}/min"),
    };

    private static string Names(List<string> names)
    {
        var shown = string.Join(", ", names.Take(MostNamesInText).Select(static name => ForeignText.Shown(name, 80)));
        return names.Count > MostNamesInText ? string.Create(CultureInfo.InvariantCulture, $"{shown} and {names.Count - MostNamesInText} more") : shown;
    }
}
