namespace HealthKit;

/// <summary>A mount of a cgroup hierarchy, of <c>/proc/self/mountinfo</c>.</summary>
/// <param name="IsUnified">The v2 hierarchy; else one of v1 that has the memory controller.</param>
/// <param name="MountPoint">Where it is mounted.</param>
/// <param name="Root">Which cgroup of the hierarchy is seen there (field 4): <c>/</c>, or a sub-tree in a container.</param>
internal sealed record CgroupMount(bool IsUnified, string MountPoint, string Root)
{
    private const int MaximumDepth = 64;

    /// <summary>
    /// The directories of a cgroup and of those above it, as far as this mount shows them; the cgroup's own first.
    /// </summary>
    /// <param name="path">The cgroup's path, as <c>/proc/self/cgroup</c> has it.</param>
    /// <returns>Empty when this mount shows another part of the hierarchy.</returns>
    /// <remarks>
    /// Both the path and the root are written relative to the reader's cgroup namespace (cgroup_namespaces(7)): what lies outside it
    /// begins with <c>/..</c>. A root of nothing but <c>/..</c> is an ancestor of the namespace whose descendants towards us have no
    /// names here: then only its own directory is told.
    /// </remarks>
    public IReadOnlyList<CgroupDirectory> DirectoriesOf(string path)
    {
        var root = Root.TrimEnd('/');
        path = "/" + path.Trim('/');
        string below;
        if (IsAtOrBelow(path, root))
        {
            below = path == "/" ? "" : path[root.Length..].TrimEnd('/');
        }
        else if (IsAboveNamespace(root) && !path.StartsWith("/..", StringComparison.Ordinal))
        {
            below = "";
            path = root;
        }
        else
        {
            return [];
        }

        if (below.Split('/').Contains(".."))
        {
            return [];
        }

        List<CgroupDirectory> directories = [];
        while (directories.Count < MaximumDepth)
        {
            directories.Add(new CgroupDirectory(path.Length == 0 ? "/" : path, MountPoint.TrimEnd('/') + below));
            if (below.Length == 0)
            {
                break;
            }

            below = below[..below.LastIndexOf('/')];
            path = path[..path.LastIndexOf('/')];
        }

        return directories;
    }

    private static bool IsAtOrBelow(string path, string root) =>
        root.Length == 0 || (path.StartsWith(root, StringComparison.Ordinal) && (path.Length == root.Length || path[root.Length] == '/'));

    private static bool IsAboveNamespace(string root) => root.Length > 0 && root.Replace("/..", "", StringComparison.Ordinal).Length == 0;
}

/// <summary>A cgroup.</summary>
/// <param name="Name">Its path in the hierarchy, as the process sees it.</param>
/// <param name="Path">Its directory.</param>
internal sealed record CgroupDirectory(string Name, string Path);
