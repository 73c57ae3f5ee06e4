using HealthKit.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace HealthKit.Tests.Logs;

public class LogFileOptionsTests
{
    [Theory]
    [InlineData("Path", "app.log", "Path = 'app.log'; allowed: an absolute path such as /var/log/app.log, in which * and ? may stand for any characters and for one")]
    [InlineData("Path", "/var/log/**/x.log", "Path = '/var/log/**/x.log'; allowed: one * a name: it does not go down into directories")]
    [InlineData("RotatedEvery", "00:00:00", "RotatedEvery = 00:00:00; allowed: a time above zero, as 1.02:00:00 for 26 hours")]
    [InlineData("TrimToBytes", "2000", "TrimToBytes = 2000; allowed: a whole number from 0 to UnhealthyAboveBytes (1000 B) (bytes)")]
    public async Task A_wrong_value_stops_the_start_with_path_value_and_what_is_allowed(string option, string value, string error)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Checks:job:Type"] = "LogFile",
            ["Checks:job:Path"] = "/var/log/job.log",
            ["Checks:job:UnhealthyAboveBytes"] = "1000",
            [$"Checks:job:{option}"] = value,
        };

        var thrown = await Assert.ThrowsAnyAsync<OptionsValidationException>(
            () => TestHost.Start(_ => { }, [.. settings.Select(setting => (setting.Key, setting.Value))]));

        Assert.Contains($"HealthKit:Checks:job:{error}", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_action_is_refused_with_wildcards()
    {
        var thrown = await Assert.ThrowsAnyAsync<OptionsValidationException>(
            () => TestHost.Start(builder => builder.AddLogFileCheck("/var/log/*.log", options => options.TrimToBytes = 1), []));

        Assert.Contains("TrimToBytes = 1; allowed: nothing beside the wildcards of /var/log/*.log", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_name_follows_the_path()
    {
        var services = new ServiceCollection();
        services.AddHealthChecks().AddLogFileCheck("/var/log/app/job.log");

        Assert.Equal(
            "log_var_log_app_job_log",
            Assert.Single(services.BuildServiceProvider().GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations).Name);
    }
}
