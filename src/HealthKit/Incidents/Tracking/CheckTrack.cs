using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What the tracker knows of one check. Times are monotonic ticks.</summary>
internal sealed class CheckTrack(string name)
{
    /// <summary>A field: its methods change it.</summary>
    public FlapWindow Flap;

    public string Name { get; } = name;

    /// <summary>The latest state; null before the first result of this run of the app.</summary>
    public CheckState? Last { get; set; }

    /// <summary>Its readings when it was last healthy.</summary>
    public IReadOnlyList<Reading> HealthyReadings { get; set; } = [];

    /// <summary>The open incident, or the last one resolved.</summary>
    public Incident? Incident { get; set; }

    /// <summary>The open incident.</summary>
    public Incident? Open => Incident is { IsOpen: true } ? Incident : null;

    /// <summary>The incident is from before the app started, and no result has come since.</summary>
    public bool IsCarriedOver { get; set; }

    /// <summary>How long a reopened incident waits before it is told; doubles each time, and is nothing once the check has been well for long.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Until when a resolved incident is reopened rather than followed by another one.</summary>
    public long ReopenUntil { get; set; }

    /// <summary>When the latest state was taken in.</summary>
    public long SeenAt { get; set; }

    /// <summary>When the status changed last.</summary>
    public long ChangedAt { get; set; }

    /// <summary>When the last message was not silent; null when none was.</summary>
    public long? ToldAt { get; set; }

    /// <summary>The worst status that was told of the open incident.</summary>
    public HealthStatus? Told { get; set; }

    /// <summary>Whether those who are told of silent incidents know of this occurrence.</summary>
    public bool IsToldSilently { get; set; }

    /// <summary>Not to be told before.</summary>
    public long NotBefore { get; set; }

    /// <summary>Whose causes were well in a run that began after this is not their symptom.</summary>
    public long SettlesAt { get; set; }

    /// <summary>Until when results of its causes from after <see cref="SettlesAt"/> are waited for.</summary>
    public long CausesUntil { get; set; }

    /// <summary>Until when it may recover after its cause did; null while there was no cause.</summary>
    public long? GraceUntil { get; set; }

    /// <summary>When it is told that the check flaps; null when that is done or not due.</summary>
    public long? FlapNoticeAt { get; set; }

    /// <summary>When an update is told that is not urgent; null when there is none.</summary>
    public long? UpdateAt { get; set; }

    /// <summary>When it is to be looked at again without a result; <see cref="long.MaxValue"/> for never.</summary>
    public long LookAt { get; set; } = long.MaxValue;

    /// <summary>What was committed last, so that a change is seen.</summary>
    public Incident? Committed { get; set; }

    public IncidentNotice? Notice { get; set; }
}
