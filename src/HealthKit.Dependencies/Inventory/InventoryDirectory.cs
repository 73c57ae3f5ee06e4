using System.IO.Enumeration;

namespace HealthKit;

/// <summary>The inventory of a directory.</summary>
internal static class InventoryDirectory
{
    private const int Most = 1_000_000;

    /// <summary>
    /// The names in a directory, or the paths of the files below it. Denied are the directories below that this process may not read, with a
    /// slash behind their name: what is in them is not known.
    /// </summary>
    /// <exception cref="StageException">The directory is not there, or cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static Inventory List(string directory, bool recursive, CancellationToken token)
    {
        List<string> present = [];
        List<string> denied = [];
        Queue<string> below = new([""]);
        while (below.TryDequeue(out var relative))
        {
            try
            {
                var entries = new FileSystemEnumerable<(string Name, bool IsDirectory, bool IsLink)>(
                    Path.Combine(directory, relative),
                    static (ref FileSystemEntry entry) => (entry.FileName.ToString(), entry.IsDirectory, (entry.Attributes & FileAttributes.ReparsePoint) != 0),
                    new EnumerationOptions { IgnoreInaccessible = false, AttributesToSkip = 0 });
                foreach (var (name, isDirectory, isLink) in entries)
                {
                    token.ThrowIfCancellationRequested();
                    var path = relative.Length == 0 ? name : $"{relative}/{name}";
                    if (recursive && isDirectory && !isLink)
                    {
                        below.Enqueue(path);
                    }
                    else
                    {
                        present.Add(path);
                    }

                    if (present.Count + denied.Count > Most)
                    {
                        throw new StageException(Stage.Use, "inventory.source.tooLarge", $"there are more than {Most} entries: look at a directory further down");
                    }
                }
            }
            catch (UnauthorizedAccessException) when (relative.Length > 0)
            {
                denied.Add(relative + "/");
            }
            catch (UnauthorizedAccessException e)
            {
                throw new StageException(Stage.Use, "inventory.source.denied", "this process may not read the directory", e);
            }
            catch (DirectoryNotFoundException) when (relative.Length > 0)
            {
                continue; // gone meanwhile
            }
            catch (DirectoryNotFoundException e)
            {
                throw new StageException(Stage.Use, "inventory.source.missing", File.Exists(directory) ? "what is there is a file, and no directory" : "the directory is not there", e);
            }
            catch (IOException e)
            {
                throw new StageException(Stage.Use, "inventory.source.failed", $"the directory could not be read: {e.Message}", e);
            }
        }

        return new Inventory(present, denied);
    }
}
