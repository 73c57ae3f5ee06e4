using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace HealthKit.Tests.Dependencies.Queues;

/// <summary>A server that speaks Redis's protocol and answers each command by what a test says. The real one is in the integration tests.</summary>
internal sealed class ScriptedRedis : IDisposable
{
    private readonly RawServer _server;
    private readonly List<string> _asked = [];

    /// <param name="answer">The reply to a command, as it goes out; see the methods here.</param>
    public ScriptedRedis(Func<string[], string> answer) => _server = new RawServer((socket, token) => ServeAsync(socket, answer, token));

    public string Address => string.Create(CultureInfo.InvariantCulture, $"redis://127.0.0.1:{_server.Port}");

    /// <summary>The commands that came so far, each with its arguments.</summary>
    public IReadOnlyList<string> Asked
    {
        get
        {
            lock (_asked)
            {
                return [.. _asked];
            }
        }
    }

    public static string Bulk(string? text) => text is null ? "$-1\r\n" : string.Create(CultureInfo.InvariantCulture, $"${Encoding.UTF8.GetByteCount(text)}\r\n{text}\r\n");

    public static string Number(long number) => string.Create(CultureInfo.InvariantCulture, $":{number}\r\n");

    public static string Array(params IReadOnlyCollection<string> replies) => string.Create(CultureInfo.InvariantCulture, $"*{replies.Count}\r\n{string.Concat(replies)}");

    public static string Bulks(params IEnumerable<string?> texts) => Array([.. texts.Select(Bulk)]);

    public static string Error(string text) => $"-{text}\r\n";

    public void Dispose() => _server.Dispose();

    private async Task ServeAsync(Socket socket, Func<string[], string> answer, CancellationToken token)
    {
        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        while (await reader.ReadLineAsync(token) is { } head)
        {
            var command = new string[int.Parse(head.AsSpan(1), CultureInfo.InvariantCulture)];
            for (var i = 0; i < command.Length; i++)
            {
                _ = await reader.ReadLineAsync(token);
                command[i] = (await reader.ReadLineAsync(token))!;
            }

            lock (_asked)
            {
                _asked.Add(string.Join(' ', command));
            }

            await stream.WriteAsync(Encoding.UTF8.GetBytes(answer(command)), token);
        }
    }
}
