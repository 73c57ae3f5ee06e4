using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace HealthKit;

/// <summary>
/// The checks that stand on check types, one instance for each registration: they keep history between runs, and their last good
/// options. A singleton, so that what it makes gets the root provider and is disposed with it.
/// </summary>
internal sealed class CheckInstances(IServiceProvider services) : IAsyncDisposable, IDisposable
{
    private readonly ConcurrentDictionary<TypedCheck, CheckInstance> _instances = new();

    public IServiceProvider Services => services;

    public CheckInstance Get(TypedCheck check) =>
        _instances.GetOrAdd(check, static (c, services) => new CheckInstance(c, services), services);

    public void Dispose()
    {
        foreach (var instance in _instances.Values)
        {
            (instance.CreatedCheck as IDisposable)?.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in _instances.Values)
        {
            switch (instance.CreatedCheck)
            {
                case IAsyncDisposable check:
                    await check.DisposeAsync().ConfigureAwait(false);
                    break;
                case IDisposable check:
                    check.Dispose();
                    break;
            }
        }
    }
}

/// <summary>One registration's check and its last good options.</summary>
internal sealed class CheckInstance(TypedCheck typed, IServiceProvider services)
{
    private readonly Lock _gate = new();
    private volatile object? _options;
    private volatile IHealthCheck? _check;

    /// <summary>The last good options. Without a monitor nothing sets them: then they are what code says.</summary>
    public object Options
    {
        get
        {
            if (_options is { } options)
            {
                return options;
            }

            // The registrations were never read (a service of someone else's): the code's options, not validated anywhere else.
            List<string> errors = [];
            options = typed.BuildOptions(typed.Type.Name, section: null, services, errors);
            return errors.Count == 0
                ? _options = options
                : throw new OptionsValidationException(
                    typed.Type.Name, options.GetType(), errors.Select(services.GetRequiredService<Redactor>().Redact));
        }
        set => _options = value;
    }

    public IHealthCheck? CreatedCheck => _check;

    /// <summary>Made at the first run. A factory that throws is asked again at the next.</summary>
    public IHealthCheck Check
    {
        get
        {
            if (_check is { } check)
            {
                return check;
            }

            lock (_gate)
            {
                return _check ??= typed.CreateCheck(services, this);
            }
        }
    }
}
