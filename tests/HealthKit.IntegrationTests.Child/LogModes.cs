using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace HealthKit.IntegrationTests.Child;

/// <summary>What a second process does to a log.</summary>
internal static unsafe partial class LogModes
{
    private const int WriteOnly = 1, Append = 0x400, CloseOnExec = 0x80000, NoSpace = 28;

    /// <summary>
    /// Writes numbered lines by write(2) as fast as it can until its input has a line or ends. A line for which there is no room is tried
    /// again. Then it leaves a report of one byte a number, from 1: F for a line whose write returned in full, P for one of which only a part
    /// was written.
    /// </summary>
    public static int Write(string path, string report, bool append)
    {
        var descriptor = Open(path, WriteOnly | CloseOnExec | (append ? Append : 0));
        if (descriptor < 0)
        {
            throw new InvalidOperationException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        using var ended = EndOfInput();
        using var written = new MemoryStream();
        Console.WriteLine("ready");
        for (var number = 1; !ended.IsCancellationRequested;)
        {
            var line = NumberedLine.Make(number);
            nint count;
            fixed (byte* bytes = line)
            {
                count = WriteTo(descriptor, bytes, (nuint)line.Length);
            }

            if (count > 0)
            {
                written.WriteByte(count == line.Length ? (byte)'F' : (byte)'P');
                number++;
            }
            else if (Marshal.GetLastPInvokeError() == NoSpace)
            {
                Thread.Yield();
            }
            else
            {
                throw new InvalidOperationException($"{path}: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }

        File.WriteAllBytes(report, written.ToArray());
        Console.WriteLine("done");
        return 0;
    }

    /// <summary>Writes numbered lines through a stream of .NET, opened to append, until its input has a line or ends; prints how many.</summary>
    public static int Stream(string path)
    {
        using var ended = EndOfInput();
        using var stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        Console.WriteLine("ready");
        var number = 1;
        while (!ended.IsCancellationRequested)
        {
            stream.Write(NumberedLine.Make(number++));

            // At most some megabytes a second: the disk is small, and whoever waits for the first of them may be late.
            if (number % 16 == 0)
            {
                Thread.Sleep(1);
            }
        }

        Console.WriteLine((number - 1).ToString(CultureInfo.InvariantCulture));
        return 0;
    }

    /// <summary>Cuts a log and prints what came of it.</summary>
    public static int Trim(string path, long keep)
    {
        var result = new LogTrimmer([path]).Trim(path, new LogTrimRequest { KeepBytes = keep });
        Console.WriteLine($"{result.Method}|{result.Reason}|{result.Holders}|{result.Text}");
        return 0;
    }

    private static CancellationTokenSource EndOfInput()
    {
        var ended = new CancellationTokenSource();
        _ = Task.Run(() =>
        {
            Console.ReadLine();
            ended.Cancel();
        });
        return ended;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteTo(int descriptor, byte* buffer, nuint length);
}

/// <summary>The line of a number: both sides know it.</summary>
internal static class NumberedLine
{
    public static byte[] Make(int number) => Encoding.ASCII.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{number:D9} {new string((char)('a' + number % 26), number * 7 % 180)}\n"));
}
