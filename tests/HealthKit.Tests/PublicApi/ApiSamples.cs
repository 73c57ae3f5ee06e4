using System.Diagnostics.CodeAnalysis;

// Types of every shape that the lister must tell apart, in a namespace of their own.
namespace HealthKit.Tests.PublicApi.Samples;

public enum Plain
{
    Second = 2,
    First = 1,
}

[Flags]
public enum Narrow : byte
{
    None = 0,
    One = 1,
}

public delegate string? Shown<in T>(T value, params int[] more);

public interface IShape : IDisposable
{
    int this[string key] { get; }

    string? Name { get; }

    void Draw(string color = "red", Plain plain = Plain.First, int? depth = null, CancellationToken token = default);
}

public sealed record Positional(string Name, IReadOnlyList<string?> Tags, int? Depth = null)
{
    public string? Extra { get; init; }

    public required int Must { get; init; }

    public override string ToString() => Name;

    internal int Hidden { get; set; }
}

public readonly record struct Pair(double Value, string? Unit);

public abstract class Base
{
    public const string Code = "a \"b\"";

    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private protected Base()
    {
    }

    public event EventHandler<string?>? Changed;

    public int Half { get; protected set; }

    public int Own { get; private set; }

    public abstract Task<string?> ReadAsync(Func<int, object?>? read);

    protected virtual void Touch() => Changed?.Invoke(this, null);

    internal void Unseen() => Own++;
}

public sealed class Derived<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T> : Base, IShape
    where T : class, new()
{
    public int this[string key] => key.Length;

    public string? Name => null;

    public override Task<string?> ReadAsync(Func<int, object?>? read) => Task.FromResult<string?>(null);

    public void Draw(string color, Plain plain, int? depth, CancellationToken token)
    {
    }

    public void Dispose()
    {
    }

    public static Derived<T> operator +(Derived<T> left, Derived<T> right) => left ?? right;

    public class Inner
    {
        public (int Count, string? Text) Both<TKey>(Dictionary<TKey, string?[]> map)
            where TKey : notnull => (map.Count, null);
    }
}

public static class Extensions
{
    public static bool TryFind<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(string? text, [NotNullWhen(true)] out T? found, ref readonly int from)
        where T : class, new()
    {
        found = text?.Length == from ? new T() : null;
        return found is not null;
    }

    public static void Extend(this string text, bool really = true) => ArgumentNullException.ThrowIfNull(really ? text : null);
}

internal sealed class Unlisted;
