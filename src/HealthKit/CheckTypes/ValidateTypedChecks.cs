using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace HealthKit;

/// <summary>Rejects bad options of typed checks when the registrations are first read, also where no HealthKit monitor runs.</summary>
internal sealed class ValidateTypedChecks(CheckInstances instances, Redactor redactor, DeclaredChecks? declared = null) : IPostConfigureOptions<HealthCheckServiceOptions>
{
    public void PostConfigure(string? name, HealthCheckServiceOptions options)
    {
        if (declared is not null)
        {
            // The monitor validates what configuration makes of them.
            return;
        }

        List<string> errors = [];
        foreach (var registration in options.Registrations)
        {
            if (TypedCheck.Of(registration) is { } check)
            {
                instances.Get(check).Options = check.BuildOptions(registration.Name, section: null, instances.Services, errors);
            }
        }

        if (errors.Count > 0)
        {
            throw new OptionsValidationException(nameof(HealthCheckServiceOptions), typeof(HealthCheckServiceOptions), errors.Select(redactor.Redact));
        }
    }
}
