using System.Reflection;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.PublicApi;

/// <summary>
/// The public API of each package is approved: it changes only where someone means it. That every public member is documented is the
/// compiler's to see (CS1591 is an error in <c>src</c>).
/// </summary>
public class PublicApiTests
{
    public static TheoryData<string> Packages => [.. Repository.Packages()];

    [Theory]
    [MemberData(nameof(Packages))]
    public void The_public_api_is_the_approved_one(string package) =>
        Approved.Check($"tests/HealthKit.Tests/PublicApi/{package}.approved.txt", ApiLister.List(Assembly.Load(package).GetTypes()));
}
