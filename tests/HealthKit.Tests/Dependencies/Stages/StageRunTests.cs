using HealthKit.Tests.Support;

namespace HealthKit.Tests.Dependencies;

public class StageRunTests
{
    private static readonly Network Network = new(TimeProvider.System);

    public static TheoryData<string> All => [.. Enum.GetNames<Stage>()];

    [Theory]
    [MemberData(nameof(All))]
    public async Task The_deadline_holds_at_every_stage_even_where_work_ignores_its_token(string name)
    {
        var stage = Enum.Parse<Stage>(name);
        var never = new TaskCompletionSource<int>();
        var time = new ManualTime();
        using var run = new StageRun(new Network(time), TimeSpan.FromMilliseconds(100), CancellationToken.None);
        run.Detail = "somebody";
        var work = run.DoAsync(stage, _ => never.Task);
        time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.False(work.IsCompleted);

        time.Advance(TimeSpan.FromMilliseconds(1));
        var error = await Assert.ThrowsAsync<StageException>(() => work.WaitAsync(TimeSpan.FromSeconds(20)));

        Assert.Equal((stage, stage.Prefix() + ".timeout"), (error.Stage, error.Reason));
        Assert.Equal("no answer within 100 ms, 100 ms of it in this stage (somebody)", error.Message);
        Assert.Null(run.Reached);
        Assert.Null(run.TimeOf(stage));
    }

    [Fact]
    public async Task There_is_one_deadline_for_all_stages()
    {
        var never = new TaskCompletionSource<int>();
        var time = new ManualTime();
        using var run = new StageRun(new Network(time), TimeSpan.FromSeconds(3), CancellationToken.None);
        await run.DoAsync(Stage.Resolve, _ => Take(time, 1.2));
        var work = run.DoAsync(Stage.Connect, _ => never.Task);

        time.Advance(TimeSpan.FromSeconds(1.8));
        var error = await Assert.ThrowsAsync<StageException>(() => work.WaitAsync(TimeSpan.FromSeconds(20)));

        Assert.Equal("tcp.timeout", error.Reason);
        Assert.Equal(Stage.Resolve, run.Reached);
        Assert.Equal("no answer within 3 s, 1.8 s of it in this stage", error.Message);
    }

    [Fact]
    public async Task An_end_from_outside_is_no_timeout()
    {
        using var end = new CancellationTokenSource();
        using var run = new StageRun(Network, TimeSpan.FromSeconds(20), end.Token);
        var work = run.DoAsync(Stage.Use, _ => new TaskCompletionSource().Task);

        await end.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task The_times_of_a_stages_parts_add_up()
    {
        var time = new ManualTime();
        using var run = new StageRun(new Network(time), TimeSpan.FromSeconds(20), CancellationToken.None);

        await run.DoAsync(Stage.Use, _ => Take(time, 1.5));
        await run.DoAsync(Stage.Use, _ => Take(time, 2));

        Assert.Equal(TimeSpan.FromSeconds(3.5), run.TimeOf(Stage.Use));
        Assert.Null(run.TimeOf(Stage.Connect));
    }

    [Fact]
    public void What_stages_open_is_closed_in_reverse_order_and_what_comes_later_at_once()
    {
        List<string> closed = [];
        var run = new StageRun(Network, TimeSpan.FromSeconds(20), CancellationToken.None);
        run.Own(new Closing(() => closed.Add("socket")));
        run.Own(new Closing(() => closed.Add("stream")));
        Assert.Empty(closed);

        run.Dispose();
        Assert.Equal(["stream", "socket"], closed);

        run.Own(new Closing(() => closed.Add("late")));
        Assert.Equal(["stream", "socket", "late"], closed);
    }

    [Fact]
    public async Task Work_that_fails_after_it_was_left_is_nobodys_unobserved_exception()
    {
        var seen = 0;
        void Count(object? sender, UnobservedTaskExceptionEventArgs e)
        {
            if (e.Exception.ToString().Contains(nameof(StageRunTests), StringComparison.Ordinal))
            {
                Interlocked.Increment(ref seen);
            }
        }

        TaskScheduler.UnobservedTaskException += Count;
        try
        {
            await LeaveAsync();
            for (var i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            Assert.Equal(0, seen);
        }
        finally
        {
            TaskScheduler.UnobservedTaskException -= Count;
        }

        static async Task LeaveAsync()
        {
            var late = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
            using var run = new StageRun(Network, TimeSpan.FromMilliseconds(30), CancellationToken.None);
            await Assert.ThrowsAsync<StageException>(() => run.DoAsync(Stage.Use, _ => late.Task));
            late.SetException(new InvalidOperationException(nameof(StageRunTests)));
        }
    }

    private static Task Take(ManualTime time, double seconds)
    {
        time.Advance(TimeSpan.FromSeconds(seconds));
        return Task.CompletedTask;
    }

    private sealed class Closing(Action close) : IDisposable
    {
        public void Dispose() => close();
    }
}
