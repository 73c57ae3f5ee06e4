using Microsoft.Extensions.Options;

namespace HealthKit;

/// <summary>What is wrong with HealthKit's settings, a line each: it is read in a console, above a stack trace.</summary>
internal sealed class ConfigurationMistakes(IEnumerable<string> failures)
    : OptionsValidationException("HealthKit", typeof(HealthKitOptions), failures)
{
    public override string Message
    {
        get
        {
            var failures = Failures.ToList();
            return failures.Count == 1
                ? "HealthKit's settings have a mistake: " + failures[0]
                : $"HealthKit's settings have {failures.Count} mistakes:{string.Concat(failures.Select(failure => Environment.NewLine + "  " + failure))}";
        }
    }
}
