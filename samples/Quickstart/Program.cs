using Microsoft.Extensions.Diagnostics.HealthChecks;

var builder = WebApplication.CreateBuilder(args);

builder.AddHealthKit()
    .AddDelegateCheck("greeting", _ => new(HealthCheckResult.Healthy("a check of your own")), tags: ["ready"])
    .AddDependencyChecks()
    .AddSentry();

var app = builder.Build();
app.MapHealthKit();
app.MapGet("/", () => "See /health, /health/live, /health/ready and /health/startup.");
app.Run();
