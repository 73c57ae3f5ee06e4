using System.Globalization;

namespace HealthKit.Tests.Logs.Summary;

/// <summary>Lines as many programs write them: their level and their time. All files were last written on 22 November 2026, 18:00 UTC.</summary>
public class LogShapeTests
{
    [Theory]

    // Ruby: sidekiq, foreman, Logger
    [InlineData("2015-11-10T03:07:39.602Z 21565 TID-16b40s ERROR: heartbeat: EXECABORT Transaction discarded", "error", "2015-11-10T03:07:39Z")]
    [InlineData("2014-03-22T03:12:35Z 41808 TID-ovgd2eqgs WARN: {:context=>\"heartbeat\"}", "warning", "2014-03-22T03:12:35Z")]
    [InlineData("18:08:54 worker.1      | 2014-10-07T16:08:54.493Z 25066 TID-ov2ygtnd8 INFO: Starting processing", "information", "2014-10-07T16:08:54Z")]
    [InlineData("2018-11-09T22:54:08.709Z 11 TID-go5eoizov SidekiqAlive::Worker JID-13c5f2051107f52a25ef5f1e INFO: start", "information", "2018-11-09T22:54:08Z")]
    [InlineData("[#88798]  WARN -- : [] TID-ovy7jsbb0 Redis::TimeoutError: Connection timed out", "warning", null)]
    [InlineData("E, [2019-08-03T21:32:22.156760 #2664] ERROR -- : [54c1915d-17e4] Couldn't find", "error", "2019-08-03T21:32:22Z")]
    [InlineData("F, [2015-09-21T14:08:36.898903 #22] FATAL -- :", "critical", "2015-09-21T14:08:36Z")]
    [InlineData("I, [2015-09-21T14:08:36.897718 #22]  INFO -- : Completed 500 Internal Server Error in 15ms", "information", "2015-09-21T14:08:36Z")]
    [InlineData("Started GET \"/\" for 127.0.0.1 at 2026-11-22 12:00:00 +0300", "none", "2026-11-22T09:00:00Z")]
    [InlineData("\u001b[32mINFO\u001b[0m[0001] colours of logrus", "information", null)]

    // JSON
    [InlineData("{\"message\":\"ERROR in text\",\"@timestamp\":\"2015-10-28T22:15:05.963+02:00\",\"@version\":\"1\",\"severity\":\"INFO\",\"host\":\"x\"}", "information", "2015-10-28T20:15:05Z")]
    [InlineData("{\"message\":\"bar\",\"@timestamp\":\"2014-05-26T20:35:14.685-07:00\",\"severity\":\"FATAL\",\"tags\":[\"foo\"]}", "critical", "2014-05-27T03:35:14Z")]
    [InlineData("{\"app_name\":\"app\",\"dt\":\"2023-07-27T16:43:50.917623Z\",\"message\":\"E, [2023-07-27T16:43:50.917553 #2] ERROR -- : x\"}", "error", "2023-07-27T16:43:50Z")]
    [InlineData("{\"level\": \"warn\", \"ts\": 1700000000.123, \"msg\": \"slow\"}", "warning", "2023-11-14T22:13:20Z")]
    [InlineData("{\"level\":50,\"time\":1700000000123,\"pid\":1,\"msg\":\"pino\"}", "error", "2023-11-14T22:13:20Z")]
    [InlineData("{\"@t\":\"2026-11-22T12:00:00.1234567Z\",\"@mt\":\"Hello\",\"@l\":\"Error\"}", "error", "2026-11-22T12:00:00Z")]
    [InlineData("{\"@t\":\"2026-11-22T12:00:00.1234567Z\",\"@mt\":\"Hello\"}", "information", "2026-11-22T12:00:00Z")]
    [InlineData("{\"EventId\":1,\"LogLevel\":\"Critical\",\"Category\":\"A\",\"Timestamp\":\"2026-11-22 12:00:00Z\"}", "critical", "2026-11-22T12:00:00Z")]
    [InlineData("{\"log\":\"x failed\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-22T12:00:00.123456789Z\"}", "none", "2026-11-22T12:00:00Z")]
    [InlineData("{\"t\":{\"$date\":\"2026-11-22T12:00:00.000+00:00\"},\"s\":\"I\",\"c\":\"NETWORK\"}", "none", "2026-11-22T12:00:00Z")]

    // syslog and the kernel
    [InlineData("May 10 15:38:53 host kernel: Out of memory: Kill process 8470 (gunicorn) score 63", "none", "2026-05-10T15:38:53Z")]
    [InlineData("Nov 29 01:00:04 localhost kernel: Killed process 21578", "none", "2025-11-29T01:00:04Z")]
    [InlineData("Oct 1 11:11:54 ip-x kernel: [1983378.957901] Killed process 5789 (ruby)", "none", "2026-10-01T11:11:54Z")]
    [InlineData("Oct  1 11:11:54 host sshd[12]: error: connect_to refused", "error", "2026-10-01T11:11:54Z")]
    [InlineData("Feb 29 11:11:54 host app: WARN", "warning", "2024-02-29T11:11:54Z")]
    [InlineData("[Sun Apr  1 21:58:32 2018] Out of memory: Kill process 21070", "none", "2018-04-01T21:58:32Z")]
    [InlineData("[1880957.563150] perl invoked oom-killer: gfp_mask=0x280da", "none", null)]
    [InlineData("<11>1 2003-10-11T22:14:15.003Z host app - ID47 - text", "error", "2003-10-11T22:14:15Z")]
    [InlineData("<165>Aug 24 05:34:00 host myproc[10]: %% It's", "information", "2026-08-24T05:34:00Z")]
    [InlineData("<3>[   12.3] disk on fire", "error", null)]

    // .NET
    [InlineData("info: Microsoft.Hosting.Lifetime[14]", "information", null)]
    [InlineData("fail: App.Jobs[0]", "error", null)]
    [InlineData("2026-11-22T12:00:00.1234567+01:00 crit: App[0] text", "critical", "2026-11-22T11:00:00Z")]
    [InlineData("2026-11-22 12:00:00.123 +00:00 [ERR] Serilog", "error", "2026-11-22T12:00:00Z")]
    [InlineData("[12:00:00 INF] Serilog on a console", "information", "2026-11-22T12:00:00Z")]
    [InlineData("[19:00:00 WRN] that was yesterday", "warning", "2026-11-21T19:00:00Z")]
    [InlineData("2026-11-22 12:00:00.1234|ERROR|App.Program|NLog", "error", "2026-11-22T12:00:00Z")]

    // web servers
    [InlineData("2026/11/22 12:00:00 [error] 12#12: *1 connect() failed (111: Connection refused)", "error", "2026-11-22T12:00:00Z")]
    [InlineData("2026/11/22 12:00:00 [emerg] 12#12: bind() failed", "critical", "2026-11-22T12:00:00Z")]
    [InlineData("127.0.0.1 - - [22/Nov/2026:12:00:00 +0200] \"GET /ERROR HTTP/1.1\" 200 612 \"-\" \"curl\"", "information", "2026-11-22T10:00:00Z")]
    [InlineData("2001:db8:85a3:0:0:8a2e:370:7334 - bob [22/Nov/2026:12:00:00 +0000] \"POST / HTTP/1.1\" 502 157", "error", "2026-11-22T12:00:00Z")]
    [InlineData("10.0.0.1 - - [22/Nov/2026:12:00:00 +0000] \"GET /x HTTP/1.0\" 404 157 \"-\" \"-\"", "warning", "2026-11-22T12:00:00Z")]
    [InlineData("[Sun Nov 22 12:00:00.123456 2026] [core:error] [pid 12] AH00126: Invalid URI", "error", "2026-11-22T12:00:00Z")]
    [InlineData("[22-Nov-2026 12:00:00 UTC] PHP Warning:  Undefined variable", "warning", "2026-11-22T12:00:00Z")]

    // databases
    [InlineData("1:M 22 Nov 2026 12:00:00.123 # Can't save in background: fork: Cannot allocate memory", "warning", "2026-11-22T12:00:00Z")]
    [InlineData("1234:C 22 Nov 2026 12:00:00.123 * Ready to accept connections", "information", "2026-11-22T12:00:00Z")]
    [InlineData("2026-11-22 12:00:00.123 UTC [77] LOG:  checkpoint complete", "information", "2026-11-22T12:00:00Z")]
    [InlineData("2026-11-22 12:00:00.123 UTC [77] FATAL:  password authentication failed", "critical", "2026-11-22T12:00:00Z")]
    [InlineData("2026-11-22T12:00:00.123456Z 0 [Note] [MY-010747] [Server] Plugin", "information", "2026-11-22T12:00:00Z")]
    [InlineData("2026-11-22 12:00:00 0 [Warning] InnoDB: Retry attempts", "warning", "2026-11-22T12:00:00Z")]
    [InlineData("2026-11-22 12:00:00.123456+00:00 [error] <0.123.0> closing AMQP connection", "error", "2026-11-22T12:00:00Z")]
    [InlineData("2023-11-14T08:52:41.415 ERROR [queue] job error,ReplyError: OOM command not allowed", "error", "2023-11-14T08:52:41Z")]
    [InlineData("WARNING: Your Redis instance will evict Sidekiq data under heavy load.", "warning", null)]

    // Java, Python, Go
    [InlineData("2026-11-22 12:00:00,123 [main] WARN  org.app.Main - text", "warning", "2026-11-22T12:00:00Z")]
    [InlineData("[2026-11-22T12:00:00,123][ERROR][o.e.b.Bootstrap] [node] text", "error", "2026-11-22T12:00:00Z")]
    [InlineData("22-Nov-2026 12:00:00.123 SEVERE [main] org.apache.catalina.core", "error", "2026-11-22T12:00:00Z")]
    [InlineData("2026-11-22 12:00:00,123 - app.module - CRITICAL - text", "critical", "2026-11-22T12:00:00Z")]
    [InlineData("ERROR:root:message", "error", null)]
    [InlineData("E1122 12:00:00.123456       1 reflector.go:178] Failed to list", "error", "2026-11-22T12:00:00Z")]
    [InlineData("time=\"2026-11-22T12:00:00Z\" level=warning msg=\"no error here\"", "warning", "2026-11-22T12:00:00Z")]
    [InlineData("ts=2026-11-22T12:00:00.123Z caller=main.go:1 level=debug msg=ERROR", "debug", "2026-11-22T12:00:00Z")]
    [InlineData("2026-11-22T12:00:00.123456789Z stderr F {\"level\":\"error\",\"msg\":\"INFO\"}", "error", "2026-11-22T12:00:00Z")]

    // No level
    [InlineData("2026-11-22 12:00:00 the information office sent no error report", "none", "2026-11-22T12:00:00Z")]
    [InlineData("2026-11-22 12:00:00 /var/log/ERROR/x NO_ERROR ERRORS PRE-INFO", "none", "2026-11-22T12:00:00Z")]
    [InlineData("2026-13-22 12:00:00 month 13, INFO", "information", null)]
    [InlineData("it took 12:00:00 hours", "none", null)]
    public void A_line_has_its_level_and_its_time(string line, string level, string? time)
    {
        var summary = TemporaryLog.Summarize(line + "\n");
        Assert.Equal(level, LevelOf(summary.Levels));
        Assert.Equal(time is null ? (DateTimeOffset?)null : DateTimeOffset.Parse(time, CultureInfo.InvariantCulture), summary.FirstTime?.ToUniversalTime());
    }

    [Theory]
    [InlineData("info: App[0]\n      Now listening on http://[::]:80\n      fail: not a level\n", 0, 2)]
    [InlineData("2026-11-22 12:00:00 ERROR x\njava.lang.IllegalStateException: y\n\tat a.b.C(D.java:1)\n\nCaused by: z\n", 1, 4)]
    [InlineData("ERROR:root:x\nTraceback (most recent call last):\n  File \"a.py\", line 1, in <module>\nValueError: bad\n", 1, 3)]
    public void Lines_behind_an_entry_continue_it(string log, int errors, int continued)
    {
        var levels = TemporaryLog.Summarize(log).Levels;
        Assert.Equal((errors, continued, 0), (levels.Error, levels.Continuation, levels.Unknown));
    }

    [Fact]
    public void Without_any_time_or_level_lines_are_of_unknown_level()
    {
        var summary = TemporaryLog.Summarize("one\n  two\nthree");
        Assert.Equal(3, summary.Levels.Unknown);
        Assert.Contains(summary.Notes, note => note.StartsWith("No line has a time", StringComparison.Ordinal));
    }

    [Fact]
    public void A_key_that_found_a_level_is_looked_for_first_in_the_next_line()
    {
        // In the second line, another key holds a level's name before the one that is known.
        var levels = TemporaryLog.Summarize("{\"severity\":\"INFO\"}\n{\"loglevel\":\"ERROR\",\"severity\":\"WARN\"}\n{\"loglevel\":\"ERROR\"}\n").Levels;
        Assert.Equal((1, 1, 1), (levels.Information, levels.Warning, levels.Error));
    }

    private static string LevelOf(LogLevelCounts levels) => levels switch
    {
        { Trace: 1 } => "trace",
        { Debug: 1 } => "debug",
        { Information: 1 } => "information",
        { Warning: 1 } => "warning",
        { Error: 1 } => "error",
        { Critical: 1 } => "critical",
        _ => "none",
    };
}
