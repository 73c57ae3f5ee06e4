using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.IntegrationTests.Child;

/// <summary>Runs the memory check in whatever cgroup it was put: <c>check</c>, <c>check disks</c>, <c>advance 10</c> (seconds), <c>take 20</c> (MiB), <c>read /a/file</c>, a line each.</summary>
internal static class MemoryMode
{
    public static unsafe int Run()
    {
        var time = new ShiftedTime();
        using var services = new ServiceCollection().AddLogging().AddSingleton<TimeProvider>(time)
            .AddHealthChecks().AddMemoryCheck().AddDiskSpaceCheck("/", name: "disks").Services.BuildServiceProvider();
        var checks = services.GetRequiredService<HealthCheckService>();
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            switch (line.Split(' ', 2))
            {
                case ["check"]:
                    Console.WriteLine(Check("memory"));
                    break;

                case ["check", var name]:
                    Console.WriteLine(Check(name));
                    break;

                case ["advance", var seconds]:
                    time.Advance(TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)));
                    Console.WriteLine("advanced");
                    break;

                case ["take", var mebibytes]:
                    // Touched, or the kernel would not give it; kept until the end.
                    var size = (nuint)long.Parse(mebibytes, CultureInfo.InvariantCulture) << 20;
                    NativeMemory.Fill(NativeMemory.Alloc(size), size, 1);
                    Console.WriteLine("taken");
                    break;

                case ["read", var file]:
                    // Twice, so that its pages count as active.
                    Read(file);
                    Read(file);
                    Console.WriteLine("read");
                    break;
            }
        }

        return 0;

        string Check(string name) =>
            Describe(checks.CheckHealthAsync(registration => registration.Name == name).GetAwaiter().GetResult().Entries[name]);
    }

    private static void Read(string path)
    {
        using var file = File.OpenHandle(path);
        var buffer = new byte[64 * 1024];
        for (long at = 0; RandomAccess.Read(file, buffer, at) is > 0 and var read; at += read)
        {
        }
    }

    private static string Describe(HealthReportEntry entry)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("status", entry.Status.ToString());
            json.WriteString("description", entry.Description);
            foreach (var (key, value) in entry.Data)
            {
                switch (value)
                {
                    case long number:
                        json.WriteNumber(key, number);
                        break;
                    case double number:
                        json.WriteNumber(key, number);
                        break;
                    default:
                        json.WriteString(key, value.ToString());
                        break;
                }
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }
}
