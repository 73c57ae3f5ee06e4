using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.IntegrationTests.Child;

/// <summary>What a second process does to a state directory.</summary>
internal static partial class StateModes
{
    private const int Nobody = 65534;

    /// <summary>
    /// Holds a state directory until its input ends. Options: <c>as-nobody</c> gives root up first; <c>with-child</c> starts a process that
    /// lives on and prints its id.
    /// </summary>
    public static int Hold(string path, string[] options)
    {
        if (options.Contains("as-nobody"))
        {
            using (var warmUp = StateDirectory.Open(Path.Combine(Path.GetTempPath(), $"healthkit-warm-{Environment.ProcessId}"), "app", NullLogger.Instance))
            {
                // Loads every assembly while root may still read them.
            }

            Directory.Delete(Path.Combine(Path.GetTempPath(), $"healthkit-warm-{Environment.ProcessId}"), recursive: true);
            if (SetGroups(0, 0) != 0 || SetGroup(Nobody) != 0 || SetUser(Nobody) != 0)
            {
                throw new InvalidOperationException($"Root could not become nobody: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }

        using var directory = StateDirectory.Open(path, "app", NullLogger.Instance);
        Console.WriteLine($"{directory.Instance} {directory.IsPersistent} {directory.Problem ?? "-"} {directory.Path ?? "-"}");
        if (options.Contains("with-child"))
        {
            using var child = Process.Start(new ProcessStartInfo("sleep", "60"))!;
            Console.WriteLine(child.Id);
        }

        Console.ReadLine();
        return 0;
    }

    /// <summary>Appends as fast as it can and prints the number of each record when it is appended. Ends by being killed.</summary>
    public static int Write(string path, int capacity)
    {
        _ = Task.Run(() =>
        {
            while (Console.ReadLine() is not null)
            {
            }

            Environment.Exit(0);
        });
        using var directory = StateDirectory.Open(path, "app", NullLogger.Instance);
        using var journal = Journal.Open(directory, "kill", capacity, keep: null, TimeProvider.System, NullLogger.Instance);
        using var output = Console.OpenStandardOutput();
        Console.WriteLine($"ready {directory.Instance} {journal.IsPersistent}");
        var next = journal.ReadAll() is [.., var last] ? last.Sequence + 1 : 1;
        while (journal.TryAppend(JournalPayload.For(next), out var sequence) && sequence == next++)
        {
            // Straight to the pipe: nothing printed is lost in a buffer of this process.
            output.Write(System.Text.Encoding.ASCII.GetBytes(sequence.ToString(CultureInfo.InvariantCulture) + "\n"));
        }

        return 3;
    }

    /// <summary>A run of an application: prints how the previous one ended, waits for a line, and stops in an orderly way.</summary>
    public static int Start(string path)
    {
        using var directory = StateDirectory.Open(path, "app", NullLogger.Instance);
        using var log = new StartLog(directory, "1.0.0", TimeProvider.System, NullLogger.Instance);
        log.Begin();
        Console.WriteLine(log.Previous is { } run ? $"clean={run.Clean}" : "none");
        Console.ReadLine();
        log.End();
        return 0;
    }

    [LibraryImport("libc", EntryPoint = "setgroups", SetLastError = true)]
    private static partial int SetGroups(nuint count, nint groups);

    [LibraryImport("libc", EntryPoint = "setgid", SetLastError = true)]
    private static partial int SetGroup(uint group);

    [LibraryImport("libc", EntryPoint = "setuid", SetLastError = true)]
    private static partial int SetUser(uint user);
}

/// <summary>The bytes of the record of a number: both sides know them.</summary>
internal static class JournalPayload
{
    public static byte[] For(long sequence)
    {
        var bytes = new byte[1 + sequence * 31 % 400];
        new Random((int)(sequence % int.MaxValue)).NextBytes(bytes);
        return bytes;
    }
}
