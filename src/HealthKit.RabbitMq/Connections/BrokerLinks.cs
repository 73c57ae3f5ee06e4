namespace HealthKit;

/// <summary>
/// Keeps a connection from one run to the next, and opens another after 5 minutes, so that connecting and logging in stay tested. Safe for several runs at
/// once: each has a connection of its own.
/// </summary>
internal sealed class BrokerLinks(TimeProvider time, bool publishes) : IDisposable
{
    private static readonly TimeSpan ReusedFor = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private BrokerLink? _idle;
    private (RabbitMqAddress Address, IReadOnlyCollection<string> Pins)? _of;
    private bool _ended;

    /// <summary>Takes the one that was kept, or opens one. It is closed with the run unless it is given back.</summary>
    /// <param name="run">The run.</param>
    /// <param name="address">Where to. One that was kept for another address is closed.</param>
    /// <param name="pins">Fingerprints of which the certificate must have one.</param>
    /// <param name="keepOld">Says of one that is old whether it is used still.</param>
    /// <returns>The connection, and whether it was used before.</returns>
    public async Task<(BrokerLink Link, bool Used)> RentAsync(
        StageRun run, RabbitMqAddress address, IReadOnlyCollection<string> pins, Func<BrokerLink, bool>? keepOld = null)
    {
        BrokerLink? kept;
        bool isSame;
        lock (_gate)
        {
            (kept, _idle) = (_idle, null);
            isSame = IsSame(address, pins);
        }

        if (kept is not null)
        {
            if (kept.IsOpen && isSame && (time.GetElapsedTime(kept.OpenedAt) < ReusedFor || keepOld?.Invoke(kept) == true))
            {
                return (run.Own(kept), true);
            }

            kept.Dispose();
        }

        return (await BrokerLink.OpenAsync(run, address, pins, publishes).ConfigureAwait(false), false);
    }

    /// <summary>Gives one back that can be used again.</summary>
    public void Return(StageRun run, RabbitMqAddress address, IReadOnlyCollection<string> pins, BrokerLink link)
    {
        lock (_gate)
        {
            if (!_ended && _idle is null && link.IsOpen)
            {
                run.Leave(link);
                _idle = link;
                _of = (address, pins);
                return;
            }
        }

        link.Dispose();
    }

    /// <summary>Closes one that was kept for another address or other pins, whatever becomes of the new one.</summary>
    public void KeepOnly(RabbitMqAddress address, IReadOnlyCollection<string> pins)
    {
        lock (_gate)
        {
            if (_idle is not null && !IsSame(address, pins))
            {
                _idle.Dispose();
                _idle = null;
            }
        }
    }

    private bool IsSame(RabbitMqAddress address, IReadOnlyCollection<string> pins) => _of is { } of && of.Address == address && of.Pins.SequenceEqual(pins);

    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            _idle?.Dispose();
            _idle = null;
        }
    }
}
