namespace HealthKit;

/// <inheritdoc cref="SqlQueueSource"/>
internal sealed class SqlQueueKind : QueueSourceKind
{
    public override string Name => "Sql";

    public override IReadOnlyCollection<string> Keys =>
        [nameof(QueueOptions.Statement), nameof(QueueOptions.DataSource), nameof(QueueOptions.Provider), nameof(QueueOptions.ConnectionString)];

    public override IEnumerable<OptionError> Validate(IServiceProvider services, QueueOptions options)
    {
        if (options.Statement is null)
        {
            yield return new OptionError(nameof(options.Statement), null, $"{SqlStatement.Allowed}; its columns: {SqlQueueRows.Columns}");
            yield break;
        }

        var database = ToDatabase(options);
        foreach (var error in database.ValidateDatabase().Concat(database.ValidateServices(services)))
        {
            yield return error;
        }
    }

    public override IQueueSource Create(IServiceProvider services, QueueOptions options) => new SqlQueueSource(ToDatabase(options), services);

    private static SqlOptions ToDatabase(QueueOptions options) => new()
    {
        DataSource = options.DataSource,
        Provider = options.Provider,
        ConnectionString = options.ConnectionString,
        Statement = options.Statement!,
    };
}
