using HealthKit.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.Tests.Incidents;

/// <summary>Silences on a real state directory, with a clock that moves when told to.</summary>
internal sealed class SilencesFixture : IDisposable
{
    public static readonly string[] Names = ["Api", "db", "disk"];

    private readonly JournalFlusher _flusher = new(TimeProvider.System, NullLogger.Instance);
    private StateDirectory? _directory;
    private Silences? _silences;

    public string Root { get; } = Directory.CreateTempSubdirectory("hk-silence-").FullName;

    public string StatePath => Path.Combine(Root, "state");

    public string FilePath => Path.Combine(Root, "maintenance");

    public ManualTime Time { get; } = new();

    public DateTimeOffset Now => Time.GetUtcNow();

    public SelfReport Report { get; } = new();

    public IncidentRules Rules { get; set; } = RulesOf();

    public Silences Silences => _silences ??= Start();

    public string? FileProblem => Report.Problems().Where(problem => problem.Key == "maintenance.fileInvalid").Select(problem => problem.Value).SingleOrDefault();

    public static IncidentRules RulesOf(
        IReadOnlyDictionary<string, CheckPolicy>? policies = null, IReadOnlyList<MaintenanceWindow>? windows = null, string? file = null) =>
        new(
            new RegisteredNames(Names),
            [.. Names.Select(name => new NamedPolicy(name, policies?.GetValueOrDefault(name) ?? new CheckPolicy()))],
            windows ?? [],
            file);

    public void Restart()
    {
        Stop();
        _silences = Start();
    }

    public void Stop()
    {
        _silences?.Dispose();
        _directory?.Close();
        _silences = null;
    }

    public void Dispose()
    {
        Stop();
        _flusher.Dispose();
        Directory.Delete(Root, recursive: true);
    }

    /// <summary>Writes the maintenance file as of now; the last look is a second ago then.</summary>
    public void WriteFile(string content)
    {
        File.WriteAllText(FilePath, content);
        File.SetLastWriteTimeUtc(FilePath, Now.UtcDateTime);
        Time.Advance(TimeSpan.FromSeconds(1));
    }

    private Silences Start()
    {
        _directory = StateDirectory.Open(StatePath, "app", _ => null, StateAccount.Current(), NullLogger.Instance, Time);
        var freezer = new ResultFreezer(new Redactor());
        return new Silences(() => Rules, _directory, new MaintenanceFile(Report, freezer, Time), _flusher, freezer, Time, NullLogger.Instance);
    }
}
