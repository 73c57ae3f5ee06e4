namespace HealthKit;

/// <summary>Placeholder until the redactor lands.</summary>
public sealed class Redactor
{
    private readonly List<string> _secrets = [];

    /// <summary>Hides secrets.</summary>
    public string Redact(string text) => _secrets.Aggregate(text, (t, s) => t.Replace(s, "***", StringComparison.Ordinal));

    /// <summary>Registers a secret.</summary>
    public void AddSecret(string? secret) => _secrets.Add(secret!);

    /// <summary>Registers a connection string's secrets.</summary>
    public void AddConnectionString(string? connectionString) => _secrets.Add(connectionString!);
}
