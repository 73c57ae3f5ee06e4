using System.Reflection;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit.Tests.Conformance;

/// <summary>The check types and their cases.</summary>
internal static class ConformanceCases
{
    /// <summary>A case a type. A new check type adds its own here.</summary>
    private static readonly ConformanceCase[] All =
    [
        new DiskSpaceCase(), new MemoryCase(), new HealthKitCase(), new IncidentSinkCase(),
        new LogFileCase(),
        new FileCase(),
        new DirectoryCase(),
        new TcpCase(), new DnsCase(), new TlsCase(), new HttpCase(), new RedisCase(),
        new InventoryCase(),
        new SqlCase(), new PostgreSqlCase(), new MySqlCase(),
        new RabbitMqCase(),
        new QueueCase(),
    ];

    public static IEnumerable<string> Names => All.Select(one => one.Type.Name);

    /// <summary>What every package registers. A new package adds its call here.</summary>
    public static ServiceProvider Services()
    {
        var services = new ServiceCollection();
        services.AddLogging().AddHealthKit().AddDependencyChecks().AddRabbitMqChecks();
        return services.BuildServiceProvider();
    }

    /// <summary>The registered types, by name.</summary>
    public static IReadOnlyList<CheckType> Types()
    {
        using var services = Services();
        return [.. services.GetServices<CheckType>().OrderBy(type => type.Name, StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>The types that the packages hold, registered or not: static fields, where a check keeps its type.</summary>
    public static IEnumerable<CheckType> TypesInPackages() => Repository.Packages()
        .SelectMany(package => Assembly.Load(package).GetTypes())
        .Where(type => !type.ContainsGenericParameters)
        .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
        .Where(field => typeof(CheckType).IsAssignableFrom(field.FieldType))
        .Select(field => (CheckType)field.GetValue(null)!);

    public static ConformanceCase? Find(string type) => Array.Find(All, one => one.Type.Name == type);

    public static ConformanceCase Of(string type)
    {
        var one = Find(type);
        Assert.True(one is not null, $"Check type {type} has no case in the conformance suite: write one and add it to {nameof(ConformanceCases)}.");
        return one;
    }
}
