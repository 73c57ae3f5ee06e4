namespace HealthKit.Tests.Conformance;

internal sealed class MemoryCase() : ConformanceCase<MemoryOptions>(MemoryCheck.Type)
{
    protected override void Configure(Scenario scenario, MemoryOptions options)
    {
        switch (scenario)
        {
            case Scenario.Healthy:
                options.DegradedBelowFreePercent = 0;
                options.DegradedWhenFilling = false;
                break;
            case Scenario.Failing:
                options.UnhealthyBelowFreePercent = 100;
                break;
        }
    }

    protected override CheckType<MemoryOptions> TypeFor(Scenario scenario) => scenario != Scenario.Unmeasurable
        ? MemoryCheck.Type
        : CheckType.Create<MemoryOptions>(
            MemoryCheck.Type.Descriptor,
            MemoryLimits.Validate,
            // Root may read all of /proc, but nothing below a file.
            static (_, options) => new MemoryCheck(new LinuxMemorySource("/proc/version"), TimeProvider.System, options));
}
