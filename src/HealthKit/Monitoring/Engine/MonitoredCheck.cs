using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit;

/// <summary>A registration with the policy it starts with and its type's descriptor, as the engine takes it.</summary>
internal sealed record MonitoredCheck(HealthCheckRegistration Registration, CheckPolicy Policy, CheckDescriptor? Descriptor);
