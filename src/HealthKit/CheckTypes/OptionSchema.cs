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

    private OptionSchema(Dictionary<string, PropertyInfo> properties) => _properties = properties;

    public IEnumerable<string> Keys => _properties.Keys;

    /// <exception cref="ArgumentException">A property has a reserved name.</exception>
    public static OptionSchema Of<[DynamicallyAccessedMembers(CheckType.OptionMembers)] TOptions>(OptionSchema? reserved = null)
    {
        var properties = new Dictionary<string, PropertyInfo>(StringComparer.OrdinalIgnoreCase);
        foreach (var property in typeof(TOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.SetMethod is not { IsPublic: true } || property.GetIndexParameters().Length > 0 || !IsBindable(property.PropertyType))
            {
                continue;
            }

            if (reserved?._properties.ContainsKey(property.Name) == true)
            {
                throw new ArgumentException(
                    $"{typeof(TOptions).Name}.{property.Name} has the name of a policy key; allowed is any name but {string.Join(", ", reserved.Keys)}");
            }

            properties.Add(property.Name, property);
        }

        return new OptionSchema(properties);
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

    /// <summary>Sets the properties that the section names.</summary>
    /// <param name="section">The section.</param>
    /// <param name="options">The object to set them on.</param>
    /// <param name="errors">Takes unknown keys and wrong values.</param>
    /// <param name="alsoKnown">Keys of this schema are someone else's: they are passed over.</param>
    /// <param name="connectionStrings">Holds the section <c>ConnectionStrings</c>, whose entries a key <c>ConnectionString</c> may name.</param>
    public void Bind(
        IConfigurationSection section, object options, ICollection<string> errors, OptionSchema? alsoKnown = null, IConfiguration? connectionStrings = null)
    {
        foreach (var child in section.GetChildren())
        {
            if (_properties.TryGetValue(child.Key, out var property))
            {
                Set(child, property, options, errors, connectionStrings);
            }
            else if (alsoKnown?._properties.ContainsKey(child.Key) != true)
            {
                var known = alsoKnown is null ? Keys : Keys.Concat(alsoKnown.Keys);
                errors.Add($"{child.Path} is not a known key; allowed: {string.Join(", ", known)}");
            }
        }
    }

    /// <summary>Sets the properties that the section names and passes all other keys over: they are someone else's.</summary>
    public void BindKnown(IConfigurationSection section, object options, ICollection<string> errors)
    {
        foreach (var child in section.GetChildren())
        {
            if (_properties.TryGetValue(child.Key, out var property))
            {
                Set(child, property, options, errors);
            }
        }
    }

    private static void Set(
        IConfigurationSection child, PropertyInfo property, object options, ICollection<string> errors, IConfiguration? connectionStrings = null)
    {
        if (property.PropertyType == typeof(IList<string>))
        {
            // A configured list replaces the default one, and a scalar is a list of one. An empty array reads as an empty text.
            List<string> items = [];
            if (child.Value is { Length: > 0 } single)
            {
                items.Add(single);
            }

            foreach (var item in child.GetChildren())
            {
                if (string.IsNullOrWhiteSpace(item.Value) && item.Value is not null)
                {
                    errors.Add($"{item.Path} = '{item.Value}'; allowed: a text that is not empty");
                }
                else if (item.Value is { } value)
                {
                    items.Add(value);
                }
                else if (item.GetChildren().Any())
                {
                    errors.Add($"{item.Path} holds keys of its own; allowed: a text");
                }
            }

            property.SetValue(options, items);
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

        if (property.Name == "ConnectionString" && connectionStrings?.GetConnectionString(text) is { Length: > 0 } named)
        {
            text = named;
        }

        if (TryParse(text, Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType, out var parsed))
        {
            property.SetValue(options, parsed);
        }
        else
        {
            // An address that is none may hold a password that only a whole one tells.
            var shown = property.PropertyType != typeof(Uri) ? Format(text) : Redactor.Marker;
            errors.Add($"{child.Path} = {shown}; allowed: {Allowed(property.PropertyType)}");
        }
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
            // Parsed leniently, "10" would be ten days and "24:00:00" twenty-four.
            value = TimeSpan.TryParseExact(text.Trim(), "c", culture, out var t) && HoursAreHours(text) ? t : null;
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
            _ when type == typeof(Uri) => "an absolute URI",
            _ when type.IsEnum => "one of " + string.Join(", ", Enum.GetNames(type)),
            _ => "a text",
        };
    }

    private static string Format(object? value) => value switch
    {
        null => "null",
        string text => $"'{text}'",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        DateTimeOffset at => OffsetTime.Format(at),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable items => "[" + string.Join(", ", items.Cast<object?>().Select(Format)) + "]",
        _ => value.ToString() ?? "null",
    };
}
