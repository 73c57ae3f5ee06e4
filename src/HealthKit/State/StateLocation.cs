namespace HealthKit;

/// <summary>Decides where the state directory stands. Pure: what it looks at is handed in.</summary>
internal static class StateLocation
{
    private const int MaxNameLength = 64;

    /// <summary>The places to try, in order. One that was asked for is the only one: state does not wander off elsewhere.</summary>
    /// <param name="configured">The option, or null.</param>
    /// <param name="applicationName">The application's name, any text.</param>
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="account">Who runs this process.</param>
    /// <exception cref="ArgumentException">A path holds characters no path may hold.</exception>
    public static IReadOnlyList<string> Candidates(
        string? configured, string applicationName, Func<string, string?> variable, StateAccount account)
    {
        if (!string.IsNullOrWhiteSpace(configured))
        {
            return [Path.TrimEndingDirectorySeparator(Path.GetFullPath(configured))];
        }

        // systemd.exec(5), StateDirectory=: full paths separated by colons when there are several.
        // A folder of our own in it: the application keeps its files there too.
        if (variable("STATE_DIRECTORY")?.Split(':', 2)[0] is { Length: > 0 } systemd && Path.IsPathRooted(systemd))
        {
            return [Path.Combine(Path.GetFullPath(systemd), "healthkit")];
        }

        var name = SafeName(applicationName);
        List<string> places = [];
        if (!account.IsUnixLike)
        {
            if (account.LocalApplicationData is { Length: > 0 } local)
            {
                places.Add(Path.Combine(local, "HealthKit", name));
            }
        }
        else if (account.IsRoot)
        {
            // Not HOME: sudo may leave another user's there, and a service must find the same place however it was started.
            places.Add(Path.Combine("/var/lib/healthkit", name));
        }
        else if (variable("XDG_STATE_HOME") is { Length: > 0 } xdg && Path.IsPathRooted(xdg))
        {
            // XDG Base Directory Specification: a relative path is invalid and ignored.
            places.Add(Path.Combine(xdg, "healthkit", name));
        }
        else if (variable("HOME") is { Length: > 0 } home && Path.IsPathRooted(home) && account.DirectoryExists(home))
        {
            places.Add(Path.Combine(home, ".local", "state", "healthkit", name));
        }

        // Survives a crash and a restart of the application, though perhaps not one of the machine.
        places.Add(Path.Combine(account.TempPath, account.IsUnixLike ? $"healthkit-{account.UserId}" : "HealthKit", name));
        return places;
    }

    /// <summary>The name as one folder name: letters, digits, dot, underscore and hyphen of ASCII, no leading dot, at most 64 characters.</summary>
    public static string SafeName(string name)
    {
        var safe = new string([.. name.Take(MaxNameLength).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '_')]);
        return safe.Length == 0 ? "app" : safe[0] == '.' ? "_" + safe[1..] : safe;
    }
}

/// <summary>The account a process runs as, as far as it decides where state is kept.</summary>
/// <param name="IsUnixLike">Linux and its like (XDG and /var/lib apply); false on Windows and macOS.</param>
/// <param name="IsRoot">The superuser.</param>
/// <param name="UserId">Effective user id; 0 where there is none.</param>
/// <param name="LocalApplicationData">The user's folder for local application data; used on Windows and macOS.</param>
/// <param name="TempPath">The temp directory.</param>
/// <param name="DirectoryExists">Whether a directory is there.</param>
internal sealed record StateAccount(
    bool IsUnixLike, bool IsRoot, uint UserId, string LocalApplicationData, string TempPath, Func<string, bool> DirectoryExists)
{
    /// <summary>The account of this process.</summary>
    public static StateAccount Current()
    {
        var user = OperatingSystem.IsWindows() ? 0 : UnixFiles.EffectiveUser();
        return new StateAccount(
            IsUnixLike: !OperatingSystem.IsWindows() && !OperatingSystem.IsMacOS(),
            IsRoot: !OperatingSystem.IsWindows() && user == 0,
            UserId: user,
            LocalApplicationData: Environment.GetFolderPath(
                Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify),
            TempPath: Path.GetTempPath(),
            DirectoryExists: Directory.Exists);
    }
}
