using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace HealthKit.Tests.AspNetCore;

public sealed class EndpointSettingsTests
{
    private static EndpointSettings Settings(
        string environment = "Production", Action<HealthKitEndpointOptions>? code = null, params (string Key, string? Value)[] settings)
    {
        var builder = TestApp.Builder(environment: environment, settings: settings);
        if (code is not null)
        {
            builder.Services.Configure(code);
        }

        using var services = builder.Services.BuildServiceProvider();
        return services.GetRequiredService<EndpointSettings>();
    }

    [Fact]
    public void In_production_strangers_see_a_summary_and_the_drain_takes_seven_seconds()
    {
        var settings = Settings();
        Assert.Equal(HealthDetail.Summary, settings.Detail);
        Assert.Equal(TimeSpan.FromSeconds(7), settings.DrainDelay);
        Assert.Equal(200, settings.DegradedStatusCode);
        Assert.Null(settings.ManagementPort);
        Assert.Null(settings.DetailPolicy);
    }

    [Fact]
    public void In_development_everything_is_shown_and_nothing_waits()
    {
        var settings = Settings("Development");
        Assert.Equal(HealthDetail.Full, settings.Detail);
        Assert.Equal(TimeSpan.Zero, settings.DrainDelay);
    }

    [Fact]
    public void What_is_set_wins_over_the_environment_and_configuration_wins_over_code()
    {
        var settings = Settings(
            "Development",
            options =>
            {
                options.AnonymousDetail = HealthDetail.Summary;
                options.DrainDelay = TimeSpan.FromSeconds(1);
                options.DegradedStatusCode = 503;
                options.ManagementPort = 8081;
            },
            ("anonymousDetail", "status"), ("DrainDelay", "00:00:12"), ("ManagementPort", "9090"));
        Assert.Equal(HealthDetail.Status, settings.Detail);
        Assert.Equal(TimeSpan.FromSeconds(12), settings.DrainDelay);
        Assert.Equal(503, settings.DegradedStatusCode);
        Assert.Equal(9090, settings.ManagementPort);
    }

    [Theory]
    [InlineData("AnonymousDetail", "2", "one of Status, Summary, Full")]
    [InlineData("AnonymousDetail", "Everything", "one of Status, Summary, Full")]
    [InlineData("AnonymousDetail", "", "one of Status, Summary, Full")]
    [InlineData("DetailPolicy", " ", "the name of an authorization policy")]
    [InlineData("DegradedStatusCode", "204", "200 to 299 without 204 and 205, or 400 to 599")]
    [InlineData("DegradedStatusCode", "302", "200 to 299 without 204 and 205, or 400 to 599")]
    [InlineData("DegradedStatusCode", "ok", "200 to 299 without 204 and 205, or 400 to 599")]
    [InlineData("ManagementPort", "0", "a port, 1 to 65535")]
    [InlineData("ManagementPort", "65536", "a port, 1 to 65535")]
    [InlineData("DrainDelay", "10", "00:00:00 to 00:10:00")]
    [InlineData("DrainDelay", "0:07", "00:00:00 to 00:10:00")]
    [InlineData("DrainDelay", "-00:00:01", "00:00:00 to 00:10:00")]
    [InlineData("DrainDelay", "00:10:01", "00:00:00 to 00:10:00")]
    public void A_wrong_value_is_refused_with_path_value_and_what_is_allowed(string key, string value, string allowed)
    {
        var error = Assert.ThrowsAny<OptionsValidationException>(() => Settings(settings: (key, value)));
        Assert.Contains($"HealthKit:Endpoints:{key} = '{value}'; allowed: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(allowed, error.Message, StringComparison.Ordinal);
        Assert.False(error.Message.EndsWith('.'), error.Message);
    }

    [Fact]
    public void A_wrong_value_in_code_is_refused_by_its_property()
    {
        var error = Assert.ThrowsAny<OptionsValidationException>(() => Settings(code: options =>
        {
            options.ManagementPort = -1;
            options.AnonymousDetail = (HealthDetail)9;
            options.DetailPolicy = "";
        }));
        Assert.Contains("HealthKitEndpointOptions.ManagementPort = -1; allowed: a port, 1 to 65535", error.Message, StringComparison.Ordinal);
        Assert.Contains("HealthKitEndpointOptions.AnonymousDetail = 9; allowed: one of", error.Message, StringComparison.Ordinal);
        Assert.Contains("HealthKitEndpointOptions.DetailPolicy = ''; allowed:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_value_in_code_does_not_matter_where_configuration_sets_a_good_one() =>
        Assert.Equal(80, Settings(code: options => options.ManagementPort = -1, settings: ("ManagementPort", "80")).ManagementPort);

    [Fact]
    public void An_unknown_key_is_refused_and_the_known_ones_are_listed()
    {
        var error = Assert.ThrowsAny<OptionsValidationException>(() => Settings(settings: ("DrainTime", "00:00:05")));
        Assert.Contains(
            "HealthKit:Endpoints:DrainTime is not a known key; allowed: AnonymousDetail, DetailPolicy, DegradedStatusCode, ManagementPort, DrainDelay",
            error.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_list_is_refused_where_one_value_is_meant()
    {
        var error = Assert.ThrowsAny<OptionsValidationException>(() => Settings(settings: ("ManagementPort:0", "80")));
        Assert.Contains("HealthKit:Endpoints:ManagementPort holds several values", error.Message, StringComparison.Ordinal);
        Assert.False(error.Message.EndsWith('.'), error.Message);
    }

    [Fact]
    public async Task The_app_does_not_start_with_a_wrong_setting_mapped_or_not()
    {
        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(() =>
            TestApp.Start(TestApp.Builder(settings: ("DrainDelay", "7")), app => { }));
        Assert.Contains("HealthKit:Endpoints:DrainDelay = '7'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_shutdown_timeout_grows_by_the_drain()
    {
        var builder = TestApp.Builder();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(20));
        using var services = builder.Services.BuildServiceProvider();
        Assert.Equal(TimeSpan.FromSeconds(27), services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout);
    }

    [Fact]
    public void An_infinite_shutdown_timeout_stays_infinite()
    {
        var builder = TestApp.Builder();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        using var services = builder.Services.BuildServiceProvider();
        Assert.Equal(Timeout.InfiniteTimeSpan, services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout);
    }
}
