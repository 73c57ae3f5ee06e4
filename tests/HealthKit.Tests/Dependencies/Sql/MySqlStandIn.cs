using System.Data.Common;
using HealthKit.Tests.Dependencies;

namespace MySqlStandIn;

/// <summary>A driver whose name is that of one for MySQL.</summary>
internal sealed class StandInFactory : DbProviderFactory
{
    public static readonly StandInFactory Instance = new();

    public override DbConnection CreateConnection() => new StandInConnection();
}

internal sealed class StandInConnection : FakeConnection;
