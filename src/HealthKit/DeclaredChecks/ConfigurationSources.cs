using Microsoft.Extensions.Configuration;

namespace HealthKit;

/// <summary>What the sources of a configuration (files, environment, …) say each by itself, where what they make together does not tell enough.</summary>
internal static class ConfigurationSources
{
    /// <summary>The sources, those that win last; also those of a configuration that was added to this one. None where it does not tell them.</summary>
    public static IEnumerable<IConfigurationProvider> Of(IConfiguration? configuration) =>
        (configuration as IConfigurationRoot)?.Providers.SelectMany(
            provider => provider is ChainedConfigurationProvider { Configuration: IConfigurationRoot inner } ? Of(inner) : [provider]) ?? [];

    /// <summary>
    /// The sections below a path, each spelled as the first source that holds its <c>Type</c> has it, else as the first that holds it: an
    /// environment variable, which many write in capitals, sets something in an entry and does not name it anew.
    /// </summary>
    public static IEnumerable<IConfigurationSection> Children(IConfiguration? configuration, string path)
    {
        if (configuration is null)
        {
            return [];
        }

        var parent = configuration.GetSection(path);
        var sources = Of(configuration).Select(source => (Source: source, Keys: source.GetChildKeys([], path).ToList())).ToList();
        return parent.GetChildren().Select(child => parent.GetSection(Spelled(child.Key)));

        string Spelled(string key)
        {
            var holders = sources
                .Select(source => (source.Source, Key: source.Keys.Find(other => other.Equals(key, StringComparison.OrdinalIgnoreCase))))
                .Where(holder => holder.Key is not null)
                .ToList();
            return holders.FirstOrDefault(holder => holder.Source.TryGet($"{path}:{key}:Type", out _), holders.FirstOrDefault()).Key ?? key;
        }
    }

    /// <summary>
    /// What the last source that says anything of a list says of it. Lists are not mixed of several sources: an item that a file holds and a
    /// later source does not want could not be taken out.
    /// </summary>
    /// <param name="configuration">The configuration that the list is part of.</param>
    /// <param name="section">The list.</param>
    public static ConfiguredList ListOf(IConfiguration? configuration, IConfigurationSection section)
    {
        foreach (var source in Of(configuration).Reverse())
        {
            var keys = source.GetChildKeys([], section.Path).Distinct(StringComparer.OrdinalIgnoreCase).Order(ByKey).ToList();
            if (source.TryGet(section.Path, out var value) || keys.Count > 0)
            {
                return new(value, keys.ConvertAll(key => ItemOf(source, key)));
            }
        }

        // The sources are not known, or say nothing.
        return new(section.Value, [.. section.GetChildren().Select(item => new ConfiguredItem(item.Key, item.Path, item.Value, item.GetChildren().Any()))]);

        ConfiguredItem ItemOf(IConfigurationProvider source, string key)
        {
            var path = ConfigurationPath.Combine(section.Path, key);
            return new(key, path, source.TryGet(path, out var value) ? value : null, source.GetChildKeys([], path).Any());
        }
    }

    private static Comparer<string> ByKey { get; } = Comparer<string>.Create(ConfigurationKeyComparer.Instance.Compare);
}

/// <summary>A list as one source writes it.</summary>
/// <param name="Value">The text that stands in its place; an empty one is an empty list. Null for none.</param>
/// <param name="Items">Its items.</param>
internal sealed record ConfiguredList(string? Value, IReadOnlyList<ConfiguredItem> Items);

/// <summary>An item of a list.</summary>
/// <param name="Key">Its key: a number, if all is well.</param>
/// <param name="Path">Its whole path.</param>
/// <param name="Value">Its text; null for none.</param>
/// <param name="HasKeys">Whether it holds keys of its own.</param>
internal sealed record ConfiguredItem(string Key, string Path, string? Value, bool HasKeys);
