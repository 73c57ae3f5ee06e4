namespace HealthKit;

/// <summary>What the check of any SQL database asks, and how it gets a connection.</summary>
public sealed class SqlOptions : DatabaseOptions
{
    internal IEnumerable<OptionError> Validate() => ValidateDatabase();
}
