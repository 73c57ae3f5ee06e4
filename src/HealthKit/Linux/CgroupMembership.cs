using System.Text;

namespace HealthKit;

/// <summary>In which cgroups a process is, of <c>/proc/self/cgroup</c> (cgroups(7)): paths within the hierarchies.</summary>
/// <param name="UnifiedPath">The path in the v2 hierarchy (<c>0::/path</c>); null when there is none.</param>
/// <param name="MemoryPath">The path in the v1 hierarchy with the memory controller (<c>4:memory:/path</c>); null when there is none.</param>
internal readonly record struct CgroupMembership(string? UnifiedPath, string? MemoryPath)
{
    public static CgroupMembership Parse(ReadOnlySpan<byte> text)
    {
        string? unified = null;
        string? memory = null;
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            if (end < 0)
            {
                // The kernel ends every line: this one was cut.
                break;
            }

            var line = text[..end];
            text = text[(end + 1)..];

            // id:controllers:path, and the path may hold colons.
            var first = line.IndexOf((byte)':');
            if (first <= 0 || !PseudoText.TryParse(line[..first], out var id))
            {
                continue;
            }

            line = line[(first + 1)..];
            var second = line.IndexOf((byte)':');
            if (second < 0 || line.Length - second - 1 > LibC.PathMax || line[(second + 1)..] is not [(byte)'/', ..] path)
            {
                continue;
            }

            var controllers = line[..second];
            if (id == 0 && controllers.IsEmpty)
            {
                unified ??= Encoding.UTF8.GetString(path);
            }
            else if (IsInList(controllers, "memory"u8))
            {
                memory ??= Encoding.UTF8.GetString(path);
            }
        }

        return new CgroupMembership(unified, memory);
    }

    /// <summary>Whether a comma-separated list names something.</summary>
    public static bool IsInList(ReadOnlySpan<byte> list, ReadOnlySpan<byte> name)
    {
        foreach (var range in list.Split((byte)','))
        {
            if (list[range].SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }
}
