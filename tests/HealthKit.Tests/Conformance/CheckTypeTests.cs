using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Conformance;

/// <summary>What every check type says of itself and how it is added.</summary>
public class CheckTypeTests
{
    public static TheoryData<string> All => [.. ConformanceCases.Types().Select(type => type.Name)];

    /// <summary>Those that users add. A type without a case is among them, so that its tests fail and say so.</summary>
    public static TheoryData<string> ForUsers =>
        [.. ConformanceCases.Types().Select(type => type.Name).Where(type => ConformanceCases.Find(type) is not { IsForUsers: false })];

    [Fact]
    public void Every_registered_type_has_a_case_and_every_case_is_of_a_registered_type() =>
        Assert.Equal(ConformanceCases.Types().Select(type => type.Name), ConformanceCases.Names.Order(StringComparer.OrdinalIgnoreCase));

    [Fact]
    public void Every_type_in_the_packages_is_registered() =>
        Assert.Equal(
            ConformanceCases.Types().Select(type => type.Name),
            ConformanceCases.TypesInPackages().Select(type => type.Name).Order(StringComparer.OrdinalIgnoreCase));

    [Theory]
    [MemberData(nameof(All))]
    public void The_descriptor_is_complete(string type)
    {
        var descriptor = ConformanceCases.Of(type).Type.Descriptor;

        Assert.Matches("^[A-Z][A-Za-z0-9]*$", descriptor.Type);
        Assert.Contains(HealthStatus.Healthy, descriptor.States.Keys);
        Assert.Contains(descriptor.States.Keys, status => status != HealthStatus.Healthy);
        string[] texts = [descriptor.Measures, descriptor.WhereToLook, descriptor.Remedy, .. descriptor.States.Values, .. descriptor.RemedyByReason.Values];
        Assert.All(texts, text =>
        {
            Assert.EndsWith(".", text, StringComparison.Ordinal);
            Assert.DoesNotContain("\n", text, StringComparison.Ordinal);
        });
    }

    [Theory]
    [MemberData(nameof(ForUsers))]
    public void Users_add_it_by_a_method_of_the_common_shape(string type)
    {
        var one = ConformanceCases.Of(type);
        var methods = one.Type.GetType().Assembly.GetExportedTypes()
            .Concat(one.OptionsType.Assembly.GetExportedTypes())
            .Distinct()
            .SelectMany(holder => holder.GetMethods())
            .Where(method => method.Name == one.MethodName)
            .ToList();

        Assert.True(methods.Count > 0, $"There is no {one.MethodName}.");
        Assert.All(methods, method =>
        {
            Assert.Equal("Microsoft.Extensions.DependencyInjection", method.DeclaringType!.Namespace);
            var builder = Assert.Single(method.GetGenericArguments());
            Assert.Equal([typeof(IHealthChecksBuilder)], builder.GetGenericParameterConstraints());
            Assert.Equal(builder, method.ReturnType);
            var parameters = method.GetParameters();
            Assert.Equal(builder, parameters[0].ParameterType);
            Assert.Equal(
                [
                    ("configure", typeof(Action<>).MakeGenericType(one.OptionsType)),
                    ("name", typeof(string)),
                    ("failureStatus", typeof(HealthStatus?)),
                    ("tags", typeof(IEnumerable<string>)),
                    ("timeout", typeof(TimeSpan?)),
                ],
                parameters[^5..].Select(parameter => (parameter.Name!, parameter.ParameterType)));
            Assert.All(parameters[^5..], parameter => Assert.Null(parameter.DefaultValue));
        });
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task Configuration_alone_declares_it(string type)
    {
        var one = ConformanceCases.Of(type);
        await using var host = await TestHost.Start(_ => { }, [.. one.Settings(Scenario.Failing), .. one.Declared(Scenario.Failing)]);

        var state = await host.Monitor.RunAsync(ConformanceCase.Name);

        Assert.Equal(one.Failure(failureStatus: null), state.Status);
        Assert.Same(one.Type.Descriptor, state.Descriptor);
    }
}
