using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;

namespace HealthKit;

/// <summary>The keys under which data sources are registered: for errors, which name what there is.</summary>
internal sealed class RegisteredDataSources(IServiceCollection services)
{
    public IReadOnlyList<string> Keys =>
    [
        .. services.Where(service => service.ServiceType == typeof(DbDataSource))
            .Select(service => service.IsKeyedService ? service.ServiceKey as string : DatabaseOptions.UnkeyedName)
            .OfType<string>()
            .Distinct(StringComparer.Ordinal),
    ];
}
