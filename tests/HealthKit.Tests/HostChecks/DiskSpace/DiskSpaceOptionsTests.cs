using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace HealthKit.Tests.HostChecks.DiskSpace;

public class DiskSpaceOptionsTests
{
    [Fact]
    public void A_percentage_above_100_names_path_value_and_range()
    {
        Assert.Equal(
            ["HealthKit:Checks:tiny:UnhealthyBelowFreePercent = 101; allowed: a number from 0 to 100 (percent)"],
            Errors(("Path", "/"), ("UnhealthyBelowFreePercent", "101")));
    }

    [Fact]
    public void Degraded_beyond_unhealthy_is_an_error()
    {
        Assert.Equal(
            [
                "HealthKit:Checks:tiny:DegradedBelowFreePercent = 4; allowed: a number from 5 to 100 (percent), not below UnhealthyBelowFreePercent (5 %)",
                "HealthKit:Checks:tiny:DegradedBelowFreeBytes = 1; allowed: a whole number of 1024 or more (bytes), not below UnhealthyBelowFreeBytes (1 KiB)",
                "HealthKit:Checks:tiny:UnhealthyBelowFreeInodesPercent = -1; allowed: a number from 0 to 100 (percent)",
            ],
            Errors(
                ("Path", "/"),
                ("DegradedBelowFreePercent", "4"),
                ("UnhealthyBelowFreePercent", "5"),
                ("DegradedBelowFreeBytes", "1"),
                ("UnhealthyBelowFreeBytes", "1024"),
                ("UnhealthyBelowFreeInodesPercent", "-1")));
    }

    [Fact]
    public void A_path_is_needed_and_must_be_absolute()
    {
        Assert.Equal(
            ["HealthKit:Checks:tiny:Path is missing; allowed: an absolute path such as /var/log/app, or several as Paths"],
            Errors(("UnhealthyBelowFreePercent", "5")));
        Assert.Equal(
            [
                "HealthKit:Checks:tiny:Path = 'logs'; allowed: an absolute path such as /var/log/app",
                "HealthKit:Checks:tiny:Paths = 'data'; allowed: an absolute path such as /var/log/app",
            ],
            Errors(("Path", "logs"), ("Paths:0", "/"), ("Paths:1", "data")));
    }

    [Fact]
    public void One_path_several_or_both_can_be_configured()
    {
        Assert.Equal(["/"], Paths(("Path", "/")));
        Assert.Equal(["/data"], Paths(("Paths", "/data")));
        Assert.Equal(["/", "/data", "/srv"], Paths(("Path", "/"), ("Paths:0", "/data"), ("Paths:1", "/srv"), ("Paths:2", "/data")));
    }

    [Theory]
    [InlineData("/", "disk")]
    [InlineData("/var/log/app", "disk_var_log_app")]
    [InlineData("/var/log/", "disk_var_log")]
    [InlineData("/mnt/my-disk 2", "disk_mnt_my_disk_2")]
    [InlineData(@"C:\data", "disk_C_data")]
    public void The_name_follows_the_path(string path, string name)
    {
        Assert.Equal(name, PathRules.CheckName("disk", path));
        Assert.Equal("disk", Registrations(builder => builder.AddDiskSpaceCheck("/")).Single().Name);
    }

    [Fact]
    public void What_the_registration_says_is_kept()
    {
        var registration = Registrations(builder => builder.AddDiskSpaceCheck(
            ["/", "/tmp"], name: "my_disks", failureStatus: HealthStatus.Degraded, tags: ["ready"], timeout: TimeSpan.FromSeconds(3))).Single();

        Assert.Equal("my_disks", registration.Name);
        Assert.Equal(HealthStatus.Degraded, registration.FailureStatus);
        Assert.Equal(["ready"], registration.Tags);
        Assert.Equal(TimeSpan.FromSeconds(3), registration.Timeout);
    }

    [Fact]
    public async Task Without_a_monitor_it_runs_and_bad_options_are_rejected_all_the_same()
    {
        await using var good = new ServiceCollection().AddLogging().AddHealthChecks().AddDiskSpaceCheck("/").Services.BuildServiceProvider();
        var report = await good.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Contains("freeBytes", report.Entries["disk"].Data.Keys);

        await using var bad = new ServiceCollection().AddLogging().AddHealthChecks()
            .AddDiskSpaceCheck("/", options => options.UnhealthyBelowFreePercent = 101).Services.BuildServiceProvider();
        var error = Assert.ThrowsAny<OptionsValidationException>(() => bad.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value);
        Assert.Contains("UnhealthyBelowFreePercent = 101; allowed: a number from 0 to 100 (percent)", error.Message, StringComparison.Ordinal);
    }

    private static ICollection<HealthCheckRegistration> Registrations(Action<IHealthChecksBuilder> add)
    {
        var services = new ServiceCollection();
        add(services.AddHealthChecks());
        return services.BuildServiceProvider().GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations;
    }

    private static (DiskSpaceOptions Options, List<string> Errors) Build((string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create("HealthKit:Checks:tiny:" + s.Key, (string?)s.Value)))
            .Build();
        List<string> errors = [];
        var options = (DiskSpaceOptions)DiskSpaceCheck.Type.Declare().BuildOptions("tiny", configuration.GetSection("HealthKit:Checks:tiny"), new ServiceCollection().BuildServiceProvider(), errors);
        return (options, errors);
    }

    private static List<string> Errors(params (string, string)[] settings) => Build(settings).Errors;

    private static IEnumerable<string> Paths(params (string, string)[] settings)
    {
        var (options, errors) = Build(settings);
        Assert.Empty(errors);
        return new DiskSpaceLimits(options).Paths.Select(path => path.Path);
    }
}
