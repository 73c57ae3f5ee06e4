using HealthKit.Tests.Dependencies;
using HealthKit.Tests.Dependencies.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

internal sealed class RedisCase() : DependencyCase<RedisOptions>(
    RedisCheck.Type, static (network, options) => new RedisCheck(network, options, new Redactor()), Stage.Use)
{
    private static readonly Lazy<RawServer> Server = new(static () => FakeRedis.Start());

    private static readonly Lazy<RawServer> Full = new(static () => FakeRedis.Start(new Dictionary<string, string>
    {
        ["SET"] = "-OOM command not allowed when used memory > 'maxmemory'.",
        ["EXEC"] = "-EXECABORT Transaction discarded because of previous errors.",
    }));

    protected override void Configure(Scenario scenario, RedisOptions options) => options.ConnectionString = scenario switch
    {
        Scenario.Healthy => $"redis://127.0.0.1:{Server.Value.Port}",
        Scenario.Failing => $"redis://127.0.0.1:{Full.Value.Port}",
        _ => "redis://cache.example",
    };

    public override void AddPlanted(IHealthChecksBuilder builder, string text, string directory)
    {
        var echo = FakeRedis.Start(new Dictionary<string, string> { ["AUTH"] = $"-ERR unknown command 'AUTH' {text}", ["SET"] = $"-ERR {text}", ["EXEC"] = "-EXECABORT" });
        var word = Uri.EscapeDataString(text);
        builder
            .AddRedisCheck($"redis://{word}:{word}@127.0.0.1:{echo.Port}", name: "login")
            .AddRedisCheck($"127.0.0.1:{echo.Port}", options => options.KeyPrefix = $"{text}:", name: "error")
            .AddRedisCheck($"redis://{word}:{word}@127.0.0.1:{RefusingPort}", name: "refused")
            .AddRedisCheck($"redis://:{word}@{Planted(text)}:{RefusingPort}", name: "host")
            .AddRedisCheck($"unix:///{word}", name: "socket")
            .AddRedisCheck(static (_, _, _) => Task.FromResult<string?>("what?"), options => options.KeyPrefix = text, name: "client")
            .AddRedisCheck((_, _, _) => throw new InvalidOperationException($"no connection {text}"), name: "thrown");
    }
}
