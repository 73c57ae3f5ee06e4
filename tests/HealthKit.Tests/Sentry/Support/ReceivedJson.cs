using System.Text.Json;

namespace HealthKit.Tests.Sentry;

/// <summary>Reading of received JSON.</summary>
internal static class ReceivedJson
{
    public static string Text(this JsonElement json, params string[] path) => json.At(path).GetString()!;

    public static JsonElement At(this JsonElement json, params string[] path) => path.Aggregate(json, (element, name) => element.GetProperty(name));

    public static bool Has(this JsonElement json, string name) => json.TryGetProperty(name, out _);

    public static IEnumerable<string> Texts(this JsonElement json, string name) => json.GetProperty(name).EnumerateArray().Select(item => item.GetString()!);
}
