using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>
/// The evidence of one incident as one JSON object of bounded size. Parts are added in the order of their worth; one that does not fit any
/// more is left out and named in <c>truncated</c>.
/// </summary>
internal sealed class EvidenceDocument
{
    /// <summary>How large it may be in bytes; a record of the journal may hold a little more.</summary>
    public const int MaxBytes = 48 * 1024;

    private const string Truncated = "truncated";
    private const int ReservedForTruncated = 2 * 1024;
    private const int MaxTruncated = 20;
    private const int MaxShortText = 300;

    private readonly List<(string Name, byte[] Json)> _parts = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal) { Truncated };
    private readonly List<string> _truncated = [];
    private int _bytes = 2;

    /// <summary>Adds when it was, the check, and every check there is.</summary>
    public void AddStates(EvidenceRequest request)
    {
        Add("at", JsonBytes.Write(writer => writer.WriteStringValue(request.At)));
        AddCheck(request.State);
        AddChecks(request.Snapshot);
    }

    /// <summary>Adds the app's version, age and size, as far as they can be measured.</summary>
    public void AddApp(DateTimeOffset now)
    {
        using var process = Process.GetCurrentProcess();
        Add("app", JsonBytes.Write(writer =>
        {
            writer.WriteStartObject();
            if (AppInfo.Version is { } version)
            {
                writer.WriteString("version", version);
            }

            Measure(() =>
            {
                var age = now.UtcDateTime - process.StartTime.ToUniversalTime();
                writer.WriteString("uptime", (age > TimeSpan.Zero ? age : TimeSpan.Zero).ToString("c", CultureInfo.InvariantCulture));
            });
            Measure(() => writer.WriteString("host", Environment.MachineName));
            writer.WriteNumber("processId", Environment.ProcessId);
            Measure(() => writer.WriteNumber("workingSetBytes", process.WorkingSet64));
            writer.WriteNumber("managedHeapBytes", GC.GetTotalMemory(forceFullCollection: false));
            Measure(() => writer.WriteNumber("threadCount", process.Threads.Count));
            writer.WriteEndObject();
        }));
    }

    /// <summary>Adds a part; a name that is taken gets a number.</summary>
    public void Add(string name, byte[] json)
    {
        var unique = name;
        for (var i = 2; !_names.Add(unique); i++)
        {
            unique = string.Create(CultureInfo.InvariantCulture, $"{name}_{i}");
        }

        if (!TryAdd(unique, json))
        {
            Leave(unique);
        }
    }

    /// <summary>The object as JSON in UTF-8.</summary>
    public byte[] ToBytes() => JsonBytes.Write(writer =>
    {
        writer.WriteStartObject();
        foreach (var (name, json) in _parts)
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue(json, skipInputValidation: true);
        }

        if (_truncated.Count > 0)
        {
            writer.WriteStartArray(Truncated);
            foreach (var name in _truncated.Take(MaxTruncated))
            {
                writer.WriteStringValue(name);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    });

    private void AddCheck(CheckState state)
    {
        var members = new List<(string Name, byte[] Json)>();
        var room = MaxBytes - ReservedForTruncated - _bytes - 1024;
        Member("name", writer => writer.WriteStringValue(Short(state.Name)));
        Member("status", writer => writer.WriteStringValue(NameOf(state.Status)));
        if (state.Reason is { } reason)
        {
            Member("reason", writer => writer.WriteStringValue(Short(reason)));
        }

        Member("since", writer => writer.WriteStringValue(state.Since));
        if (state.CheckedAt is { } checkedAt)
        {
            Member("checkedAt", writer => writer.WriteStringValue(checkedAt));
        }

        if (state.Description is { } description)
        {
            Member("description", writer => writer.WriteStringValue(description));
        }

        if (state.Exception is { } exception)
        {
            Member("exception", writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("type", exception.Type);
                writer.WriteString("message", exception.Message);
                writer.WriteString("details", exception.Details);
                writer.WriteEndObject();
            });
        }

        Member("data", writer => HealthDataJson.Write(writer, state.Data));
        Add("check", JsonBytes.Write(writer =>
        {
            writer.WriteStartObject();
            foreach (var (name, json) in members)
            {
                writer.WritePropertyName(name);
                writer.WriteRawValue(json, skipInputValidation: true);
            }

            writer.WriteEndObject();
        }));

        void Member(string name, Action<Utf8JsonWriter> write)
        {
            var json = JsonBytes.Write(write);
            if (json.Length + name.Length + 4 > room)
            {
                Leave("check." + name);
                return;
            }

            room -= json.Length + name.Length + 4;
            members.Add((name, json));
        }
    }

    private void AddChecks(HealthSnapshot snapshot)
    {
        _names.Add("checks");
        if (TryAdd("checks", Checks(snapshot.Checks, described: true)))
        {
            return;
        }

        Leave("checks.description");
        if (TryAdd("checks", Checks(snapshot.Checks, described: false)))
        {
            return;
        }

        Leave("checks");
        TryAdd("checks", Checks([.. snapshot.Checks.Where(check => check.Status != HealthStatus.Healthy)], described: false));
    }

    private static byte[] Checks(IReadOnlyList<CheckState> checks, bool described) => JsonBytes.Write(writer =>
    {
        writer.WriteStartArray();
        foreach (var check in checks)
        {
            writer.WriteStartObject();
            writer.WriteString("name", Short(check.Name));
            writer.WriteString("status", NameOf(check.Status));
            if (check.Reason is { } reason)
            {
                writer.WriteString("reason", Short(reason));
            }

            writer.WriteString("since", check.Since);
            if (check.CheckedAt is { } checkedAt)
            {
                writer.WriteString("checkedAt", checkedAt);
            }

            if (described && check.Description is { } description)
            {
                writer.WriteString("description", Short(description));
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    });

    private bool TryAdd(string name, byte[] json)
    {
        var bytes = JsonEncodedText.Encode(name).EncodedUtf8Bytes.Length + json.Length + 4; // quotes, colon, comma
        if (_bytes + bytes > MaxBytes - ReservedForTruncated)
        {
            return false;
        }

        _bytes += bytes;
        _parts.Add((name, json));
        return true;
    }

    private void Leave(string name)
    {
        // As long as the list has room; 20 names of 64 characters may take more than is reserved when each is written in escapes.
        if (_truncated.Sum(Length) + Length(name) <= ReservedForTruncated - 64)
        {
            _truncated.Add(name);
        }

        static int Length(string text) => JsonEncodedText.Encode(text).EncodedUtf8Bytes.Length + 3;
    }

    /// <summary>What the system does not tell is left out.</summary>
    private static void Measure(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is InvalidOperationException or NotSupportedException or System.ComponentModel.Win32Exception or IOException or UnauthorizedAccessException)
        {
            return; // no /proc, no permission
        }
    }

    private static string NameOf(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => nameof(HealthStatus.Healthy),
        HealthStatus.Degraded => nameof(HealthStatus.Degraded),
        _ => nameof(HealthStatus.Unhealthy),
    };

    private static string Short(string text) => text.Length <= MaxShortText
        ? text
        : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[MaxShortText - 1]) ? MaxShortText - 1 : MaxShortText), "… (cut)");
}
