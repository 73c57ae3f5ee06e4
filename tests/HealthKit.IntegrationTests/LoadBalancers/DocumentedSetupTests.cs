using System.Text.RegularExpressions;

namespace HealthKit.IntegrationTests.LoadBalancers;

/// <summary>HAProxy and nginx take the set-ups that docs/deployment.md shows.</summary>
public sealed partial class DocumentedSetupTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(QuickstartApp.Repository, "docs", "deployment.md"));

    [Fact]
    public void Haproxy_takes_the_documented_backends()
    {
        var blocks = Blocks("haproxy");
        Assert.Equal(2, blocks.Count);
        Assert.All(blocks, block => Check(
            "haproxy",
            block,
            file => ["-c", "-f", file],
            // What every configuration of HAProxy has, and the page leaves out.
            code => $"defaults\n    mode http\n    timeout connect 1s\n    timeout client 10s\n    timeout server 10s\nfrontend web\n    bind 127.0.0.1:{LoopbackPort.Free()}\n    default_backend shop\n{code}"));
    }

    [Fact]
    public void Nginx_takes_the_documented_server() =>
        Check(
            "nginx",
            Assert.Single(Blocks("nginx")),
            file => ["-t", "-p", Path.GetDirectoryName(file)!, "-c", file, "-e", "stderr"],
            code => $"pid pid; events {{ }} http {{ {code.Replace("listen 80;", $"listen 127.0.0.1:{LoopbackPort.Free()};", StringComparison.Ordinal)} }}");

    private static List<string> Blocks(string language) =>
        [.. CodeBlock().Matches(Page).Where(block => block.Groups[1].Value == language).Select(block => block.Groups[2].Value)];

    private static void Check(string program, string block, Func<string, string[]> arguments, Func<string, string> complete)
    {
        var directory = Directory.CreateTempSubdirectory("hk-documented-");
        try
        {
            var file = Path.Combine(directory.FullName, "configuration");
            File.WriteAllText(file, complete(block));
            var (exitCode, output, error) = Tool.TryRun(program, arguments(file));
            Assert.True(exitCode == 0, $"{program} rejects what docs/deployment.md shows: {output} {error}");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [GeneratedRegex("```(\\w+)\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
