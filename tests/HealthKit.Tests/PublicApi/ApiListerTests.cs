namespace HealthKit.Tests.PublicApi;

public class ApiListerTests
{
    [Fact]
    public void Every_shape_of_type_and_member_is_listed_as_it_is_written()
    {
        var samples = typeof(ApiListerTests).Assembly.GetTypes().Where(type => type.Namespace == "HealthKit.Tests.PublicApi.Samples");

        Assert.Equal(
            """
            using HealthKit.Tests.PublicApi.Samples;
            using System;
            using System.Collections.Generic;
            using System.Threading;
            using System.Threading.Tasks;

            namespace HealthKit.Tests.PublicApi.Samples
            {
                public abstract class Base
                {
                    public const string Code = "a \"b\"";
                    public static readonly TimeSpan Limit;
                    public int Half { get; protected set; }
                    public int Own { get; }
                    public event EventHandler<string?> Changed;
                    public abstract Task<string?> ReadAsync(Func<int, object?>? read);
                    protected virtual void Touch();
                }

                public sealed class Derived<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T> : Base, IShape where T : class, new()
                {
                    public Derived();
                    public int this[string key] { get; }
                    public string? Name { get; }
                    public void Dispose();
                    public void Draw(string color, Plain plain, int? depth, CancellationToken token);
                    public override Task<string?> ReadAsync(Func<int, object?>? read);
                    public static Derived<T> op_Addition(Derived<T> left, Derived<T> right);
                    public class Inner
                    {
                        public Inner();
                        public (int, string?) Both<TKey>(Dictionary<TKey, string?[]> map) where TKey : notnull;
                    }
                }

                public static class Extensions
                {
                    public static void Extend(this string text, bool really = true);
                    public static bool TryFind<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(string? text, [NotNullWhen(true)] out T? found, ref readonly int from) where T : class, new();
                }

                public interface IShape : IDisposable
                {
                    int this[string key] { get; }
                    string? Name { get; }
                    void Draw(string color = "red", Plain plain = Plain.First, int? depth = null, CancellationToken token = default);
                }

                [Flags]
                public enum Narrow : byte
                {
                    None = 0,
                    One = 1,
                }

                public readonly record struct Pair(double Value, string? Unit);

                public enum Plain
                {
                    First = 1,
                    Second = 2,
                }

                public sealed record Positional(string Name, IReadOnlyList<string?> Tags, int? Depth = null)
                {
                    public string? Extra { get; init; }
                    public required int Must { get; init; }
                }

                public delegate string? Shown<in T>(T? value, params int[] more);
            }

            """.ReplaceLineEndings("\n"),
            ApiLister.List(samples));
    }
}
