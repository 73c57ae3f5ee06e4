using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace HealthKit;

/// <summary>
/// Where HealthKit keeps what must survive a restart. Held by one process at a time: a second instance of the same application
/// uses the folder <c>2</c> inside it, a third the folder <c>3</c>, and so on; another application that was given the same directory has a
/// folder of its own in it. When no place can be written, HealthKit goes on in memory and says why here. Nothing here waits longer than
/// 4 s for a disk that hangs.
/// </summary>
public sealed partial class StateDirectory : IDisposable
{
    /// <summary>How many instances of one application may hold a directory at the same time.</summary>
    internal const int MaxInstances = 16;

    private const string LockFileName = "lock";
    private const string OwnerFileName = "application";
    private const int MaxOwnerBytes = 1024;

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>No device that works takes as long for a flush.</summary>
    private static readonly TimeSpan LongFlush = TimeSpan.FromSeconds(30);

    private readonly string? _configured;
    private readonly string _applicationName;
    private readonly Func<string, string?> _variable;
    private readonly StateAccount _account;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Lock _journalsGate = new();
    private readonly List<Journal> _journals = [];
    private volatile Held? _held; // null before the first look has come to an end
    private long _failedAt;
    private bool _disposed;

    /// <summary>
    /// Opens nothing yet. The first place that works is held when somebody first asks: an application whose disk is broken, or hangs,
    /// starts all the same.
    /// </summary>
    /// <param name="configured">The place the user asked for, or null to choose: see docs/state-directory.md.</param>
    /// <param name="applicationName">Name of the application; becomes a folder name.</param>
    /// <param name="variable">Reads an environment variable.</param>
    /// <param name="account">The account that the process runs as.</param>
    /// <param name="logger">Where it says what it holds.</param>
    /// <param name="time">The clock of the pauses between two tries.</param>
    internal StateDirectory(
        string? configured, string applicationName, Func<string, string?> variable, StateAccount account, ILogger logger, TimeProvider? time = null)
    {
        _configured = configured;
        _applicationName = applicationName;
        _variable = variable;
        _account = account;
        _logger = logger;
        _time = time ?? TimeProvider.System;
        Disk = new DiskThread("HealthKit state", _time);
        Flushes = new DiskThread("HealthKit state flush", _time);
    }

    /// <summary>The directory this process holds, or null while nothing can be kept on disk.</summary>
    public string? Path => FirstLook().Path;

    /// <summary>1 for the first instance of the application, 2 for one that runs beside it, at most 16.</summary>
    public int Instance => FirstLook().Instance;

    /// <summary>
    /// Whether there is a directory to write to. When false, HealthKit keeps its state in memory and loses it with the process.
    /// Looks whether the directory is still there, and without one tries again, at most once a second.
    /// </summary>
    public bool IsPersistent
    {
        get
        {
            try
            {
                return Disk.Run(IsThere, DiskThread.LongPatience);
            }
            catch (IOException e) when (StateProblem.IsHung(e))
            {
                return false;
            }
        }
    }

    /// <summary>
    /// A stable reason, or null when all is well: <c>state.full</c>, <c>state.readOnly</c>, <c>state.noPermission</c>,
    /// <c>state.symbolicLink</c>, <c>state.unsafeDirectory</c>, <c>state.noLock</c>, <c>state.tooManyInstances</c>, <c>state.removed</c>,
    /// <c>state.hung</c>, <c>state.ioError</c>.
    /// <c>state.secondInstance</c> and <c>state.otherApplication</c> come with a directory that works.
    /// </summary>
    public string? Problem => FirstLook().Problem?.Reason;

    /// <summary>The problem in words, with the path, or null.</summary>
    public string? ProblemText => FirstLook().Problem?.Text;

    /// <summary>Looks for the directory at once; what the constructor makes does so when it is first asked for.</summary>
    /// <inheritdoc cref="StateDirectory(string?, string, Func{string, string?}, StateAccount, ILogger, TimeProvider?)"/>
    internal static StateDirectory Open(string? configured, string applicationName, ILogger logger) =>
        Open(configured, applicationName, Environment.GetEnvironmentVariable, StateAccount.Current(), logger);

    /// <inheritdoc cref="Open(string?, string, ILogger)"/>
    internal static StateDirectory Open(
        string? configured, string applicationName, Func<string, string?> variable, StateAccount account, ILogger logger, TimeProvider? time = null)
    {
        var directory = new StateDirectory(configured, applicationName, variable, account, logger, time);
        directory.FirstLook();
        return directory;
    }

    /// <summary>Where everything is done that touches this directory's disk, but for waiting for the device.</summary>
    internal DiskThread Disk { get; }

    /// <summary>Where the device is waited for (fsync).</summary>
    internal DiskThread Flushes { get; }

    private Held FirstLook()
    {
        if (_held is null)
        {
            TryRecover();
        }

        return !Disk.IsStuck && _held is { } held ? held : DoesNotAnswer(_held);
    }

    private Held DoesNotAnswer(Held? before) => new(
        before?.Path,
        before?.Instance ?? 1,
        new StateProblem(StateProblem.Hung, $"The disk of state directory {before?.Path ?? _configured ?? _applicationName} does not answer."),
        null);

    /// <summary>Looks for a directory when there is none yet or the one it held was removed; whether there is one now. Never throws.</summary>
    internal bool TryRecover()
    {
        try
        {
            return Disk.Run(Recover, DiskThread.LongPatience);
        }
        catch (IOException e) when (StateProblem.IsHung(e))
        {
            return false;
        }
    }

    private bool IsThere()
    {
        lock (_gate)
        {
            if (_held is null)
            {
                return Recover();
            }

            if (_held.Path is not null)
            {
                LetGoIfRemoved();
            }
            else if (!_disposed && _time.GetElapsedTime(_failedAt) >= RetryAfter)
            {
                AcquireOrSayWhyNot();
            }

            return _held.Path is not null;
        }
    }

    private bool Recover()
    {
        lock (_gate)
        {
            var isFirst = _held is null;
            LetGoIfRemoved();
            if (!_disposed && _held?.Path is null)
            {
                AcquireOrSayWhyNot();
            }

            if (isFirst && Obstacle is { } problem)
            {
                LogInMemory(_logger, problem.Reason, problem.Text);
            }

            return _held!.Path is not null;
        }
    }

    /// <summary>The directory held and a token of this hold, to hand to <see cref="Holds"/>; null while there is none.</summary>
    internal (object Token, string Path)? Lease => _held is { Path: { } path } held ? (held, path) : null;

    /// <summary>
    /// Whether the directory has been held without a break since the token was given, and its lock still stands where others look for it.
    /// One system call.
    /// </summary>
    internal bool Holds(object? token)
    {
        lock (_gate)
        {
            LetGoIfRemoved();
            return _held is { Path: not null } held && ReferenceEquals(held, token);
        }
    }

    /// <summary>What is wrong with the directory, when it cannot be written to.</summary>
    internal StateProblem? Obstacle => _held is { Path: null, Problem: { } problem } ? problem : null;

    /// <summary>
    /// Which of the journals kept here go on in memory, by name, and why. Asks each, and each tries again when that is due.
    /// </summary>
    internal IReadOnlyList<(string Name, StateProblem Problem)> JournalProblems()
    {
        Journal[] journals;
        lock (_journalsGate)
        {
            journals = [.. _journals];
        }

        List<(string Name, StateProblem Problem)> problems = [];
        foreach (var journal in journals)
        {
            if (journal.Problem is { } problem)
            {
                problems.Add((journal.Name, problem));
            }
        }

        problems.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return problems;
    }

    /// <summary>What is wrong with the device below: written to, it never comes to an end with it. Null while it does.</summary>
    internal StateProblem? FlushProblem => Flushes.StuckForLong(LongFlush) is { } since
        ? new StateProblem(
            StateProblem.Hung, string.Create(CultureInfo.InvariantCulture, $"State is written, but not on the device since {since:u}: a power cut would lose it."))
        : null;

    /// <summary>Has a journal counted in <see cref="JournalProblems"/> until it is closed.</summary>
    internal void AddJournal(Journal journal)
    {
        lock (_journalsGate)
        {
            _journals.Add(journal);
        }
    }

    /// <summary>It was closed.</summary>
    internal void RemoveJournal(Journal journal)
    {
        lock (_journalsGate)
        {
            _journals.Remove(journal);
        }
    }

    /// <summary>For the services, which own it: everybody has the same one.</summary>
    void IDisposable.Dispose() => Close();

    /// <summary>Gives the directory up for the next instance. The kernel does the same when the process is killed.</summary>
    internal void Close() => Disk.Close(new Release(this));

    private void LetGo()
    {
        lock (_gate)
        {
            _disposed = true;
            _held?.Lock?.Dispose();
            _held = new Held(null, 1, new StateProblem(StateProblem.IOError, "The state directory was closed."), null);
        }
    }

    private void AcquireOrSayWhyNot()
    {
        _held = Acquire();
        _failedAt = _time.GetTimestamp();
        if (_held is { Path: { } path } held)
        {
            LogHeld(_logger, path);
            if (held.Problem is { } problem)
            {
                LogNotAlone(_logger, problem.Text);
            }
        }
    }

    /// <summary>
    /// A lock whose file is gone keeps nobody out: the next instance makes another one at the same path. So it is given up, and whoever
    /// uses the directory takes what is then there to take.
    /// </summary>
    private void LetGoIfRemoved()
    {
        if (_held is { Path: { } path, Lock: { } held, LockPlace.IsLost: true })
        {
            held.Dispose();
            var problem = new StateProblem(StateProblem.Removed, $"State directory {path} or its lock was removed or replaced while this process held it.");
            _held = new Held(null, 1, problem, null);
            _failedAt = _time.GetTimestamp();
            LogInMemory(_logger, problem.Reason, problem.Text);
        }
    }

    private Held Acquire()
    {
        StateProblem? first = null;
        try
        {
            foreach (var place in StateLocation.Candidates(_configured, _applicationName, _variable, _account))
            {
                var held = AcquireAt(place, otherApplication: null);
                if (held.Path is not null)
                {
                    return held;
                }

                first ??= held.Problem;
                // A full disk is where the state of earlier runs stands: wait for it instead of beginning another one elsewhere.
                if (held.Problem!.Reason is not (StateProblem.NoPermission or StateProblem.ReadOnly))
                {
                    break;
                }
            }
        }
        catch (Exception e) when (StateProblem.IsExpected(e) || e is ArgumentException) // a path with characters no path has
        {
            first ??= StateProblem.From(e);
        }

        return new Held(null, 1, first, null);
    }

    /// <param name="root">The place.</param>
    /// <param name="otherApplication">What to say when it is a folder in the directory of another application.</param>
    private Held AcquireAt(string root, StateProblem? otherApplication)
    {
        for (var instance = 1; instance <= MaxInstances; instance++)
        {
            var path = instance == 1 ? root : System.IO.Path.Combine(root, instance.ToString(CultureInfo.InvariantCulture));
            FileStream? lockFile = null;
            try
            {
                // Before, so that nothing is made behind another user's link; after, because only now all of it is there to look at.
                if (FindDanger(path) is { } before)
                {
                    return new Held(null, 1, before, null);
                }

                CreatePrivate(path);
                if (FindDanger(path) is { } after)
                {
                    return new Held(null, 1, after, null);
                }

                // Not by locking it: the other application may be starting just now, and would find its own folder held.
                ClaimIfNew(path);
                var owner = FindOtherOwner(path);
                if (owner is null)
                {
                    (lockFile, var problem) = TryLock(System.IO.Path.Combine(path, LockFileName));
                    if (problem is not null)
                    {
                        return new Held(null, 1, problem, null);
                    }

                    owner = lockFile is null ? FindOtherOwner(path) : Claim(path);
                }

                if (owner is not null)
                {
                    lockFile?.Dispose();
                    if (instance == 1 && otherApplication is null)
                    {
                        var own = System.IO.Path.Combine(root, $"app-{StateLocation.SafeName(_applicationName)}");
                        return AcquireAt(own, OtherApplication(root, owner, own));
                    }
                }
                else if (lockFile is not null)
                {
                    return new Held(path, instance, instance == 1 ? otherApplication : SecondInstance(root, path), lockFile)
                    {
                        LockPlace = new FilePlace(lockFile.Name, lockFile.SafeFileHandle),
                    };
                }
            }
            catch (Exception e) when (StateProblem.IsExpected(e))
            {
                lockFile?.Dispose();
                var problem = StateProblem.From(e);
                return new Held(null, 1, problem with { Text = $"State directory {path}: {problem.Text}" }, null);
            }
        }

        return new Held(null, 1, new StateProblem(
            StateProblem.TooManyInstances,
            string.Create(CultureInfo.InvariantCulture, $"State directory {root}: {MaxInstances} other instances hold it; at most {MaxInstances} can.")), null);
    }

    private static StateProblem SecondInstance(string root, string path) => new(
        StateProblem.SecondInstance, $"Another instance holds the state directory {root}; this one uses {path}.");

    private static StateProblem OtherApplication(string root, string owner, string path) => new(
        StateProblem.OtherApplication,
        $"The state directory {root} is that of another application, {StateLocation.SafeName(owner)}; this one uses {path}.");

    /// <summary>
    /// Whose state a folder holds, if it is another application's: two that were given one directory would take over each other's
    /// incidents. Who holds a folder first, or one of a version that did not write this down, makes it its own.
    /// </summary>
    private string? FindOtherOwner(string path) =>
        ReadOwner(System.IO.Path.Combine(path, OwnerFileName)) is { } owner && owner != NameIn(OwnName()) ? owner : null;

    /// <summary>
    /// Makes a new folder this application's own before it is locked: of two that start together, the one that finds the lock held finds whose
    /// it is. Where there is a lock, somebody of a version that did not write this down may hold it.
    /// </summary>
    private void ClaimIfNew(string path)
    {
        var file = System.IO.Path.Combine(path, OwnerFileName);
        if (File.Exists(file) || File.Exists(System.IO.Path.Combine(path, LockFileName)))
        {
            return;
        }

        var made = $"{file}.{Guid.NewGuid():N}";
        try
        {
            WriteNew(made, OwnName());
            if (OperatingSystem.IsWindows())
            {
                File.Move(made, file);
            }
            else
            {
                UnixFiles.TryLink(made, file);
            }
        }
        catch (Exception e) when (StateProblem.IsExpected(e))
        {
            // Another one was first, or there is no room: what stands there now counts, and is looked at under the lock.
        }
        finally
        {
            File.Delete(made);
        }
    }

    /// <summary>Under the lock: makes a folder this application's own, or says whose it has become meanwhile.</summary>
    private string? Claim(string path)
    {
        var file = System.IO.Path.Combine(path, OwnerFileName);
        if (ReadOwner(file) is null)
        {
            WriteOwner(file, OwnName());
        }

        return FindOtherOwner(path);
    }

    private byte[] OwnName()
    {
        var name = Encoding.UTF8.GetBytes(_applicationName);
        return name[..Math.Min(name.Length, MaxOwnerBytes)];
    }

    /// <summary>Editors and shells end a file with a line, and some begin it with a byte order mark.</summary>
    private static string NameIn(byte[] bytes)
    {
        using var reader = new StreamReader(new MemoryStream(bytes), Encoding.UTF8, detectEncodingFromByteOrderMarks: true);
        return reader.ReadToEnd().Trim();
    }

    private static string? ReadOwner(string file)
    {
        var info = new FileInfo(file);
        if (!info.Exists || info.Length == 0 || info.LinkTarget is not null) // a pipe has no length
        {
            return null;
        }

        using var handle = File.OpenHandle(file, share: FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[MaxOwnerBytes];
        return NameIn(bytes[..RandomAccess.Read(handle, bytes, 0)]) is { Length: > 0 } name ? name : null;
    }

    private static void WriteNew(string file, byte[] bytes)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var stream = new FileStream(file, options);
        stream.Write(bytes);
    }

    /// <summary>
    /// Where there is no room for it, the next start writes it. Not waited for until it is on the device, which may take long: a power cut may
    /// leave the file empty, and then the directory is the next one's that holds it.
    /// </summary>
    private static void WriteOwner(string file, byte[] name)
    {
        var made = file + ".new";
        try
        {
            File.Delete(made);
            WriteNew(made, name);
            File.Move(made, file, overwrite: true);
        }
        catch (Exception e) when (StateProblem.IsExpected(e) && StateProblem.From(e).Reason == StateProblem.Full)
        {
            File.Delete(made);
        }
    }

    private static void CreatePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static (FileStream? Handle, StateProblem? Problem) TryLock(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite, // NFS grants an exclusive lock only to a file open for writing (flock(2))
            Share = FileShare.None,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        FileStream file;
        try
        {
            file = new FileStream(path, options);
        }
        catch (IOException e) when (StateProblem.IsHeldByAnother(e))
        {
            return (null, null);
        }

        if (OperatingSystem.IsWindows())
        {
            return (file, null);
        }

        // FileShare.None asks for the same flock, but is silent where locks do not work or were turned off for the runtime.
        var error = UnixFiles.TryLock(file.SafeFileHandle);
        if (error == 0)
        {
            return (file, null);
        }

        file.Dispose();
        return error == UnixFiles.WouldBlock
            ? (null, null)
            : (null, new StateProblem(
                StateProblem.NoLock,
                string.Create(CultureInfo.InvariantCulture, $"The file system of {path} cannot lock files (flock: errno {error}).")));
    }

    /// <summary>A symbolic link is refused; below a temp directory shared by all users, every folder must be safe from the others.</summary>
    private static StateProblem? FindDanger(string path)
    {
        if (new DirectoryInfo(path).LinkTarget is { } target)
        {
            return new StateProblem(
                StateProblem.SymbolicLink, $"State directory {path} is a symbolic link to {target}. Name the real directory instead.");
        }

        return OperatingSystem.IsLinux()
            ? FindDangerInShared(path, UnixFiles.EffectiveUser(), UnixFiles.Stat)
            : null; // the temp directory is each user's own on Windows and macOS
    }

    /// <summary>The part of it that looks at owners and modes, apart from the file system.</summary>
    /// <remarks>
    /// World-writable without the sticky bit is mostly a volume (an emptyDir of Kubernetes, a share of SMB that shows 0777 for everything):
    /// the operator's choice, so it may be named itself and modes inside it say nothing. What another user put there is refused all the same.
    /// </remarks>
    internal static StateProblem? FindDangerInShared(string path, uint user, Func<string, bool, UnixFileStatus?> stat)
    {
        string? shared = null;
        var (sticky, sharedOwner) = (false, user);
        foreach (var folder in FromRootTo(path))
        {
            if (stat(folder, shared is null) is not { } status)
            {
                return null; // not there yet
            }

            var safeOwner = status.Owner == user || status.Owner == 0 || (!sticky && status.Owner == sharedOwner);
            if (shared is not null && (!status.IsDirectory || !safeOwner || (sticky && status.OthersMayWrite)))
            {
                return new StateProblem(
                    StateProblem.Unsafe,
                    $"{folder} stands in {shared}, which all users may write to, and is not a directory that only this process's account can change.");
            }

            if (status.IsShared || (status.OthersMayWrite && shared is null))
            {
                (shared, sticky, sharedOwner) = (folder, status.IsShared, status.Owner);
            }
        }

        return sticky && shared == path
            ? new StateProblem(StateProblem.Unsafe, $"{path} is shared by all users. Name a directory inside it.")
            : null;
    }

    private static Stack<string> FromRootTo(string path)
    {
        Stack<string> folders = [];
        for (var folder = System.IO.Path.TrimEndingDirectorySeparator(path); folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
        {
            folders.Push(folder);
        }

        return folders;
    }

    [LoggerMessage(7001, LogLevel.Information, "State is kept in {Path}.")]
    private static partial void LogHeld(ILogger logger, string path);

    [LoggerMessage(7002, LogLevel.Information, "{Text}")]
    private static partial void LogNotAlone(ILogger logger, string text);

    [LoggerMessage(7003, LogLevel.Warning, "State is kept in memory only and will not survive a restart ({Reason}): {Text}")]
    private static partial void LogInMemory(ILogger logger, string reason, string text);

    private sealed class Release(StateDirectory directory) : IDisposable
    {
        public void Dispose() => directory.LetGo();
    }

    private sealed record Held(string? Path, int Instance, StateProblem? Problem, FileStream? Lock)
    {
        public FilePlace? LockPlace { get; init; }
    }
}
