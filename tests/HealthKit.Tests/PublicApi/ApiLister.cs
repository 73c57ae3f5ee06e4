using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace HealthKit.Tests.PublicApi;

/// <summary>
/// The public API of some types as sorted, C#-like text: what users can name, call, implement and derive from, with nullability, default
/// values, constants and enum values. Left out is what the compiler makes for records and what overrides <see cref="object"/>.
/// </summary>
internal sealed class ApiLister
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private readonly ApiTypeNames _names = new();
    private readonly StringBuilder _text = new();

    private ApiLister()
    {
    }

    public static string List(IEnumerable<Type> types) => new ApiLister().Write(types);

    private string Write(IEnumerable<Type> types)
    {
        foreach (var space in types
            .Where(type => type.IsPublic && !type.Name.Contains('<', StringComparison.Ordinal))
            .GroupBy(type => type.Namespace ?? "", StringComparer.Ordinal)
            .OrderBy(space => space.Key, StringComparer.Ordinal))
        {
            _text.Append("\nnamespace ").Append(space.Key).Append("\n{\n");
            WriteTypes(space, "    ");
            _text.Append("}\n");
        }

        return string.Concat(_names.Namespaces.Select(space => $"using {space};\n")) + _text;
    }

    private void WriteTypes(IEnumerable<Type> types, string indent)
    {
        var first = true;
        foreach (var type in types.OrderBy(type => type.Name, StringComparer.Ordinal).ThenBy(type => type.GetGenericArguments().Length))
        {
            _text.Append(first ? "" : "\n");
            first = false;
            WriteType(type, indent);
        }
    }

    private void WriteType(Type type, string indent)
    {
        foreach (var attribute in ApiAttributes.Of(type.GetCustomAttributesData()))
        {
            _text.Append(indent).Append(attribute).Append('\n');
        }

        var access = type.IsPublic || type.IsNestedPublic ? "public" : "protected";
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            var invoke = type.GetMethod("Invoke")!;
            _text.Append(indent).Append(access).Append(" delegate ").Append(_names.Of(invoke.ReturnParameter)).Append(' ')
                .Append(_names.Declare(type)).Append(Parameters(invoke)).Append(_names.Constraints(ApiTypeNames.OwnGenerics(type))).Append(";\n");
            return;
        }

        var positional = Positional(type);
        _text.Append(indent).Append(access).Append(Kind(type)).Append(_names.Declare(type)).Append(positional is null ? "" : Parameters(positional));
        if (Bases(type) is { Count: > 0 } bases)
        {
            _text.Append(" : ").AppendJoin(", ", bases);
        }

        _text.Append(_names.Constraints(ApiTypeNames.OwnGenerics(type)));
        List<string> members = type.IsEnum ? [.. EnumMembers(type)] : [.. Members(type, positional)];
        var nested = type.GetNestedTypes(Declared)
            .Where(inner => inner.IsNestedPublic || (!type.IsSealed && (inner.IsNestedFamily || inner.IsNestedFamORAssem)))
            .ToList();
        if (members.Count + nested.Count == 0)
        {
            _text.Append(";\n");
            return;
        }

        _text.Append('\n').Append(indent).Append("{\n");
        foreach (var member in members)
        {
            _text.Append(indent).Append("    ").Append(member).Append('\n');
        }

        WriteTypes(nested, indent + "    ");
        _text.Append(indent).Append("}\n");
    }

    private static string Kind(Type type)
    {
        if (type.IsEnum || type.IsInterface)
        {
            return type.IsEnum ? " enum " : " interface ";
        }

        if (type.IsValueType)
        {
            return (type.IsDefined(typeof(IsReadOnlyAttribute)) ? " readonly" : "") + (type.IsByRefLike ? " ref" : "")
                + (IsRecord(type) ? " record struct " : " struct ");
        }

        return (type is { IsAbstract: true, IsSealed: true } ? " static" : type.IsAbstract ? " abstract" : type.IsSealed ? " sealed" : "")
            + (IsRecord(type) ? " record " : " class ");
    }

    private static bool IsRecord(Type type) => type.IsValueType
        ? type.GetMethod("op_Equality")?.IsDefined(typeof(CompilerGeneratedAttribute)) == true
        : type.GetMethod("<Clone>$", Declared) is not null;

    /// <summary>The constructor that a positional record is written with.</summary>
    private static ConstructorInfo? Positional(Type type) => !IsRecord(type) ? null
        : type.GetConstructors().FirstOrDefault(constructor =>
            constructor.GetParameters() is { Length: > 0 } parameters
            && parameters.All(parameter => type.GetProperty(parameter.Name!)?.PropertyType == parameter.ParameterType)
            && type.GetMethods(Declared).Any(method =>
                method.Name == "Deconstruct" && IsCompilerMade(method) && method.GetParameters().Length == parameters.Length));

    private List<string> Bases(Type type)
    {
        List<string> bases = [];
        if (type.IsEnum)
        {
            return Enum.GetUnderlyingType(type) == typeof(int) ? [] : [_names.Of(Enum.GetUnderlyingType(type))];
        }

        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType))
        {
            bases.Add(_names.Of(parent));
        }

        var all = type.GetInterfaces();
        var implied = all.SelectMany(one => one.GetInterfaces()).Concat(type.BaseType?.GetInterfaces() ?? []).ToHashSet();
        bases.AddRange(all
            .Where(one => one.IsVisible && !implied.Contains(one) && !(IsRecord(type) && one == typeof(IEquatable<>).MakeGenericType(type)))
            .Select(one => _names.Of(one))
            .Order(StringComparer.Ordinal));
        return bases;
    }

    private static IEnumerable<string> EnumMembers(Type type) => type.GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (field.Name, Value: Convert.ToDecimal(field.GetRawConstantValue(), null)))
        .OrderBy(member => member.Value)
        .ThenBy(member => member.Name, StringComparer.Ordinal)
        .Select(member => $"{member.Name} = {member.Value},");

    private IEnumerable<string> Members(Type type, ConstructorInfo? positional)
    {
        var fields = type.GetFields(Declared)
            .Where(field => IsVisible(type, Access(field)))
            .Select(field => (0, field.Name, Field(field)));
        var constructors = type.GetConstructors(Declared)
            .Where(one => !one.IsStatic && one != positional && IsVisible(type, Access(one)) && !IsCompilerMade(one))
            .Select(one => (1, "", $"{Attributes(one)}{Prefix(type, Access(one))}{ApiTypeNames.Simple(type)}{Parameters(one)};"));
        var properties = type.GetProperties(Declared)
            .Where(property => IsVisible(type, Access(property)) && !IsImplied(property, type, positional))
            .Select(property => (2, property.Name, Property(property)));
        var events = type.GetEvents(Declared)
            .Where(one => IsVisible(type, Access(one.AddMethod!)))
            .Select(one => (3, one.Name, Event(one)));
        var methods = type.GetMethods(Declared)
            .Where(method => IsVisible(type, Access(method)) && !IsAccessor(method) && !IsCompilerMade(method) && !OverridesObject(method))
            .Select(method => (method.Name.StartsWith("op_", StringComparison.Ordinal) ? 5 : 4, method.Name, Method(method)));
        List<(int Group, string Name, string Text)> all = [.. fields, .. constructors, .. properties, .. events, .. methods];
        return all
            .OrderBy(member => member.Group)
            .ThenBy(member => member.Name, StringComparer.Ordinal)
            .ThenBy(member => member.Text, StringComparer.Ordinal)
            .Select(member => member.Text);
    }

    private string Field(FieldInfo field)
    {
        var kind = field.IsLiteral ? "const " : (field.IsStatic ? "static " : "") + (field.IsInitOnly ? "readonly " : "");
        var value = field.IsLiteral ? " = " + ApiTypeNames.Literal(field.GetRawConstantValue(), field.FieldType) : "";
        return $"{Attributes(field)}{Prefix(field.DeclaringType!, Access(field))}{kind}{_names.Of(field)} {field.Name}{value};";
    }

    private string Event(EventInfo one)
    {
        var add = one.AddMethod!;
        return $"{Attributes(one)}{Prefix(one.DeclaringType!, Access(add))}{Modifiers(add)}event {_names.Of(one)} {one.Name};";
    }

    private string Property(PropertyInfo property)
    {
        var type = property.DeclaringType!;
        var access = Access(property);
        var required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        var modifiers = Modifiers((property.GetMethod ?? property.SetMethod)!);
        var parameters = property.GetIndexParameters();
        var name = parameters.Length == 0 ? property.Name : $"this[{string.Join(", ", parameters.Select(Parameter))}]";
        var accessors = new StringBuilder();
        foreach (var accessor in new[] { property.GetMethod, property.SetMethod })
        {
            if (accessor is null || !IsVisible(type, Access(accessor)))
            {
                continue;
            }

            var init = accessor.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));
            accessors.Append(Access(accessor) == access ? "" : Access(accessor) + " ")
                .Append(accessor == property.GetMethod ? "get; " : init ? "init; " : "set; ");
        }

        return $"{Attributes(property)}{Prefix(type, access)}{modifiers}{required}{_names.Of(property)} {name} {{ {accessors}}}";
    }

    private string Method(MethodInfo method)
    {
        var generics = method.IsGenericMethod ? method.GetGenericArguments() : [];
        return $"{Attributes(method)}{Prefix(method.DeclaringType!, Access(method))}{Modifiers(method)}{_names.Of(method.ReturnParameter)} "
            + $"{method.Name}{_names.DeclareGenerics(generics)}{Parameters(method)}{_names.Constraints(generics)};";
    }

    private string Parameters(MethodBase method) =>
        $"({(method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "")}{string.Join(", ", method.GetParameters().Select(Parameter))})";

    private string Parameter(ParameterInfo parameter)
    {
        var how = parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute)) ? "params "
            : !parameter.ParameterType.IsByRef ? ""
            : parameter.IsOut ? "out "
            : parameter.IsDefined(typeof(RequiresLocationAttribute)) ? "ref readonly "
            : parameter.IsIn ? "in " : "ref ";
        var attributes = string.Concat(ApiAttributes.Of(parameter.GetCustomAttributesData()).Select(attribute => attribute + " "));
        var value = parameter.HasDefaultValue ? " = " + ApiTypeNames.Literal(parameter.DefaultValue, parameter.ParameterType) : "";
        return $"{attributes}{how}{_names.Of(parameter)} {parameter.Name}{value}";
    }

    private static string Modifiers(MethodInfo method)
    {
        if (method.DeclaringType!.IsInterface)
        {
            return method.IsStatic ? (method.IsAbstract ? "static abstract " : method.IsVirtual ? "static virtual " : "static ")
                : method.IsAbstract ? "" : "virtual ";
        }

        var overrides = method.IsVirtual && method.GetBaseDefinition() != method;
        return (method.IsStatic ? "static " : "")
            + (method.IsAbstract ? "abstract " : "")
            + (overrides ? (method is { IsFinal: true, DeclaringType.IsSealed: false } ? "sealed override " : "override ") : "")
            + (method is { IsVirtual: true, IsAbstract: false, IsFinal: false } && !overrides ? "virtual " : "");
    }

    private static bool IsImplied(PropertyInfo property, Type type, ConstructorInfo? positional) =>
        IsRecord(type)
        && (property.Name == "EqualityContract"
            || (positional?.GetParameters().Any(parameter => parameter.Name == property.Name) == true
                && property is { GetMethod.IsPublic: true, SetMethod: { IsPublic: true } set }
                && (set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) || type.IsValueType)));

    private static bool IsCompilerMade(MemberInfo member) => member.IsDefined(typeof(CompilerGeneratedAttribute));

    private static bool IsAccessor(MethodInfo method) => method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal);

    private static bool OverridesObject(MethodInfo method) =>
        method.IsVirtual && method.GetBaseDefinition().DeclaringType is { } origin && (origin == typeof(object) || origin == typeof(ValueType));

    private static bool IsVisible(Type type, string? access) => access is "public" || (access is "protected" && !type.IsSealed);

    private static string Prefix(Type type, string? access) => type.IsInterface ? "" : access + " ";

    private static string? Access(MethodBase method) =>
        method.IsPublic ? "public" : method.IsFamily || method.IsFamilyOrAssembly ? "protected" : null;

    private static string? Access(FieldInfo field) =>
        field.IsPublic ? "public" : field.IsFamily || field.IsFamilyOrAssembly ? "protected" : null;

    private static string? Access(PropertyInfo property)
    {
        string?[] accessors = [property.GetMethod is { } get ? Access(get) : null, property.SetMethod is { } set ? Access(set) : null];
        return accessors.Contains("public") ? "public" : accessors.Contains("protected") ? "protected" : null;
    }

    private static string Attributes(MemberInfo member) =>
        string.Concat(ApiAttributes.Of(member.GetCustomAttributesData()).Select(attribute => attribute + " "));
}
