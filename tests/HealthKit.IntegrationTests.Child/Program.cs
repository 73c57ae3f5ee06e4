// The second process of the tests that need one: the first argument chooses what it does.
// It prints lines its parent reads, and ends when its standard input does, so it cannot outlive the tests.
switch (args)
{
    case ["echo", ..]:
        Console.WriteLine("ready");
        while (Console.ReadLine() is { } line)
        {
            Console.WriteLine(line);
        }

        return 0;

    default:
        Console.Error.WriteLine($"Unknown mode '{string.Join(' ', args)}'.");
        return 2;
}
