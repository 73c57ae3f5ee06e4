using System.Globalization;
using System.Reflection;
using System.Text;

namespace HealthKit.Tests.PublicApi;

/// <summary>Types as C# writes them, with nullability; collects the namespaces that the names come from.</summary>
internal sealed class ApiTypeNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void", [typeof(object)] = "object", [typeof(string)] = "string", [typeof(bool)] = "bool", [typeof(char)] = "char",
        [typeof(byte)] = "byte", [typeof(sbyte)] = "sbyte", [typeof(short)] = "short", [typeof(ushort)] = "ushort", [typeof(int)] = "int",
        [typeof(uint)] = "uint", [typeof(long)] = "long", [typeof(ulong)] = "ulong", [typeof(float)] = "float", [typeof(double)] = "double",
        [typeof(decimal)] = "decimal", [typeof(nint)] = "nint", [typeof(nuint)] = "nuint",
    };

    private readonly NullabilityInfoContext _nullability = new();

    public SortedSet<string> Namespaces { get; } = new(StringComparer.Ordinal);

    public string Of(Type type) => Name(type, nullability: null);

    public string Of(ParameterInfo parameter)
    {
        var info = _nullability.Create(parameter);
        return Name(parameter.ParameterType, info, parameter.IsOut || parameter.Position < 0 ? info.ReadState : info.WriteState);
    }

    public string Of(PropertyInfo property)
    {
        var info = _nullability.Create(property);
        return Name(property.PropertyType, info, property.CanRead ? info.ReadState : info.WriteState);
    }

    public string Of(FieldInfo field) => Name(field.FieldType, _nullability.Create(field));

    public string Of(EventInfo one)
    {
        var info = _nullability.Create(one);
        return Name(one.EventHandlerType!, info, NullabilityState.NotNull);
    }

    /// <summary>The name a declaration has, type parameters with variance and attributes.</summary>
    public string Declare(Type type) => Simple(type) + DeclareGenerics(OwnGenerics(type));

    /// <summary>Its type parameters, those of the type around it left out.</summary>
    public static Type[] OwnGenerics(Type type) => [.. type.GetGenericArguments().Skip(type.DeclaringType?.GetGenericArguments().Length ?? 0)];

    public string DeclareGenerics(Type[] generics) => generics.Length == 0 ? "" : $"<{string.Join(", ", generics.Select(generic =>
        string.Concat(ApiAttributes.Of(generic.GetCustomAttributesData()).Select(attribute => attribute + " "))
        + (generic.GenericParameterAttributes & GenericParameterAttributes.VarianceMask) switch
        {
            GenericParameterAttributes.Covariant => "out ",
            GenericParameterAttributes.Contravariant => "in ",
            _ => "",
        }
        + generic.Name))}>";

    public string Constraints(Type[] generics)
    {
        var text = new StringBuilder();
        foreach (var generic in generics)
        {
            var flags = generic.GenericParameterAttributes;
            List<string> constraints = [];
            var isStruct = flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
            if (isStruct)
            {
                constraints.Add("struct");
            }
            else if (flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
            {
                constraints.Add(NullableFlag(generic) == 2 ? "class?" : "class");
            }
            else if (NullableFlag(generic) == 1)
            {
                constraints.Add("notnull");
            }

            constraints.AddRange(generic.GetGenericParameterConstraints().Where(type => type != typeof(ValueType)).Select(Of));
            if (!isStruct && flags.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint))
            {
                constraints.Add("new()");
            }

            if (constraints.Count > 0)
            {
                text.Append(" where ").Append(generic.Name).Append(" : ").AppendJoin(", ", constraints);
            }
        }

        return text.ToString();
    }

    public static string Simple(Type type) => type.Name.Split('`')[0];

    /// <summary>A constant or default value as C# writes it.</summary>
    public static string Literal(object? value, Type type)
    {
        type = Nullable.GetUnderlyingType(type) is { } inner && value is not null ? inner : type;
        return value switch
        {
            null when type.IsValueType && Nullable.GetUnderlyingType(type) is null => "default",
            null => "null",
            _ when type.IsEnum => string.Join(" | ", Enum.ToObject(type, value).ToString()!.Split(", ").Select(name => $"{type.Name}.{name}")),
            string text => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
            char character => $"'{character}'",
            bool truth => truth ? "true" : "false",
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString()!,
        };
    }

    private string Name(Type type, NullabilityInfo? nullability) => Name(type, nullability, nullability?.ReadState ?? NullabilityState.Unknown);

    private string Name(Type type, NullabilityInfo? nullability, NullabilityState state)
    {
        if (type.IsByRef)
        {
            // The flags of a reference are those of what it refers to.
            return Name(type.GetElementType()!, nullability, state);
        }

        var suffix = state == NullabilityState.Nullable && !type.IsValueType ? "?" : "";
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying, nullability, NullabilityState.NotNull) + "?";
        }

        if (type.IsPointer)
        {
            return Name(type.GetElementType()!, nullability: null) + "*";
        }

        if (type.IsArray)
        {
            return $"{Name(type.GetElementType()!, nullability?.ElementType)}[{new string(',', type.GetArrayRank() - 1)}]{suffix}";
        }

        if (type.IsGenericParameter)
        {
            return type.Name + suffix;
        }

        if (Keywords.TryGetValue(type, out var keyword))
        {
            return keyword + suffix;
        }

        var arguments = type.GetGenericArguments();
        var names = new string[arguments.Length];
        for (var i = 0; i < arguments.Length; i++)
        {
            names[i] = Name(arguments[i], nullability?.GenericTypeArguments is { } inner && i < inner.Length ? inner[i] : null);
        }

        if (type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true)
        {
            return $"({string.Join(", ", names)})";
        }

        Namespaces.Add(type.Namespace ?? "");
        return Nested(type, names) + suffix;
    }

    private static string Nested(Type type, ReadOnlySpan<string> arguments)
    {
        var outer = type.DeclaringType is { } declaring ? declaring.GetGenericArguments().Length : 0;
        var prefix = type.DeclaringType is { } holder ? Nested(holder, arguments[..outer]) + "." : "";
        return prefix + Simple(type) + (arguments.Length == outer ? "" : $"<{string.Join(", ", arguments[outer..].ToArray())}>");
    }

    /// <summary>What the compiler notes about a type parameter: 1 not null, 2 nullable.</summary>
    private static int NullableFlag(Type generic)
    {
        var own = generic.GetCustomAttributesData().FirstOrDefault(data => data.AttributeType.Name == "NullableAttribute");
        if (own?.ConstructorArguments[0].Value is byte flag)
        {
            return flag;
        }

        for (MemberInfo? holder = (MemberInfo?)generic.DeclaringMethod ?? generic.DeclaringType; holder is not null; holder = holder.DeclaringType)
        {
            var context = holder.GetCustomAttributesData().FirstOrDefault(data => data.AttributeType.Name == "NullableContextAttribute");
            if (context?.ConstructorArguments[0].Value is byte inherited)
            {
                return inherited;
            }
        }

        return 0;
    }
}
