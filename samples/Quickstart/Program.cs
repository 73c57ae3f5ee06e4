var builder = WebApplication.CreateBuilder(args);
builder.AddHealthKit();
var app = builder.Build();
app.MapGet("/m", (HealthKit.HealthMonitor m) => string.Join("\n", m.Current.Checks.Select(c => $"{c.Name} {c.Status} {c.Condition} {c.Reason} {c.Description}")) + "\n" + m.Current.Status + m.Current.Version);
app.MapHealthChecks("/h");
app.Run();
