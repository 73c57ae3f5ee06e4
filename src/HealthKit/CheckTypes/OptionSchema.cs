using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace HealthKit;

/// <summary>
/// The public settable properties of an options class and how configuration text becomes their values. Stricter than the
/// configuration binder, which takes "10" for ten days, 3 for an enum, NaN for a number, and drops unknown keys in silence.
/// </summary>
internal sealed class OptionSchema
{
    private readonly Dictionary<string, PropertyInfo> _properties;

    /// <summary>Properties of types that configuration cannot set.</summary>
    private readonly HashSet<string> _codeOnly;

    private readonly bool _hidesAddresses;

    private OptionSchema(Dictionary<string, PropertyInfo> properties, HashSet<string> codeOnly, bool hidesAddresses) =>
        (_properties, _codeOnly, _hidesAddresses) = (properties, codeOnly, hidesAddresses);

    public IEnumerable<string> Keys => _properties.Keys;

    /// <param name="reserved">Has names that no property may have.</param>
    /// <param name="hidesAddresses">Whether an address may be a secret as a whole, and is not shown when it is none.</param>
    /// <exception cref="ArgumentException">A property has a reserved name.</exception>
    public static OptionSchema Of<[DynamicallyAccessedMembers(CheckType.OptionMembers)] TOptions>(OptionSchema? reserved = null, bool hidesAddresses = false)
    {
        var properties = new Dictionary<string, PropertyInfo>(StringComparer.OrdinalIgnoreCase);
        var codeOnly = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var property in typeof(TOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.SetMethod is not { IsPublic: true } || property.GetIndexParameters().Length > 0)
            {
                continue;
            }

            if (!IsBindable(property.PropertyType))
            {
                codeOnly.Add(property.Name);
                continue;
            }

            if (reserved?._properties.ContainsKey(property.Name) == true)
            {
                throw new ArgumentException(
                    $"{typeof(TOptions).Name}.{property.Name} has the name of a policy key; allowed is any name but {string.Join(", ", reserved.Keys)}");
            }

            properties.Add(property.Name, property);
        }

        return new OptionSchema(properties, codeOnly, hidesAddresses);
    }

    /// <summary>Says what is wrong with a value: where it stands (the configuration path, else the check or sink in code), the value, what is allowed.</summary>
    public static string Describe(string checkName, IConfigurationSection? section, OptionError error, string kind = "check")
    {
        var child = section?.GetSection(error.Property);
        var isWritten = child is not null && (child.Value is not null || child.GetChildren().Any());
        if (!isWritten && IsNothing(error.Value, withDefaults: child is not null))
        {
            return $"{child?.Path ?? $"{char.ToUpperInvariant(kind[0])}{kind[1..]} '{checkName}': {error.Property}"} is missing; allowed: {error.Allowed}";
        }

        var where = isWritten
            ? child!.Path
            : section is not null ? $"{section.Path} ({kind} '{checkName}'): {error.Property}"
            : $"{char.ToUpperInvariant(kind[0])}{kind[1..]} '{checkName}': {error.Property}";
        return $"{where} = {Format(error.Value)}; allowed: {error.Allowed}";
    }

    /// <summary>Whether a value was never given. In configuration, where the key is not written, that is so of the number 0, too.</summary>
    private static bool IsNothing(object? value, bool withDefaults) =>
        value is null || (withDefaults && value is "" or 0 or 0L or 0.0 or TimeSpan { Ticks: 0 } or ICollection { Count: 0 });

    /// <summary>
    /// Whether an error is about what binding left where it could not read a key: of the key itself, or of another that can do without only
    /// beside it. What is wrong was said, and this is not what anybody wrote.
    /// </summary>
    public static bool IsOf(IReadOnlySet<string> failed, OptionError error) => failed.Contains(error.Property) || failed.Any(key => HasWord(error.Allowed, key));

    /// <summary>Sets the properties that the section names.</summary>
    /// <param name="section">The section.</param>
    /// <param name="options">The object to set them on.</param>
    /// <param name="errors">Takes unknown keys and wrong values.</param>
    /// <param name="alsoKnown">Keys of this schema are someone else's: they are passed over.</param>
    /// <param name="configuration">
    /// What the section is part of: it knows what each of its sources says, and holds the section <c>ConnectionStrings</c>, whose entries a key
    /// <c>ConnectionString</c> may name.
    /// </param>
    /// <returns>The properties whose values could not be read.</returns>
    public IReadOnlySet<string> Bind(
        IConfigurationSection section, object options, ICollection<string> errors, OptionSchema? alsoKnown = null, IConfiguration? configuration = null)
    {
        foreach (var child in section.GetChildren())
        {
            if (!_properties.ContainsKey(child.Key) && alsoKnown?._properties.ContainsKey(child.Key) != true)
            {
                var known = alsoKnown is null ? Keys : Keys.Concat(alsoKnown.Keys);
                errors.Add($"{child.Path} {(_codeOnly.Contains(child.Key) ? "can be set by code only" : "is not a known key")}; allowed: {string.Join(", ", known)}");
            }
        }

        return BindKnown(section, options, errors, configuration);
    }

    /// <summary>Sets the properties that the section names and passes all other keys over: they are someone else's.</summary>
    /// <returns>The properties whose values could not be read.</returns>
    public IReadOnlySet<string> BindKnown(IConfigurationSection section, object options, ICollection<string> errors, IConfiguration? configuration = null)
    {
        var failed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var child in section.GetChildren())
        {
            if (_properties.TryGetValue(child.Key, out var property))
            {
                var earlier = errors.Count;
                Set(child, property, options, errors, configuration);
                if (errors.Count > earlier)
                {
                    failed.Add(property.Name);
                }
            }
        }

        return failed;
    }

    private void Set(IConfigurationSection child, PropertyInfo property, object options, ICollection<string> errors, IConfiguration? configuration)
    {
        if (property.PropertyType == typeof(IList<string>))
        {
            // A configured list replaces the default one, and a scalar is a list of one. An empty array reads as an empty text, and null as
            // if the key was not there.
            var list = ConfigurationSources.ListOf(configuration, child);
            List<string> items = [];
            if (list.Value is { Length: > 0 } single)
            {
                items.Add(single);
            }
            else if (list.Value is null && list.Items.Count == 0)
            {
                return;
            }

            foreach (var item in list.Items)
            {
                if (!int.TryParse(item.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                {
                    errors.Add($"{item.Path} is no item of a list; allowed: {child.Path}:0, {child.Path}:1, and so on");
                }
                else if (string.IsNullOrWhiteSpace(item.Value) && item.Value is not null)
                {
                    errors.Add($"{item.Path} = '{item.Value}'; allowed: a text that is not empty");
                }
                else if (item.Value is { } value)
                {
                    items.Add(value);
                }
                else if (item.HasKeys)
                {
                    errors.Add($"{item.Path} holds keys of its own; allowed: a text");
                }
            }

            property.SetValue(options, property.Name == "Tags" ? Tags(child, items, errors) : items);
            return;
        }

        if (child.GetChildren().Any())
        {
            errors.Add($"{child.Path} holds several values; allowed: one value ({Allowed(property.PropertyType)})");
            return;
        }

        // JSON null: as if the key was not there.
        if (child.Value is not { } text)
        {
            return;
        }

        if (property.Name == "ConnectionString" && configuration?.GetConnectionString(text) is { Length: > 0 } named)
        {
            text = named;
        }

        if (TryParse(text, Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType, out var parsed))
        {
            property.SetValue(options, parsed);
        }
        else
        {
            errors.Add($"{child.Path} = {(property.PropertyType == typeof(Uri) ? (_hidesAddresses ? Redactor.Marker : FormatAddress(text)) : Format(text))}; allowed: {Allowed(property.PropertyType)}");
        }
    }

    /// <summary>
    /// An address that is none may hold a password or a token that only a whole one tells, and the path of any may be one: the host is shown, where
    /// there is something that looks like one.
    /// </summary>
    private static string FormatAddress(string text)
    {
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        var begin = scheme < 0 ? 0 : scheme + 3;
        var length = text.AsSpan(begin).IndexOfAny("/\\;");
        var host = length < 0 ? text[begin..] : text.Substring(begin, length);
        var ending = length < 0 || begin + length + 1 == text.Length ? text[(begin + host.Length)..] : text[begin + length] + Redactor.Marker;
        return text.Length == 0 || LooksLikeHost(host) && text[..begin].All(static c => char.IsAsciiLetterOrDigit(c) || c is ':' or '/' or '+') ? Format(text[..begin] + host + ending) : Redactor.Marker;
    }

    /// <summary>Small letters with a dot, or localhost, and perhaps a port: keys and tokens have neither.</summary>
    private static bool LooksLikeHost(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? text : text[..colon];
        return text.Length <= 100
            && (colon < 0 || text[(colon + 1)..] is { Length: > 0 and <= 5 } port && port.All(char.IsAsciiDigit))
            && (name == "localhost" || name.Contains('.', StringComparison.Ordinal))
            && name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-');
    }

    /// <summary>Tags are compared as they are: one that is two in truth would fit nothing, in silence.</summary>
    private static List<string> Tags(IConfigurationSection section, List<string> items, ICollection<string> errors)
    {
        items = items.ConvertAll(tag => tag.Trim());
        foreach (var tag in items.Where(tag => tag.Length == 0 || tag.Any(character => character == ',' || char.IsWhiteSpace(character))))
        {
            errors.Add($"{section.Path} = '{tag}'; allowed: tags without commas and spaces; several are a list: {section.Path}:0, {section.Path}:1");
        }

        return items;
    }

    private static bool HasWord(string text, string word)
    {
        for (var at = text.IndexOf(word, StringComparison.Ordinal); at >= 0; at = text.IndexOf(word, at + 1, StringComparison.Ordinal))
        {
            if ((at == 0 || !char.IsLetterOrDigit(text[at - 1])) && (at + word.Length == text.Length || !char.IsLetterOrDigit(text[at + word.Length])))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsBindable(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) || type == typeof(bool) || type == typeof(int) || type == typeof(long) || type == typeof(double)
            || type == typeof(TimeSpan) || type == typeof(DateTimeOffset) || type == typeof(Uri) || type == typeof(IList<string>) || type.IsEnum;
    }

    private static bool TryParse(string text, Type type, [NotNullWhen(true)] out object? value)
    {
        var culture = CultureInfo.InvariantCulture;
        value = null;
        if (type == typeof(string))
        {
            value = text;
        }
        else if (type == typeof(bool))
        {
            value = bool.TryParse(text, out var b) ? b : null;
        }
        else if (type == typeof(int))
        {
            value = int.TryParse(text, NumberStyles.Integer, culture, out var i) ? i : null;
        }
        else if (type == typeof(long))
        {
            value = long.TryParse(text, NumberStyles.Integer, culture, out var l) ? l : null;
        }
        else if (type == typeof(double))
        {
            value = double.TryParse(text, NumberStyles.Float, culture, out var d) && double.IsFinite(d) ? d : null;
        }
        else if (type == typeof(TimeSpan))
        {
            // Parsed leniently, "10" would be ten days, "24:00:00" twenty-four, and "5:00" five hours.
            value = TimeSpan.TryParseExact(text.Trim(), "c", culture, out var t) && text.Count(character => character == ':') == 2 && HoursAreHours(text) ? t : null;
        }
        else if (type == typeof(DateTimeOffset))
        {
            value = OffsetTime.TryParse(text.Trim(), out var at) ? at : null;
        }
        else if (type == typeof(Uri))
        {
            value = Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri : null;
        }
        else if (type.IsEnum && Array.Find(Enum.GetNames(type), name => name.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase)) is { } found)
        {
            value = Enum.Parse(type, found);
        }

        return value is not null;
    }

    /// <summary>Whether what stands before the first colon is hours of a day: "c" reads 24 there as days.</summary>
    private static bool HoursAreHours(string text)
    {
        var head = text.AsSpan(0, Math.Max(text.IndexOf(':', StringComparison.Ordinal), 0));
        var hours = head[(head.LastIndexOf('.') + 1)..].Trim().TrimStart('-');
        return int.TryParse(hours, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 24;
    }

    private static string Allowed(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type switch
        {
            _ when type == typeof(bool) => "true or false",
            _ when type == typeof(int) => "a whole number",
            _ when type == typeof(long) => "a whole number",
            _ when type == typeof(double) => "a finite number, with a dot as decimal sign",
            _ when type == typeof(TimeSpan) => "a time span as hh:mm:ss up to 23:59:59, or with days before it: 00:00:10 is ten seconds, 1.02:00:00 are 26 hours",
            _ when type == typeof(DateTimeOffset) => OffsetTime.Allowed,
            _ when type == typeof(Uri) => "an absolute URI: a web address starts with http:// or https://",
            _ when type.IsEnum => "one of " + string.Join(", ", Enum.GetNames(type)),
            _ => "a text",
        };
    }

    private static string Format(object? value) => value switch
    {
        null => "null",
        string text => $"'{text}'",
        Uri address => FormatAddress(address.OriginalString),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        DateTimeOffset at => OffsetTime.Format(at),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable items => "[" + string.Join(", ", items.Cast<object?>().Select(Format)) + "]",
        _ => value.ToString() ?? "null",
    };
}
