using System.Globalization;
using System.Text.Unicode;

namespace HealthKit;

/// <summary>Writes logs as they are found: times that go on, identifiers that differ, three errors in a hundred.</summary>
internal sealed class LogWriter
{
    private static readonly string[] Workers = ["ImportWorker", "SidekiqAlive::Worker", "MailWorker", "Doi::SyncWorker"];

    private readonly Random _random = new(4711);
    private readonly byte[] _buffer = new byte[1 << 20];
    private DateTime _time = new(2026, 11, 1, 0, 0, 0, DateTimeKind.Utc);
    private int _filled;

    /// <summary>Fills a file with whole lines.</summary>
    /// <returns>How many.</returns>
    public static long Fill(string path, long length, Action<LogWriter> writeLine)
    {
        var writer = new LogWriter();
        long lines = 0;
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        while (file.Length < length)
        {
            writer._filled = 0;
            while (writer._filled < writer._buffer.Length - 4_096)
            {
                // About twenty a second.
                writer._time = writer._time.AddMilliseconds(writer._random.Next(100));
                writeLine(writer);
                lines++;
            }

            file.Write(writer._buffer.AsSpan(0, writer._filled));
        }

        return lines;
    }

    public static void Sidekiq(LogWriter log)
    {
        var thread = log._random.Next();
        var process = 21_560 + log._random.Next(9);
        var (high, low) = (log._random.NextInt64(), log._random.Next());
        switch (log._random.Next(100))
        {
            case < 45:
                log.Line($"{log._time:yyyy-MM-ddTHH:mm:ss.fff}Z {process} TID-o{thread:x8} {log.Worker} JID-{high:x16}{low:x8} INFO: start\n");
                break;
            case < 90:
                log.Line($"{log._time:yyyy-MM-ddTHH:mm:ss.fff}Z {process} TID-o{thread:x8} {log.Worker} JID-{high:x16}{low:x8} INFO: done: {log._random.NextDouble():0.000} sec\n");
                break;
            case < 95:
                log.Line($"{log._time:yyyy-MM-ddTHH:mm:ss.fff}Z {process} TID-o{thread:x8} WARN: {{\"class\"=>\"Worker\", \"args\"=>[{low}], \"retry\"=>true, \"queue\"=>\"default\", \"jid\"=>\"{high:x16}{low:x8}\", \"retry_count\"=>0}}\n");
                break;
            case < 98:
                log.Line($"{log._time:yyyy-MM-ddTHH:mm:ss.fff}Z {process} TID-o{thread:x8} ERROR: heartbeat: Error connecting to Redis on 127.0.0.1:6379 (ECONNREFUSED)\n");
                break;
            default:
                log.Line($"{log._time:yyyy-MM-ddTHH:mm:ss.fff}Z {process} TID-o{thread:x8} WARN: /app/vendor/bundle/ruby/2.3.0/gems/sidekiq-5.0.5/lib/sidekiq/processor.rb:{low % 300}:in `fetch'\n");
                break;
        }
    }

    public static void Json(LogWriter log)
    {
        var (high, low) = (log._random.NextInt64(), log._random.NextInt64());
        var kind = log._random.Next(100);
        if (kind < 91)
        {
            log.Line($"{{\"message\":\"Completed 200 OK in {kind}ms (Views: {log._random.NextDouble() * 50:0.0}ms | ActiveRecord: {log._random.NextDouble() * 9:0.0}ms)\",\"@timestamp\":\"{log._time:yyyy-MM-ddTHH:mm:ss.fff}+00:00\",\"@version\":\"1\",\"severity\":\"INFO\",\"host\":\"pkp-alm.lib.sfu.ca\",\"tags\":[\"{high:x16}{low:x16}\"]}}\n");
        }
        else if (kind < 97)
        {
            log.Line($"{{\"message\":\"slow query {low % 5000} ms\",\"@timestamp\":\"{log._time:yyyy-MM-ddTHH:mm:ss.fff}+00:00\",\"@version\":\"1\",\"severity\":\"WARN\",\"host\":\"pkp-alm.lib.sfu.ca\",\"tags\":[\"{high:x16}{low:x16}\"]}}\n");
        }
        else
        {
            log.Line($"{{\"message\":\"  Couldn't find template for digesting: docs/{low % 500}\",\"@timestamp\":\"{log._time:yyyy-MM-ddTHH:mm:ss.fff}+00:00\",\"@version\":\"1\",\"severity\":\"ERROR\",\"host\":\"pkp-alm.lib.sfu.ca\",\"tags\":[\"{high:x16}{low:x16}\"]}}\n");
        }
    }

    /// <summary>Short lines, whose word for an error stands where grep finds it, too.</summary>
    public static void Access(LogWriter log)
    {
        var failed = log._random.Next(100) < 3;
        log.Line($"10.{log._random.Next(9)}.{log._random.Next(256)}.{log._random.Next(256)} - - [{log._time:dd/MMM/yyyy:HH:mm:ss} +0000] \"GET /orders/{log._random.Next(100_000)} HTTP/1.1\" {(failed ? 502 : 200)} {log._random.Next(20_000)} \"{(failed ? "ERROR" : "-")}\" \"okhttp/4.9\"\n");
    }

    private string Worker => Workers[_random.Next(Workers.Length)];

    private void Line(FormattableString line)
    {
        var text = line.ToString(CultureInfo.InvariantCulture);
        Utf8.FromUtf16(text, _buffer.AsSpan(_filled), out var _, out var written);
        _filled += written;
    }
}
