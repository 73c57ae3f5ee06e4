using Microsoft.Extensions.Options;

namespace HealthKit;

/// <summary>What is wrong with how HealthKit is set up, in code and configuration, a line each: it is read in a console, above a stack trace.</summary>
internal sealed class ConfigurationMistakes(IEnumerable<string> failures)
    : OptionsValidationException("HealthKit", typeof(HealthKitOptions), failures)
{
    public override string Message
    {
        get
        {
            var failures = Failures.ToList();
            return failures.Count == 1
                ? "HealthKit is set up with a mistake: " + failures[0]
                : $"HealthKit is set up with {failures.Count} mistakes:{string.Concat(failures.Select(failure => Environment.NewLine + "  " + failure))}";
        }
    }
}
