using System.Text.Json;
using System.Text.Json.Serialization;

namespace HealthKit;

/// <summary>The JSON of a summary: the names of its properties in camel case; levels as their names.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Serialization,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(LogSummary))]
internal sealed partial class LogSummaryJsonContext : JsonSerializerContext;
