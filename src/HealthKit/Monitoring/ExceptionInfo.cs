namespace HealthKit;

/// <summary>What is kept of an exception that a check threw or reported: redacted and bounded text, never the object.</summary>
/// <param name="Type">The exception's full type name.</param>
/// <param name="Message">Its message.</param>
/// <param name="Details">Its <c>ToString()</c>, stack trace and inner exceptions included.</param>
public sealed record ExceptionInfo(string Type, string Message, string Details);
