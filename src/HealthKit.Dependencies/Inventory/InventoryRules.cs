using System.Text.Json;

namespace HealthKit;

/// <summary>What options mean, worked out once for each options object.</summary>
internal sealed class InventoryRules
{
    private const int MostBody = 16 << 20;
    private const int MostNames = 100_000;

    private readonly JsonPath? _items;
    private readonly JsonPath? _name;

    public InventoryRules(InventoryOptions options, Redactor redactor)
    {
        Options = options;
        Expected = new ExpectedSet(options.Expected!, options.Prefix, options.IgnoreCase);
        _ = JsonPath.TryParse(options.ItemsPointer, out _items);
        _ = JsonPath.TryParse(options.NamePointer, out _name);
        if (options.Url is { } url)
        {
            Request = new HttpRequestSpec(url)
            {
                Headers = HttpRequestRules.Headers(options.Headers, redactor),
                MaxBodyBytes = MostBody,
                Pins = CertificatePins.Parse(options.PinnedSha256),
            };
        }

        Target = options.Url is { } address ? HttpTarget.Text(address) : options.Directory ?? "inventory";
    }

    public InventoryOptions Options { get; }

    public ExpectedSet Expected { get; }

    /// <summary>What to ask for over HTTP; null when it is elsewhere.</summary>
    public HttpRequestSpec? Request { get; }

    public string Target { get; }

    /// <summary>What to say when <see cref="Read"/> finds no names.</summary>
    public string WrongShape => $"the JSON has no list of names at {Options.ItemsPointer ?? "its root"}{(Options.NamePointer is { } name ? $" with {name} in each item" : "")}";

    public static IEnumerable<OptionError> Validate(InventoryOptions options)
    {
        foreach (var error in options.ValidateCommon())
        {
            yield return error;
        }

        if (options.Expected is not { Count: > 0 } expected)
        {
            yield return new OptionError(nameof(options.Expected), "none", $"one entry or more, each {ExpectedSet.Allowed}");
        }
        else if (ExpectedSet.Validate(expected) is { } bad)
        {
            yield return new OptionError(nameof(options.Expected), bad, ExpectedSet.Allowed);
        }

        if (options.Prefix is { } prefix && (string.IsNullOrWhiteSpace(prefix) || prefix.Contains('\0', StringComparison.Ordinal)))
        {
            yield return new OptionError(nameof(options.Prefix), prefix, "a text that is not blank");
        }

        var sources = (options.Url is null ? 0 : 1) + (options.Directory is null ? 0 : 1) + (options.Source is null ? 0 : 1);
        if (sources != 1)
        {
            yield return new OptionError(
                options.Url is null ? nameof(options.Directory) : nameof(options.Url),
                options.Url is null ? options.Directory : HttpTarget.Text(options.Url),
                sources == 0 ? $"an absolute path, or an address as {nameof(options.Url)}" : $"one place to look at: {nameof(options.Directory)}, {nameof(options.Url)}, or a function in code");
        }

        if (options.Directory is { } directory
            && (string.IsNullOrWhiteSpace(directory) || !Path.IsPathFullyQualified(directory) || directory.Contains('\0', StringComparison.Ordinal)))
        {
            yield return new OptionError(nameof(options.Directory), directory, "an absolute path such as /srv/exports");
        }

        foreach (var (name, pointer) in new[] { (nameof(options.ItemsPointer), options.ItemsPointer), (nameof(options.NamePointer), options.NamePointer) })
        {
            if (pointer is not null && !JsonPath.TryParse(pointer, out _))
            {
                yield return new OptionError(name, pointer, "a JSON pointer (RFC 6901) such as /queues or /name");
            }
        }

        foreach (var error in HttpRequestRules.Validate(options.Url is null ? null : nameof(options.Url), options.Url, options.Headers, options.PinnedSha256))
        {
            yield return error;
        }
    }

    /// <summary>The names that the JSON holds; null when it is of another shape.</summary>
    /// <exception cref="StageException">There are too many: of what is not read, nobody can say that it is missing.</exception>
    /// <exception cref="InvalidOperationException">A name is no text.</exception>
    public List<string>? Read(JsonElement root)
    {
        if ((_items is null ? root : _items.Find(root)) is not { } items)
        {
            return null;
        }

        List<string> names = [];
        if (items.ValueKind == JsonValueKind.Object)
        {
            names.AddRange(Bounded(items.GetPropertyCount()).EnumerateObject().Select(member => member.Name));
            return names;
        }

        if (items.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        foreach (var item in Bounded(items.GetArrayLength()).EnumerateArray())
        {
            var name = _name is null ? item : _name.Find(item);
            switch (name?.ValueKind)
            {
                case JsonValueKind.String:
                    names.Add(name.Value.GetString()!);
                    break;
                case JsonValueKind.Number:
                    names.Add(name.Value.GetRawText());
                    break;
                default:
                    return null;
            }
        }

        return names;

        JsonElement Bounded(int count) => count <= MostNames
            ? items
            : throw new StageException(Stage.Use, "inventory.source.tooLarge", $"there are more than {MostNames} names: ask for less");
    }
}
