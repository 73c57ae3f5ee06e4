namespace HealthKit;

/// <summary>
/// Whether queues and exchanges are there, by passive declares, which change nothing. The broker closes the channel where one is not, so the next is asked for by
/// another.
/// </summary>
internal static class TopologyProbe
{
    /// <summary>What a passive declare says of a queue.</summary>
    /// <param name="IsThere">Whether it is there.</param>
    /// <param name="IsDenied">Whether this user may not ask.</param>
    /// <param name="Messages">How many messages wait in it; null when that is not told.</param>
    /// <param name="Consumers">How many consumers it has.</param>
    internal readonly record struct QueueFound(bool IsThere, bool IsDenied, long? Messages = null, int? Consumers = null);

    /// <summary>Asks for a queue.</summary>
    public static async Task<QueueFound> FindQueueAsync(BrokerLink link, string name, CancellationToken token)
    {
        try
        {
            var channel = await link.ChannelAsync(token).ConfigureAwait(false);
            var found = await channel.QueueDeclarePassiveAsync(name, token).ConfigureAwait(false);
            return new QueueFound(true, false, found.MessageCount, (int)Math.Min(found.ConsumerCount, int.MaxValue));
        }
        catch (Exception e) when (link.IsOpen && BrokerFaults.IsExclusive(e))
        {
            return new QueueFound(true, false);
        }
        catch (Exception e) when (link.IsOpen && BrokerFaults.IsNotFound(e))
        {
            return new QueueFound(false, false);
        }
        catch (Exception e) when (link.IsOpen && BrokerFaults.IsDenied(e))
        {
            return new QueueFound(false, true);
        }
    }

    /// <summary>Looks for all that is required and can be asked for by AMQP.</summary>
    /// <param name="link">A connection.</param>
    /// <param name="plan">What is required.</param>
    /// <param name="report">Takes what was found.</param>
    /// <param name="others">Queues that are known to be there, to fit patterns; null when they could not be had.</param>
    /// <param name="token">Ends with the run.</param>
    public static async Task LookAsync(BrokerLink link, RabbitMqPlan plan, BrokerReport report, IReadOnlyList<(string Name, QueueFigures Figures)>? others, CancellationToken token)
    {
        List<string> present = [];
        List<string> denied = [];
        foreach (var name in plan.QueueNames)
        {
            var found = await FindQueueAsync(link, name, token).ConfigureAwait(false);
            if (found.IsDenied)
            {
                denied.Add(name);
            }
            else if (found.IsThere)
            {
                present.Add(name);
                Tell(report, name, found.Messages, found.Consumers);
            }
        }

        foreach (var (name, figures) in others ?? [])
        {
            if (plan.Patterns.Compare([name]).Extras.Count == 0 && !plan.QueueNames.Contains(name))
            {
                Tell(report, name, figures.Ready, figures.Consumers);
            }
        }

        // What fits a pattern is not known where the list could not be had.
        var fitting = others is null ? null : plan.Patterns.Compare(others.Select(static other => other.Name));
        List<string> missing = [.. plan.QueueNames.Except(present).Except(denied), .. fitting?.Missing ?? []];
        var expected = plan.QueueNames.Count + (fitting?.ExpectedCount ?? 0);
        if (missing.Count > 0)
        {
            var result = new ExpectedSetResult(expected, expected - missing.Count - denied.Count, missing, [], []);
            var hint = plan.Management is null && missing.Exists(static name => name.AsSpan().ContainsAny('*', '?')) ? " (patterns need Management: AMQP cannot list queues)" : "";
            report.Add(GaugeLevel.Unhealthy, "rabbitmq.queueMissing", $"queues: {result}{hint}");
        }
        else if (expected > 0 && denied.Count == 0 && (fitting is not null || !plan.HasPatterns))
        {
            report.AddFact(expected == 1 ? "1 queue there" : $"{expected} queues there");
        }

        if (denied.Count > 0)
        {
            report.AddDenied($"it is not known whether there are the queues {List(denied)}: the user lacks the permission (rabbitmqctl set_permissions: configure or read on them)");
        }

        await LookForExchangesAsync(link, plan, report, token).ConfigureAwait(false);
    }

    public static string List(IEnumerable<string> names) => string.Join(", ", names.Take(50).Select(static name => ForeignText.Shown(name, 255)));

    private static async Task LookForExchangesAsync(BrokerLink link, RabbitMqPlan plan, BrokerReport report, CancellationToken token)
    {
        List<string> missing = [];
        List<string> denied = [];
        foreach (var name in plan.Exchanges)
        {
            try
            {
                var channel = await link.ChannelAsync(token).ConfigureAwait(false);
                await channel.ExchangeDeclarePassiveAsync(name, token).ConfigureAwait(false);
            }
            catch (Exception e) when (link.IsOpen && BrokerFaults.IsNotFound(e))
            {
                missing.Add(name);
            }
            catch (Exception e) when (link.IsOpen && BrokerFaults.IsDenied(e))
            {
                denied.Add(name);
            }
        }

        if (missing.Count > 0)
        {
            report.Add(GaugeLevel.Unhealthy, "rabbitmq.exchangeMissing", $"exchanges: {missing.Count} of {plan.Exchanges.Count} missing: {List(missing)}");
        }
        else if (plan.Exchanges.Count > denied.Count)
        {
            report.AddFact(plan.Exchanges.Count == 1 ? "1 exchange there" : $"{plan.Exchanges.Count} exchanges there");
        }

        if (denied.Count > 0)
        {
            report.AddDenied($"it is not known whether there are the exchanges {List(denied)}: the user lacks the permission (rabbitmqctl set_permissions: configure or write on them)");
        }
    }

    private static void Tell(BrokerReport report, string queue, long? messages, int? consumers)
    {
        report.SetItem(queue, "messageCount", messages);
        report.SetItem(queue, "consumerCount", consumers);
    }
}
