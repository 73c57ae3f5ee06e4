using HealthKit;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseSentry();
builder.Services.AddSingleton<ISentryEventSender, HubSender>();
builder.AddHealthKit().AddSentry();

var app = builder.Build();
app.MapHealthKit();
app.Run();
