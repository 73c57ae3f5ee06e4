using System.Text;

namespace HealthKit.Tests.Support;

/// <summary>
/// Texts that stand in the repository and must be what the code makes of them now: approved public API, generated pages. With
/// <c>HEALTHKIT_ACCEPT=1</c> a run writes them instead of failing.
/// </summary>
internal static class Approved
{
    public const string Variable = "HEALTHKIT_ACCEPT";
    private const int Context = 2;

    /// <summary>Compares with a file of the repository, or writes it.</summary>
    /// <param name="relative">The file, from the repository's root.</param>
    /// <param name="actual">What it must hold.</param>
    public static void Check(string relative, string actual)
    {
        actual = actual.ReplaceLineEndings("\n").TrimEnd('\n') + "\n";
        var path = Repository.PathOf(relative);
        if (Environment.GetEnvironmentVariable(Variable) == "1")
        {
            if (!File.Exists(path) || File.ReadAllText(path) != actual)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                File.WriteAllText(path, actual);
            }

            return;
        }

        var approved = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";
        if (approved != actual)
        {
            Assert.Fail(
                $"{relative} is not what the code makes of it now (- the file, + now):\n\n{Difference(approved, actual)}\n"
                + $"If that is meant, accept it: {Variable}=1 dotnet test tests/HealthKit.Tests, then review and commit the file.");
        }
    }

    /// <summary>The lines that differ, each with a little of what stands around it.</summary>
    public static string Difference(string before, string after)
    {
        string[] old = before.Split('\n');
        string[] now = after.Split('\n');

        // The longest common subsequence of the lines from i and j on.
        var common = new int[old.Length + 1, now.Length + 1];
        for (var i = old.Length - 1; i >= 0; i--)
        {
            for (var j = now.Length - 1; j >= 0; j--)
            {
                common[i, j] = old[i] == now[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        List<(char Mark, string Line)> lines = [];
        for (int i = 0, j = 0; i < old.Length || j < now.Length;)
        {
            if (i < old.Length && j < now.Length && old[i] == now[j])
            {
                lines.Add((' ', old[i]));
                i++;
                j++;
            }
            else if (j == now.Length || (i < old.Length && common[i + 1, j] >= common[i, j + 1]))
            {
                lines.Add(('-', old[i++]));
            }
            else
            {
                lines.Add(('+', now[j++]));
            }
        }

        var text = new StringBuilder();
        var shown = -1;
        for (var i = 0; i < lines.Count; i++)
        {
            if (!Enumerable.Range(i - Context, (2 * Context) + 1).Any(near => near >= 0 && near < lines.Count && lines[near].Mark != ' '))
            {
                continue;
            }

            if (i != shown + 1)
            {
                text.Append("  …\n");
            }

            text.Append(lines[i].Mark).Append(' ').Append(lines[i].Line).Append('\n');
            shown = i;
        }

        return text.ToString();
    }
}
