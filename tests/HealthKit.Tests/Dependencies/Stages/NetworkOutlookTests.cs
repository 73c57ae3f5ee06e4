using HealthKit.Tests.Support;

namespace HealthKit.Tests.Dependencies;

public class NetworkOutlookTests
{
    private readonly ShiftedTime _time = new();
    private readonly NetworkOutlook _outlook;
    private readonly object _one = new();
    private readonly object _two = new();
    private readonly object _three = new();

    public NetworkOutlookTests() => _outlook = new NetworkOutlook(_time);

    [Fact]
    public void Two_hosts_that_cannot_be_reached_are_no_way_out_and_one_is_not()
    {
        Assert.Equal(0, _outlook.Tell(_one, "one.example", Stage.Connect, Stage.Resolve));
        Assert.Equal(2, _outlook.Tell(_two, "two.example", Stage.Connect, Stage.Resolve));
        Assert.Equal(2, _outlook.Tell(_one, "one.example", Stage.Connect, Stage.Resolve));
    }

    [Fact]
    public void Two_checks_of_one_host_are_one_host()
    {
        _outlook.Tell(_one, "one.example", Stage.Connect, Stage.Resolve);

        Assert.Equal(0, _outlook.Tell(_two, "ONE.example", Stage.Connect, Stage.Resolve));
    }

    [Fact]
    public void One_that_was_reached_is_the_way_out()
    {
        _outlook.Tell(_one, "one.example", Stage.Connect, Stage.Resolve);
        _outlook.Tell(_two, "two.example", failedAt: null, Stage.Use);

        Assert.Equal(0, _outlook.Tell(_three, "three.example", Stage.Connect, Stage.Resolve));
    }

    [Theory]
    [InlineData(nameof(Stage.Tls))]
    [InlineData(nameof(Stage.Authenticate))]
    [InlineData(nameof(Stage.Use))]
    public void One_that_failed_later_was_reached(string name)
    {
        var stage = Enum.Parse<Stage>(name);
        _outlook.Tell(_one, "one.example", Stage.Connect, Stage.Resolve);

        Assert.Equal(0, _outlook.Tell(_two, "two.example", stage, stage - 1));
        Assert.Equal(0, _outlook.Tell(_three, "three.example", Stage.Connect, Stage.Resolve));
    }

    [Fact]
    public void Names_that_are_not_found_and_addresses_that_do_not_answer_are_told_apart()
    {
        _outlook.Tell(_one, "one.example", Stage.Resolve, reached: null);
        Assert.Equal(0, _outlook.Tell(_two, "192.0.2.2", Stage.Connect, reached: null));
        Assert.Equal(2, _outlook.Tell(_three, "three.example", Stage.Resolve, reached: null));
    }

    [Fact]
    public void A_lookup_that_went_well_says_nothing_about_connections_and_an_address_nothing_about_names()
    {
        _outlook.Tell(_one, "one.example", failedAt: null, Stage.Resolve);
        _outlook.Tell(_two, "two.example", Stage.Connect, Stage.Resolve);
        Assert.Equal(2, _outlook.Tell(_three, "192.0.2.3", Stage.Connect, reached: null));

        _outlook.Tell(_three, "192.0.2.3", failedAt: null, Stage.Connect);
        _outlook.Tell(_one, "one.example", Stage.Resolve, reached: null);
        Assert.Equal(2, _outlook.Tell(_two, "two.example", Stage.Resolve, reached: null));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.8.8")]
    [InlineData("::1")]
    [InlineData("localhost")]
    [InlineData("app.LOCALHOST")]
    public void This_machine_has_no_part_in_it(string host)
    {
        _outlook.Tell(_one, "one.example", Stage.Connect, Stage.Resolve);
        _outlook.Tell(_two, host, failedAt: null, Stage.Use);

        Assert.Equal(2, _outlook.Tell(_three, "three.example", Stage.Connect, Stage.Resolve));
        Assert.Equal(0, _outlook.Tell(_two, host, Stage.Connect, reached: null));
    }

    [Fact]
    public void What_is_old_or_forgotten_says_nothing()
    {
        _outlook.Tell(_one, "one.example", failedAt: null, Stage.Use);
        _outlook.Tell(_two, "two.example", Stage.Connect, Stage.Resolve);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, _outlook.Tell(_three, "three.example", Stage.Connect, Stage.Resolve));

        _outlook.Forget(_one);
        Assert.Equal(2, _outlook.Tell(_three, "three.example", Stage.Connect, Stage.Resolve));

        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.Equal(0, _outlook.Tell(_three, "three.example", Stage.Connect, Stage.Resolve));
    }
}
