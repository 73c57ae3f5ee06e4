using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;

namespace HealthKit.Tests.PublicApi;

/// <summary>The attributes that mean something to who uses an API.</summary>
internal static class ApiAttributes
{
    private static readonly HashSet<Type> Listed =
    [
        typeof(FlagsAttribute), typeof(ObsoleteAttribute), typeof(ExperimentalAttribute), typeof(RequiresUnreferencedCodeAttribute),
        typeof(RequiresDynamicCodeAttribute), typeof(RequiresAssemblyFilesAttribute), typeof(DynamicallyAccessedMembersAttribute),
        typeof(SupportedOSPlatformAttribute), typeof(UnsupportedOSPlatformAttribute), typeof(AllowNullAttribute), typeof(DisallowNullAttribute),
        typeof(MaybeNullAttribute), typeof(MaybeNullWhenAttribute), typeof(NotNullAttribute), typeof(NotNullWhenAttribute),
        typeof(NotNullIfNotNullAttribute), typeof(MemberNotNullAttribute), typeof(MemberNotNullWhenAttribute), typeof(DoesNotReturnAttribute),
        typeof(StringSyntaxAttribute),
    ];

    public static IEnumerable<string> Of(IList<CustomAttributeData> attributes) => attributes
        .Where(attribute => Listed.Contains(attribute.AttributeType) && !IsCompilerMade(attribute, attributes))
        .Select(attribute =>
        {
            var name = attribute.AttributeType.Name[..^"Attribute".Length];
            var arguments = attribute.ConstructorArguments.Select(argument => ApiTypeNames.Literal(argument.Value, argument.ArgumentType));
            return attribute.ConstructorArguments.Count == 0 ? $"[{name}]" : $"[{name}({string.Join(", ", arguments)})]";
        })
        .Order(StringComparer.Ordinal);

    /// <summary>The compiler marks constructors obsolete for compilers that do not know required members.</summary>
    private static bool IsCompilerMade(CustomAttributeData attribute, IList<CustomAttributeData> all) =>
        attribute.AttributeType == typeof(ObsoleteAttribute) && all.Any(other => other.AttributeType == typeof(CompilerFeatureRequiredAttribute));
}
