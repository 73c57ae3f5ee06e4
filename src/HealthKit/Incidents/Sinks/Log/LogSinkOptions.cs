namespace HealthKit;

/// <summary>The log sink has no options of its own: levels are filtered where the app's logging is configured.</summary>
internal sealed class LogSinkOptions;
