namespace HealthKit.Tests.Support;

public class ApprovedTests
{
    [Fact]
    public void The_difference_shows_what_went_and_what_came_and_little_around_it()
    {
        var difference = Approved.Difference("a\nb\nc\nd\ne\nf\ng", "a\nb\nc\nd\nE\nf\ng\nh");

        Assert.Equal("  …\n  c\n  d\n- e\n+ E\n  f\n  g\n+ h\n", difference);
    }

    [Fact]
    public void Texts_that_are_alike_have_no_difference() => Assert.Equal("", Approved.Difference("a\nb", "a\nb"));
}
