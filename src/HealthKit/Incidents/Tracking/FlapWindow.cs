namespace HealthKit;

/// <summary>
/// How often a check has changed of late, weighted as Nagios does (Nagios Core manual, "Detection and Handling of State Flapping"): 20
/// slots, of which the newest weighs 1.2 and the oldest 0.8. A slot is one period, and at least 15 s: what fast checks do within a
/// few seconds is one change to people.
/// </summary>
internal struct FlapWindow
{
    /// <summary>A check that changes this much flaps, in percent.</summary>
    public const double High = 30;

    /// <summary>Below this it does not any more, in percent.</summary>
    public const double Low = 20;

    private const int Slots = 20;
    private const uint Mask = (1u << Slots) - 1;

    private static readonly TimeSpan ShortestSlot = TimeSpan.FromSeconds(15);

    private uint _changes;
    private long _slot;

    /// <summary>The length of a slot.</summary>
    public static TimeSpan SlotOf(TimeSpan period) => period > ShortestSlot ? period : ShortestSlot;

    /// <summary>The status has changed.</summary>
    public void Changed(long now, TimeSpan period)
    {
        Advance(now, period);
        _changes |= 1;
    }

    /// <summary>How much it changed, in percent: 100 when it did in every slot.</summary>
    public double Percent(long now, TimeSpan period)
    {
        Advance(now, period);
        var sum = 0.0;
        for (var age = 0; age < Slots; age++)
        {
            if ((_changes >> age & 1) != 0)
            {
                sum += 1.2 - (0.4 * age / (Slots - 1));
            }
        }

        return 100 * sum / Slots;
    }

    private void Advance(long now, TimeSpan period)
    {
        var slot = now / SlotOf(period).Ticks;
        var passed = slot - _slot;
        _slot = slot;
        _changes = passed switch
        {
            0 => _changes,
            > 0 and < Slots => (_changes << (int)passed) & Mask,
            _ => 0, // long ago, or slots of another length after a reload
        };
    }
}
