using HealthKit.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealthKit.Tests.Sentry;

public sealed class SendQueueTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<string> _taken = [];
    private readonly SendQueue<string> _queue;
    private int _steps;
    private Action _do = () => { };

    public SendQueueTests() => _queue = new SendQueue<string>("a queue under test", 3, Step, TimeProvider.System, new SafeLogger(NullLogger.Instance));

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void The_oldest_goes_where_there_are_too_many_and_nothing_is_taken_after_the_end()
    {
        foreach (var one in new[] { "a", "b", "c" })
        {
            Assert.True(_queue.TryAdd(one, out var isFull));
            Assert.False(isFull);
        }

        Assert.True(_queue.TryAdd("d", out var isFullNow));
        Assert.True(isFullNow);
        Assert.Equal(("b", 3), (_queue.Peek(), _queue.Remove("gone meanwhile")));
        Assert.Equal(2, _queue.Remove(_queue.Peek()!));

        _queue.Stop(Patience);
        Assert.False(_queue.TryAdd("e", out _));
        Assert.Equal(2, _queue.Clear());
        _queue.Begin();
        Assert.False(_queue.IsAwake);
    }

    [Fact]
    public async Task The_thread_begins_with_something_to_do_ends_when_it_is_done_and_begins_again()
    {
        foreach (var one in new[] { "a", "b" })
        {
            Assert.False(_queue.IsAwake);
            Assert.True(_queue.TryAdd(one, out _));
            _queue.Begin();
            await Wait.For(() => !_queue.IsAwake);
        }

        Assert.Equal(["a", "b"], _taken);
    }

    [Fact]
    public async Task A_step_that_throws_ends_neither_the_app_nor_the_thread()
    {
        _do = () =>
        {
            if (_steps == 1)
            {
                throw new InvalidOperationException("The first one fails.");
            }
        };
        Assert.True(_queue.TryAdd("a", out _));
        _queue.Begin();
        await Wait.For(() => !_queue.IsAwake);
        Assert.Equal(["a"], _taken);
    }

    [Fact]
    public async Task What_is_left_at_the_end_is_still_sent()
    {
        using var go = new ManualResetEventSlim();
        _do = () => go.Wait(Patience);
        Assert.True(_queue.TryAdd("a", out _) && _queue.TryAdd("b", out _));
        _queue.Begin();
        await Wait.For(() => Volatile.Read(ref _steps) == 1);
        go.Set();
        _queue.Stop(Patience);
        Assert.Equal(["a", "b"], _taken);
        Assert.False(_queue.Stopped.IsCancellationRequested);
    }

    [Fact]
    public async Task Past_the_patience_what_is_being_sent_is_cancelled()
    {
        _do = () => _queue.Stopped.WaitHandle.WaitOne(Patience);
        Assert.True(_queue.TryAdd("a", out _));
        _queue.Begin();
        await Wait.For(() => Volatile.Read(ref _steps) == 1);
        _queue.Stop(TimeSpan.Zero);
        await Wait.For(() => !_queue.IsAwake);
        Assert.True(_queue.Stopped.IsCancellationRequested);
    }

    [Fact]
    public async Task Where_no_thread_is_to_be_had_that_is_told_once_and_tried_again()
    {
        var log = new LogLines();
        using var logging = LoggerFactory.Create(builder => builder.AddProvider(log));
        var has = false;
        using var queue = new SendQueue<string>(
            "none", 3, Step, TimeProvider.System, new SafeLogger(logging.CreateLogger("test")), (name, work) => has ? OwnThread.TryStart(name, work) : null);
        for (var i = 0; i < 3; i++)
        {
            queue.Begin();
            queue.BeginAgain();
        }

        Assert.Single(log.Lines, line => line.StartsWith("Error 9006", StringComparison.Ordinal));
        has = true;
        queue.BeginAgain();
        await Wait.For(() => Volatile.Read(ref _steps) == 1);
    }

    private bool Step()
    {
        Interlocked.Increment(ref _steps);
        _do();
        if (_queue.Take() is not { } next)
        {
            return !_queue.TryEnd();
        }

        _taken.Add(next);
        return true;
    }
}
