namespace HealthKit;

/// <summary>
/// Counts what was never sent, so that Sentry's statistics show it (https://develop.sentry.dev/sdk/telemetry/client-reports/). Of one DSN;
/// safe for use by several threads at once; bounded: a number for each reason and category.
/// </summary>
internal sealed class ClientReports(TimeProvider time)
{
    // Sentry reads a quantity as 32 bits and rejects the whole report above.
    private const long MaxQuantity = uint.MaxValue;

    private readonly Lock _gate = new();
    private readonly long[,] _lost = new long[DiscardReasons.Count, SentryCategories.Count];
    private bool _any;

    /// <summary>Counts an item that nobody will send any more. A client report itself counts nothing.</summary>
    public void Add(DiscardReason reason, SentryItem item) => Add(reason, item.Category, item.Quantity);

    /// <summary>Counts what nobody will send any more.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="category">What.</param>
    /// <param name="quantity">How much: attachments in bytes, everything else in pieces.</param>
    public void Add(DiscardReason reason, SentryCategory category, long quantity = 1)
    {
        if (category == SentryCategory.Internal || quantity <= 0)
        {
            return;
        }

        lock (_gate)
        {
            ref var lost = ref _lost[(int)reason, (int)category];
            lost = Math.Min(MaxQuantity, lost + Math.Min(MaxQuantity, quantity));
            _any = true;
        }
    }

    /// <summary>Takes all that was counted, to send it; null when nothing was.</summary>
    public ClientReport? Take()
    {
        lock (_gate)
        {
            if (!_any)
            {
                return null;
            }

            List<ClientReport.Loss> losses = [];
            for (var reason = 0; reason < DiscardReasons.Count; reason++)
            {
                for (var category = 0; category < SentryCategories.Count; category++)
                {
                    if (_lost[reason, category] is > 0 and var quantity)
                    {
                        losses.Add(new((DiscardReason)reason, (SentryCategory)category, quantity));
                    }
                }
            }

            Array.Clear(_lost);
            _any = false;
            return new ClientReport(time.GetUtcNow(), losses);
        }
    }

    /// <summary>Takes back a report that did not get through.</summary>
    public void Return(ClientReport report)
    {
        foreach (var loss in report.Losses)
        {
            Add(loss.Reason, loss.Category, loss.Quantity);
        }
    }
}
