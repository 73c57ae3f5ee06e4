using HealthKit.IntegrationTests.Child;

// The second process of the tests that need one: the first argument chooses what it does.
// It prints lines its parent reads, and ends when its standard input does, so it cannot outlive the tests.
switch (args)
{
    case ["echo"]:
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            Console.WriteLine(line);
        }

        return 0;

    case ["state-holder", var directory, .. var options]:
        return StateModes.Hold(directory, options);

    case ["journal-writer", var directory, var capacity]:
        return StateModes.Write(directory, int.Parse(capacity, null));

    case ["start-log", var directory]:
        return StateModes.Start(directory);

    case ["monitor-watch"]:
        return MonitorModes.Watch();

    case ["monitor-starve"]:
        return MonitorModes.Starve();

    case ["memory"]:
        return MemoryMode.Run();

    case ["web", .. var settings]:
        return WebMode.Run(settings);

    case ["alerts", .. var settings]:
        return AlertMode.Run(settings);

    case ["incidents", var directory, var url, .. var round]:
        return IncidentMode.Run(directory, url, round is [var number] ? int.Parse(number, null) : null);

    case ["storm", var directory]:
        return StormMode.Run(directory);

    case ["directory", var path]:
        return await DirectoryMode.RunAsync(path);
    case ["log-writer", var path, var report, var position]:
        return LogModes.Write(path, report, append: position == "append");

    case ["log-stream", var path]:
        return LogModes.Stream(path);

    case ["log-trim", var path, var keep]:
        return LogModes.Trim(path, long.Parse(keep, null));

    case ["network", .. var settings]:
        return await NetworkMode.RunAsync(settings);

    case ["--healthcheck", var url]:
        return await ContainerHealthCheck.RunAsync(url);

    default:
        Console.Error.WriteLine($"Unknown mode '{string.Join(' ', args)}'.");
        return 2;
}
