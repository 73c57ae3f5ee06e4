using System.Buffers;
using System.Text.Json;

namespace HealthKit;

/// <summary>JSON as UTF-8 bytes.</summary>
internal static class JsonBytes
{
    /// <summary>What is written, as bytes.</summary>
    public static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return buffer.WrittenSpan.ToArray();
    }
}
