using System.Collections.Concurrent;
using System.Reflection;
using System.Xml.Linq;

namespace HealthKit.Tests.Conformance;

/// <summary>What the compiler wrote down of the comments in the code: what an editor shows.</summary>
internal static class XmlDocumentation
{
    private static readonly ConcurrentDictionary<string, Dictionary<string, XElement>> Files = new();

    /// <summary>The summary of a property as plain text on one line.</summary>
    public static string SummaryOf(PropertyInfo property)
    {
        var members = Files.GetOrAdd(Path.ChangeExtension(property.DeclaringType!.Assembly.Location, "xml"), file =>
            XDocument.Load(file).Descendants("member").ToDictionary(member => member.Attribute("name")!.Value));
        var summary = members[$"P:{property.DeclaringType!.FullName}.{property.Name}"].Element("summary")!;
        foreach (var reference in summary.Elements("see").Where(see => see.Attribute("cref") is not null).ToList())
        {
            reference.ReplaceWith(reference.Attribute("cref")!.Value.Split('.')[^1]);
        }

        return string.Join(' ', summary.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
