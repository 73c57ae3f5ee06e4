using System.Diagnostics;
using HealthKit.IntegrationTests.Servers;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.IntegrationTests.Queues;

/// <summary>A real Sidekiq (Debian's ruby-sidekiq) on a real Redis.</summary>
public sealed class SidekiqTests : IDisposable
{
    private const string Password = "pa55-of-the-watcher";

    private const string Workers = """
        require "sidekiq"
        class Good
          include Sidekiq::Worker
          def perform; end
        end
        class Hopeless
          include Sidekiq::Worker
          sidekiq_options retry: 0
          def perform; raise "no use"; end
        end
        class Unlucky
          include Sidekiq::Worker
          sidekiq_options retry: 5
          def perform; raise "perhaps later"; end
        end
        class Mail
          include Sidekiq::Worker
          sidekiq_options queue: "mailers"
          def perform; end
        end

        """;

    private readonly RedisServer _server = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("hk-sidekiq-").FullName;
    private readonly List<ChildProcess> _processes = [];

    public SidekiqTests() => File.WriteAllText($"{_directory}/workers.rb", Workers);

    public void Dispose()
    {
        _processes.ForEach(process => process.Dispose());
        _server.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task It_tells_dead_retried_and_scheduled_jobs_and_the_queue_that_nobody_takes_from()
    {
        _server.SetUser(
            "watcher", Password, "~queues", "~queue:*", "~processes", "~retry", "~schedule", "~dead", "~stat:*", "~*:*:*",
            "+srandmember", "+zcard", "+zcount", "+get", "+llen", "+lindex", "+hmget");
        using var probe = new QueueProbe(QueueSources.Sidekiq(_server.AddressOf("watcher", Password)));
        var missing = await probe.LookAsync();
        Assert.Equal((HealthStatus.Unhealthy, "queue.missing"), (missing.Status, missing.Reason));

        var sidekiq = Start();
        var healthy = await probe.UntilAsync(look => look["consumersCount"] == 1, "Sidekiq is there");
        Assert.Equal((HealthStatus.Healthy, 0L, 0L), (healthy.Status, healthy["depthCount"], healthy["deadCount"]));

        // One job is tried once and given up, one is tried again, one has time, two have nobody.
        Ruby("Good.perform_async; Hopeless.perform_async; Unlucky.perform_async; Good.perform_in(3600); 2.times { Mail.perform_async }");
        var look = await probe.UntilAsync(
            seen => seen["deadCount"] == 1 && seen["retryingCount"] == 1 && seen["scheduledCount"] == 1 && seen["depthCount"] == 2 && seen["processedCount"] >= 3,
            "the jobs have run");

        Assert.Equal((HealthStatus.Unhealthy, "queue.noConsumers", "mailers"), (look.Status, look.Reason, look.Data["item"]));
        Assert.Contains("no consumers of mailers, 1 dead, 1 of them in the last 1 h: 2 wait, the oldest for ", look.Text, StringComparison.Ordinal);
        Assert.Equal(2, look["failedCount"]);
        Assert.True(look.Data.ContainsKey("completionsPerSecond"), $"{look}");
        var parts = (IReadOnlyDictionary<string, object>)look.Data["items"];
        Assert.Equal(["default", "mailers"], parts.Keys.Order());
        Assert.Equal("2", _server.Run("LLEN", "queue:mailers"));
        Assert.DoesNotContain(Password, look.ToString(), StringComparison.Ordinal);

        // Its process ends as it should: nobody is lost, yet all that is left has nobody.
        sidekiq.Terminate();
        sidekiq.WaitForExit(TimeSpan.FromSeconds(30));
        var ended = await probe.LookAsync();
        Assert.Equal((HealthStatus.Unhealthy, "queue.consumersLost", 0L), (ended.Status, ended.Reason, ended["consumersCount"]));
        Assert.Equal("0", _server.Run("SCARD", "processes"));
    }

    [Fact]
    public async Task A_process_that_was_killed_is_named_when_its_heartbeat_is_a_minute_old()
    {
        var sidekiq = Start();
        using var probe = new QueueProbe(QueueSources.Sidekiq(_server.Address, ["default"]), options => options.DegradedAboveDeadCount = 0);
        await probe.UntilAsync(look => look["consumersCount"] == 1, "Sidekiq is there");
        sidekiq.Kill();
        Ruby("3.times { Good.perform_async }");

        // For a minute nobody can know.
        var soon = await probe.LookAsync();
        Assert.Equal((HealthStatus.Healthy, 3L, 1L), (soon.Status, soon["depthCount"], soon["consumersCount"]));
        probe.Time.Advance(TimeSpan.FromSeconds(61));
        var look = await probe.LookAsync();

        Assert.Equal((HealthStatus.Unhealthy, "queue.consumersLost", 0L), (look.Status, look.Reason, look["consumersCount"]));
        var name = $"{Environment.MachineName}:{sidekiq.Id}";
        Assert.Equal([name], (IEnumerable<string>)look.Data["lostConsumers"]);
        Assert.Contains($"no consumers any more, of 1 ({name}): 3 wait, the oldest for ", look.Text, StringComparison.Ordinal);

        // Redis forgets the heartbeat after a minute (EXPIRE); the name is still there for who looks for the first time.
        var identity = _server.Run("SMEMBERS", "processes");
        Assert.Equal("1", _server.Run("PEXPIRE", identity, "0"));
        using var later = new QueueProbe(QueueSources.Sidekiq(_server.Address));
        var first = await later.LookAsync();
        Assert.Equal((HealthStatus.Unhealthy, "queue.consumersLost"), (first.Status, first.Reason));
        Assert.Contains($"no consumers any more ({name}): 3 wait", first.Text, StringComparison.Ordinal);
    }

    private ChildProcess Start()
    {
        var process = ChildProcess.Start(WithRedis(new ProcessStartInfo("/usr/bin/sidekiq", ["-r", $"{_directory}/workers.rb", "-c", "2", "-q", "default"])));
        _processes.Add(process);
        return process;
    }

    private void Ruby(string code)
    {
        using var ruby = ChildProcess.Start(WithRedis(new ProcessStartInfo("/usr/bin/ruby", ["-r", $"{_directory}/workers.rb", "-e", code])));
        Assert.True(ruby.WaitForExit(TimeSpan.FromSeconds(30)) == 0, ruby.Errors);
    }

    private ProcessStartInfo WithRedis(ProcessStartInfo start)
    {
        start.WorkingDirectory = _directory;
        start.Environment["REDIS_URL"] = _server.Address;
        return start;
    }
}
