namespace HealthKit;

/// <summary>
/// One collector of the app's and what became of its calls. Each call has a thread of its own, as the collector may block; one that does not
/// come back is left behind, and until it does no second one begins.
/// </summary>
internal sealed class EvidenceSource(IIncidentEvidence collector, ResultFreezer freezer)
{
    private const int MaxNameLength = 64;

    private int _running;

    /// <summary>Begins a call. Its answer is the evidence as JSON, or null when there is none; it never fails.</summary>
    public Call Begin(EvidenceRequest request, CancellationToken cancellationToken)
    {
        var call = new Call(freezer.Text(collector.GetType().Name));
        if (Interlocked.Exchange(ref _running, 1) != 0)
        {
            call.End(Error("An earlier call has not come back; no second one was made."));
            return call;
        }

        var thread = OwnThread.TryStart("HealthKit evidence of a collector", () =>
        {
            try
            {
                call.Name = NameOf(collector);
                call.End(Collect(request, cancellationToken));
            }
            catch (Exception e)
            {
                // User code, up to the ToString() of what it returned: noted in its place.
                call.End(Error(Described(e)));
            }
            finally
            {
                Volatile.Write(ref _running, 0);
            }
        });
        if (thread is null)
        {
            Volatile.Write(ref _running, 0);
            call.End(Error("No thread could be started for it."));
        }

        return call;
    }

    /// <summary>What stands in the place of evidence that there is not.</summary>
    public static byte[] Error(string text) => JsonBytes.Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("error", text);
        writer.WriteEndObject();
    });

    private byte[]? Collect(EvidenceRequest request, CancellationToken cancellationToken)
    {
        // The thread is this call's own: waiting on it holds up nobody, also where the app's pool is starved.
        var data = collector.CollectAsync(request.Incident, request.State, cancellationToken).GetAwaiter().GetResult();
        if (data is null)
        {
            return null;
        }

        var frozen = new DataFreezer(freezer).Freeze(data!);
        return JsonBytes.Write(writer => HealthDataJson.Write(writer, frozen));
    }

    private string Described(Exception e)
    {
        try
        {
            var info = freezer.Describe(e);
            return $"{info.Type}: {info.Message}";
        }
        catch (Exception)
        {
            return e.GetType().FullName ?? e.GetType().Name; // an exception that cannot be shown
        }
    }

    private string NameOf(IIncidentEvidence named)
    {
        var name = freezer.Text(named.Name ?? string.Empty);
        return name.Length == 0 ? named.GetType().Name
            : name.Length <= MaxNameLength ? name
            : name[..(char.IsHighSurrogate(name[MaxNameLength - 1]) ? MaxNameLength - 1 : MaxNameLength)];
    }

    /// <summary>A call that is under way or has ended.</summary>
    internal sealed class Call(string name)
    {
        private readonly object _gate = new();
        private volatile string _name = name;
        private byte[]? _json;
        private bool _ended;

        /// <summary>The collector's name; until it has told it, its type's.</summary>
        public string Name
        {
            get => _name;
            set => _name = value;
        }

        public void End(byte[]? json)
        {
            lock (_gate)
            {
                (_json, _ended) = (json, true);
                Monitor.PulseAll(_gate);
            }
        }

        /// <summary>Waits for the end until so long after a time stamp of the system's; whether it came.</summary>
        public bool Wait(long begin, TimeSpan limit, out byte[]? json)
        {
            lock (_gate)
            {
                while (!_ended && limit - TimeProvider.System.GetElapsedTime(begin) is var patience && patience > TimeSpan.Zero)
                {
                    Monitor.Wait(_gate, patience);
                }

                json = _json;
                return _ended;
            }
        }
    }
}
