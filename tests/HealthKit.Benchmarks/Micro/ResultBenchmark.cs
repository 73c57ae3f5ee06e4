using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>What every result goes through: the redactor and the freezer.</summary>
public class ResultBenchmark
{
    internal const string Ordinary =
        "31.2 GB of 98.3 GB free (33 %, 5.0 GB reserved), inodes 91 % free, /dev/vda1 ext4 on /, for /var/log/app/production.log; "
        + "the slowest request took 1.24 s: GET /orders/1234?page=2 (user 4711, session started 12:03:55, pool at 5 of 20)";

    internal const string WithSecrets =
        "connect to Server=db1;Database=shop;User Id=app;Password=correct-horse-battery;Pooling=true failed after 3 attempts: timeout expired, "
        + "the server at amqp://app:correct-horse@mq1:5672/shop did not answer within 5 s either";

    private readonly Redactor _redactor = new();
    private readonly ResultFreezer _freezer;
    private readonly HealthCheckResult _result;

    public ResultBenchmark()
    {
        _freezer = new ResultFreezer(_redactor);
        _result = new DiskCheckBenchmark().Check();
    }

    [Benchmark]
    public string Redact() => _redactor.Redact(Ordinary);

    [Benchmark]
    public string RedactSecrets() => _redactor.Redact(WithSecrets);

    [Benchmark]
    public object Freeze() => _freezer.Freeze(_result);
}
