namespace HealthKit;

/// <summary>
/// What an inventory check expects, and where it looks: in a directory (<see cref="Directory"/>), in JSON over HTTP (<see cref="Url"/>), or,
/// added in code, by a function.
/// </summary>
public sealed class InventoryOptions : DependencyOptions
{
    /// <summary>The expected entries, as <see cref="ExpectedSet"/> has them: names, patterns, and <c>worker-* >= 3</c>.</summary>
    public IList<string>? Expected { get; set; }

    /// <summary>Stands before every expected entry; what does not begin with it is no extra.</summary>
    public string? Prefix { get; set; }

    /// <summary>Whether the case of letters does not count.</summary>
    public bool IgnoreCase { get; set; }

    /// <summary>Whether others may be there too. False: they degrade.</summary>
    public bool AllowExtras { get; set; } = true;

    /// <summary>Looks into this directory, an absolute path: the names of its entries, or with <see cref="Recursive"/> of the files below it.</summary>
    public string? Directory { get; set; }

    /// <summary>
    /// Whether directories below are looked into; names are then paths of files such as <c>2026/11/orders.csv</c>. Symbolic links are not followed.
    /// </summary>
    public bool Recursive { get; set; }

    /// <summary>Asks this address, which answers with JSON; http or https, without user name or password in it.</summary>
    public Uri? Url { get; set; }

    /// <summary>Request headers as <c>Name: value</c>; their values are shown nowhere.</summary>
    public IList<string>? Headers { get; set; }

    /// <summary>
    /// Where in the JSON the items stand, as a JSON pointer (RFC 6901) to an array or an object; null: the whole document. Of an object the
    /// names are those of its members.
    /// </summary>
    public string? ItemsPointer { get; set; }

    /// <summary>Where in each item of an array its name stands, as a JSON pointer such as <c>/name</c>. Null: the items are the names.</summary>
    public string? NamePointer { get; set; }

    /// <summary>
    /// Fingerprints (SHA-256, hexadecimal) of which the server's certificate must have one, instead of a trusted authority and its name.
    /// </summary>
    public IList<string>? PinnedSha256 { get; set; }

    /// <summary>Asks this function; set by <c>AddInventoryCheck</c>.</summary>
    internal Func<IServiceProvider, CancellationToken, Task<Inventory>>? Source { get; set; }
}
