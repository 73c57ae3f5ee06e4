using System.Data.Common;
using MySql.Data.MySqlClient;
using Npgsql;

// What a check may name as its Provider: the app brings the drivers, HealthKit none.
DbProviderFactories.RegisterFactory("MySql", MySqlClientFactory.Instance);
DbProviderFactories.RegisterFactory("Npgsql", NpgsqlFactory.Instance);

var builder = WebApplication.CreateBuilder(args);

// What a check may name as its DataSource: the app's own pool.
builder.Services.AddKeyedSingleton<DbDataSource>(
    "shop", (_, _) => NpgsqlDataSource.Create(builder.Configuration.GetConnectionString("Shop") ?? throw new InvalidOperationException("ConnectionStrings:Shop is missing")));

// The checks themselves stand in appsettings.json.
builder.AddHealthKit().AddDependencyChecks().AddRabbitMqChecks();

var app = builder.Build();
app.MapHealthKit();

// The app's work: it holds a connection of its pool for as long as it is asked to, which is how pools run dry.
app.MapGet("/report", async ([FromKeyedServices("shop")] DbDataSource shop, int seconds, CancellationToken end) =>
{
    await using var connection = await shop.OpenConnectionAsync(end);
    await Task.Delay(TimeSpan.FromSeconds(seconds), end);
    return "done";
});
app.MapGet("/", () => "See /health?format=text.");
app.Run();
