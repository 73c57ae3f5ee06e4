using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests;

public sealed class StateLocationTests
{
    private static readonly StateAccount User = new(
        IsUnixLike: true, IsRoot: false, UserId: 1000, LocalApplicationData: "", TempPath: "/tmp/", DirectoryExists: path => path == "/home/me");

    private static readonly StateAccount Root = User with { IsRoot = true, UserId = 0 };

    [Fact]
    public void The_option_wins_and_is_the_only_place() =>
        Assert.Equal(["/srv/state"], Places("/srv/state/", User, ("STATE_DIRECTORY", "/var/lib/x"), ("HOME", "/home/me")));

    [Fact]
    public void A_folder_in_the_first_of_systemds_directories_comes_next() =>
        Assert.Equal(["/var/lib/a/healthkit"], Places(null, User, ("STATE_DIRECTORY", "/var/lib/a:/var/lib/b"), ("HOME", "/home/me")));

    [Theory]
    [InlineData("")]
    [InlineData("relative")]
    [InlineData(":/var/lib/b")]
    public void A_state_directory_variable_that_is_no_full_path_is_ignored(string value) =>
        Assert.Equal("/home/me/.local/state/healthkit/my_app", Places(null, User, ("STATE_DIRECTORY", value), ("HOME", "/home/me"))[0]);

    [Fact]
    public void A_user_has_it_at_home_and_else_in_a_temp_folder_of_its_own() =>
        Assert.Equal(
            ["/home/me/.local/state/healthkit/my_app", "/tmp/healthkit-1000/my_app"], Places(null, User, ("HOME", "/home/me")));

    [Fact]
    public void Xdg_state_home_comes_before_home() =>
        Assert.Equal("/x/healthkit/my_app", Places(null, User, ("XDG_STATE_HOME", "/x"), ("HOME", "/home/me"))[0]);

    [Theory]
    [InlineData("/nonexistent")]
    [InlineData("relative")]
    [InlineData("")]
    public void A_home_that_is_not_there_is_not_made(string home) =>
        Assert.Equal(["/tmp/healthkit-1000/my_app"], Places(null, User, ("HOME", home), ("XDG_STATE_HOME", "relative")));

    [Fact]
    public void Root_keeps_it_below_var_lib_whoevers_home_is_set() =>
        Assert.Equal(["/var/lib/healthkit/my_app", "/tmp/healthkit-0/my_app"], Places(null, Root, ("HOME", "/home/me"), ("XDG_STATE_HOME", "/x")));

    [Fact]
    public void Elsewhere_the_local_application_data_of_the_user_hold_it() =>
        Assert.Equal(
            "/data/HealthKit/my_app",
            Places(null, User with { IsUnixLike = false, LocalApplicationData = "/data" }, ("HOME", "/home/me"))[0]);

    [Theory]
    [InlineData("My.App-1_x", "My.App-1_x")]
    [InlineData("", "app")]
    [InlineData("..", "_.")]
    [InlineData(".hidden", "_hidden")]
    [InlineData("a/b\\c:d e", "a_b_c_d_e")]
    [InlineData("straße\0", "stra_e_")]
    public void An_application_name_becomes_one_folder_name(string name, string folder) =>
        Assert.Equal(folder, StateLocation.SafeName(name));

    [Fact]
    public void Any_name_becomes_a_harmless_folder_name() =>
        Prop.ForAll<string?>(name =>
        {
            var folder = StateLocation.SafeName(name ?? "");
            Assert.Matches("^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$", folder);
        }).QuickCheckThrowOnFailure();

    private static IReadOnlyList<string> Places(string? configured, StateAccount account, params (string Name, string Value)[] variables) =>
        StateLocation.Candidates(configured, "my app", name => variables.FirstOrDefault(v => v.Name == name).Value, account);
}
