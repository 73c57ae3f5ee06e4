using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// A logger that never throws. Providers may (a full disk under a file log), and <see cref="ILogger"/> hands it on: on a thread of
/// HealthKit's own that would end the app.
/// </summary>
internal sealed class SafeLogger(ILogger inner) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return inner.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            // Nothing is logged to a log that cannot even answer this.
            return false;
        }
    }

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            // Where should it be said that nothing can be said? The picture at /health does not need the log.
        }
    }
}
