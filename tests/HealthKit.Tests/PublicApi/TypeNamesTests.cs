using System.Reflection;
using System.Runtime.CompilerServices;

namespace HealthKit.Tests.PublicApi;

/// <summary>All packages share one namespace, some see the internals of others, and tests see those of all.</summary>
public class TypeNamesTests
{
    [Fact]
    public void No_two_packages_have_a_type_of_one_name_be_it_internal() => Assert.Empty(
        new[] { "HealthKit", "HealthKit.AspNetCore", "HealthKit.Dependencies", "HealthKit.RabbitMq", "HealthKit.Sentry" }
            .SelectMany(package => Assembly.Load(package).GetTypes())
            .Where(type => !type.IsNested && type.Namespace == nameof(HealthKit) && type.GetCustomAttribute<CompilerGeneratedAttribute>() is null)
            .GroupBy(type => type.Name)
            .Where(types => types.Count() > 1)
            .Select(types => types.Key));
}
