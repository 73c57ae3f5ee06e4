using System.Diagnostics;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Logs;

public sealed class FilePatternTests : IDisposable
{
    private static readonly string[] Names = ["a", "b", "ab", "abc", "b.log", "a.log", ".a.log", "ä.log", "a b.log", "[ab]", "x-1.log", "x-22.log", @"b\s.log"];
    private static readonly string[] Parts = ["*", "?", "a*", "*.log", "x-?.log", "x-*.log", "??", "b.log", "a", "[ab]", ".*", "*b*", @"b\s*"];

    private readonly string _root = Directory.CreateTempSubdirectory("healthkit-pattern-").FullName;

    public FilePatternTests()
    {
        foreach (var directory in Names.Take(4))
        {
            foreach (var name in Names)
            {
                Directory.CreateDirectory(Path.Combine(_root, directory));
                File.WriteAllText(Path.Combine(_root, directory, name), name);
            }
        }

        foreach (var name in Names.Skip(4))
        {
            File.WriteAllText(Path.Combine(_root, name), name);
        }
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void It_finds_the_files_that_a_shell_finds() => Prop.ForAll(
        Gen.Elements(Parts).NonEmptyListOf().Where(parts => parts.Count <= 3 && parts.Any(FilePattern.IsWild)).ToArbitrary(),
        parts =>
        {
            var pattern = new FilePattern(Path.Combine(_root, string.Join('/', parts)), TimeProvider.System);

            var found = pattern.Find(default);

            Assert.Equal(Shell(string.Join('/', parts)), found);
            Assert.All(found, path => Assert.True(pattern.Matches(path)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Without_wildcards_it_is_itself_whether_it_is_there_or_not()
    {
        var pattern = new FilePattern("/no/such.log", TimeProvider.System);

        Assert.False(pattern.HasWildcards);
        Assert.Equal(["/no/such.log"], pattern.Find(default));
        Assert.True(pattern.Matches("/no/such.log"));
    }

    [Fact]
    public void A_directory_that_appears_later_is_found()
    {
        var pattern = new FilePattern(Path.Combine(_root, "later/*/deep/x.log"), TimeProvider.System);
        Assert.Empty(pattern.Find(default));
        Directory.CreateDirectory(Path.Combine(_root, "later/one/deep"));
        Assert.Empty(pattern.Find(default));
        File.WriteAllText(Path.Combine(_root, "later/one/deep/x.log"), "");

        Assert.Equal([Path.Combine(_root, "later/one/deep/x.log")], pattern.Find(default));
    }

    [Fact]
    public void Only_directories_are_looked_into_and_a_search_ends_when_told_to_whatever_the_names()
    {
        var pattern = new FilePattern(Path.Combine(_root, "*/*.log"), TimeProvider.System);
        pattern.Find(default);
        Assert.Equal(5, pattern.Folders); // the root and four below it, none of its files

        using var source = new CancellationTokenSource();
        var endless = new FilePattern(Path.Combine(_root, "nothing*"), new CancellingTime(source));
        Assert.ThrowsAny<OperationCanceledException>(() => endless.Find(source.Token));
    }

    /// <summary>Cancels when it is asked for the time: after the search has begun, before it reads the first name.</summary>
    private sealed class CancellingTime(CancellationTokenSource source) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow()
        {
            source.Cancel();
            return base.GetUtcNow();
        }
    }

    /// <summary>What bash makes of it, regular files only; it leaves [ab] and backslashes alone when they are escaped.</summary>
    private List<string> Shell(string pattern)
    {
        var escaped = pattern.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal).Replace("]", "\\]", StringComparison.Ordinal);
        var start = new ProcessStartInfo("bash", ["-c", $"shopt -s nullglob; for f in \"$0\"/{escaped}; do [ -f \"$f\" ] && printf '%s\\n' \"$f\"; done; true", _root])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var process = Process.Start(start)!;
        var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return [.. lines.Order(StringComparer.Ordinal)];
    }
}
