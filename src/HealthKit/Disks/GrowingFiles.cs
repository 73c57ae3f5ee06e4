using System.Collections.Concurrent;

namespace HealthKit;

/// <summary>
/// What the checks that watch files know of growth, for the disk check to name as the likely cause. Safe for several threads.
/// </summary>
internal sealed class GrowingFiles
{
    /// <summary>A file that stopped growing because the disk is full is still its cause, but not for ever.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<object, Told> _told = new();

    /// <summary>Tells of the fastest-growing file that a check watches. It replaces what that check told before.</summary>
    /// <param name="teller">The check.</param>
    /// <param name="file">The file; null when none grew.</param>
    /// <param name="device">The device it lies on.</param>
    /// <param name="at">When, on the clock of <see cref="TimeProvider.GetTimestamp"/>.</param>
    public void Tell(object teller, GrowingFile? file, (uint Major, uint Minor) device, long at)
    {
        if (file is null)
        {
            _told.TryRemove(teller, out _);
        }
        else
        {
            _told[teller] = new Told(file, device, at);
        }
    }

    /// <summary>The file that grew most on a device; null when none is known.</summary>
    public GrowingFile? FindFastest((uint Major, uint Minor) device, TimeProvider time)
    {
        GrowingFile? fastest = null;
        foreach (var (_, told) in _told)
        {
            if (told.Device == device && time.GetElapsedTime(told.At) <= Remembered && (fastest is null || told.File.GrownBytes > fastest.GrownBytes))
            {
                fastest = told.File;
            }
        }

        return fastest;
    }

    private sealed record Told(GrowingFile File, (uint Major, uint Minor) Device, long At);
}

/// <summary>A file that grew.</summary>
/// <param name="Path">Its path.</param>
/// <param name="GrownBytes">By how much.</param>
/// <param name="Within">In what time up to now.</param>
/// <param name="AllocatedBytes">What it occupies.</param>
internal sealed record GrowingFile(string Path, long GrownBytes, TimeSpan Within, long AllocatedBytes);
