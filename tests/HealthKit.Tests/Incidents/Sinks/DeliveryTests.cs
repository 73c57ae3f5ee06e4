using HealthKit.Tests.Support;

namespace HealthKit.Tests.Incidents.Sinks;

public sealed class DeliveryTests : IDisposable
{
    private readonly DeliveryBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public async Task Messages_arrive_in_order_one_at_a_time()
    {
        var sink = new ScriptedSink
        {
            Send = async (_, _) =>
            {
                await Task.Yield();
                return SinkResult.Delivered;
            },
        };
        var delivery = _bench.Start(("a", sink));

        for (var i = 0; i < 200; i++)
        {
            delivery.Enqueue(DeliveryMessages.Of(i));
        }

        await Wait.For(() => sink.Delivered.Count == 200);
        Assert.Equal(DeliveryMessages.Ids(0, 200), sink.DeliveredIds);
        Assert.False(sink.WasCalledTwiceAtOnce);
        await Wait.For(() => delivery.States[0] is { Delivered: 200, Waiting: 0, Problem: null });
    }

    [Fact]
    public async Task Failures_are_repeated_ever_less_often_up_to_five_minutes()
    {
        var sink = new ScriptedSink { Send = (_, _) => Task.FromResult(SinkResult.Retry("HTTP 503")) };
        var delivery = _bench.Start(("a", sink));
        delivery.Enqueue(DeliveryMessages.Of(1));

        var attempts = 1;
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300 })
        {
            await Attempts(sink, attempts++);
            await Idle(delivery);
            _bench.Time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
            Assert.Equal(attempts - 1, sink.Attempts.Count);
            _bench.Time.Advance(TimeSpan.FromTicks(1));
        }

        await Attempts(sink, attempts);
        var state = Assert.Single(delivery.States);
        Assert.Equal(("HTTP 503", 1, DeliveryMessages.Start), (state.Problem, state.Waiting, state.FailingSince));
        Assert.Single(_bench.Log.Lines, line => line.Contains("does not deliver", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(90, 90)]
    [InlineData(0.5, 1)]
    [InlineData(-5, 1)]
    [InlineData(86_400, 3_600)]
    public async Task The_receiver_may_ask_to_be_left_alone_for_longer_but_an_hour_at_most(double asked, double waits)
    {
        var sink = new ScriptedSink { Send = (_, _) => Task.FromResult(SinkResult.Retry("HTTP 429", TimeSpan.FromSeconds(asked))) };
        var delivery = _bench.Start(("a", sink));
        delivery.Enqueue(DeliveryMessages.Of(1));
        await Attempts(sink, 1);
        await Idle(delivery);
        delivery.Enqueue(DeliveryMessages.Of(2)); // news changes nothing for who asked

        _bench.Time.Advance(TimeSpan.FromSeconds(waits) - TimeSpan.FromTicks(1));
        await Idle(delivery);
        Assert.Single(sink.Attempts);
        _bench.Time.Advance(TimeSpan.FromTicks(1));
        await Attempts(sink, 2);
    }

    [Fact]
    public async Task News_is_tried_half_a_minute_after_the_last_attempt()
    {
        var sink = new ScriptedSink { Send = (_, _) => Task.FromResult(SinkResult.Retry("HTTP 503")) };
        var delivery = _bench.Start(("a", sink));
        delivery.Enqueue(DeliveryMessages.Of(1));
        for (var attempts = 1; attempts < 10; attempts++)
        {
            await Attempts(sink, attempts);
            await Idle(delivery);
            _bench.Time.Advance(TimeSpan.FromSeconds(Math.Min(300, Math.Pow(2, attempts - 1))));
        }

        await Attempts(sink, 10);
        await Idle(delivery);
        _bench.Time.Advance(TimeSpan.FromSeconds(29));
        delivery.Enqueue(DeliveryMessages.Of(2));
        await Idle(delivery);
        Assert.Equal(10, sink.Attempts.Count);
        _bench.Time.Advance(TimeSpan.FromSeconds(1));
        await Attempts(sink, 11);
        Assert.Equal(DeliveryMessages.Of(1).Id, sink.Attempts.Last().Id);
    }

    [Fact]
    public async Task After_a_receiver_was_down_for_an_hour_all_arrive_in_order_exactly_once()
    {
        var up = false;
        var sink = new ScriptedSink
        {
            Send = (_, _) => up ? Task.FromResult(SinkResult.Delivered) : Task.FromException<SinkResult>(new HttpRequestException("Connection refused")),
        };
        var other = new ScriptedSink();
        var delivery = _bench.Start(("a", sink), ("b", other));

        for (var minute = 0; minute < 60; minute++)
        {
            delivery.Enqueue(DeliveryMessages.Of(minute));
            await Idle(delivery);
            _bench.Time.Advance(TimeSpan.FromMinutes(1));
        }

        await Wait.For(() => other.Delivered.Count == 60);
        Assert.Empty(sink.Delivered);
        var down = delivery.States[0];
        Assert.Equal((60, DeliveryMessages.Start), (down.Waiting, down.FailingSince));
        Assert.Contains("Connection refused", down.Problem, StringComparison.Ordinal);

        Volatile.Write(ref up, true);
        await Idle(delivery);
        _bench.Time.Advance(SinkWorker.LastBackOff);
        await Wait.For(() => sink.Delivered.Count == 60);
        await Wait.For(() => delivery.States[0] is { Waiting: 0, Delivered: 60, Problem: null, FailingSince: null });
        Assert.Equal(DeliveryMessages.Ids(0, 60), sink.DeliveredIds);
        Assert.False(sink.WasCalledTwiceAtOnce);
        Assert.InRange(sink.Attempts.Count, 61, 60 + 130);
    }

    [Fact]
    public async Task What_a_receiver_rejects_is_given_up_and_the_next_goes_on()
    {
        var sink = new ScriptedSink
        {
            Send = (message, _) => Task.FromResult(message.Id == DeliveryMessages.Of(1).Id ? SinkResult.Rejected("HTTP 400") : SinkResult.Delivered),
        };
        var delivery = _bench.Start(("a", sink));
        delivery.Enqueue(DeliveryMessages.Of(1));
        delivery.Enqueue(DeliveryMessages.Of(2));

        await Wait.For(() => sink.Delivered.Count == 1);
        await Wait.For(() => delivery.States[0] is { Waiting: 0, Delivered: 1, Dropped: 1, Problem: null });
        Assert.Equal(1, delivery.Find("A")!.RejectedInHour);
        Assert.Single(_bench.Log.Lines, line => line.Contains("HTTP 400", StringComparison.Ordinal));
        _bench.Time.Advance(TimeSpan.FromMinutes(61));
        Assert.Equal(0, delivery.Find("A")!.RejectedInHour);
    }

    [Fact]
    public async Task An_attempt_is_cancelled_after_30_s_and_repeated()
    {
        var sink = new ScriptedSink();
        sink.Send = async (_, token) =>
        {
            if (sink.Attempts.Count == 1)
            {
                await Task.Delay(Timeout.Infinite, token);
            }

            return SinkResult.Delivered;
        };
        var delivery = _bench.Start(("a", sink));
        delivery.Enqueue(DeliveryMessages.Of(1));
        await Attempts(sink, 1);
        await Idle(delivery);

        _bench.Time.Advance(SinkWorker.AttemptLimit);
        await Wait.For(() => delivery.States[0].Problem is not null);
        Assert.Contains("30 s", delivery.States[0].Problem, StringComparison.Ordinal);
        await Idle(delivery);
        _bench.Time.Advance(TimeSpan.FromSeconds(1));
        await Wait.For(() => sink.Delivered.Count == 1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_sink_that_never_comes_back_holds_up_only_itself_and_shows(bool blocksItsThread)
    {
        using var free = new ManualResetEventSlim();
        var end = new TaskCompletionSource<SinkResult>();
        var stuck = new ScriptedSink
        {
            Send = (_, _) =>
            {
                if (blocksItsThread)
                {
                    free.Wait(CancellationToken.None);
                    return Task.FromResult(SinkResult.Delivered);
                }

                return end.Task;
            },
        };
        var other = new ScriptedSink();
        var delivery = _bench.Start(("stuck", stuck), ("other", other));
        try
        {
            for (var i = 0; i < 20; i++)
            {
                delivery.Enqueue(DeliveryMessages.Of(i));
            }

            await Attempts(stuck, 1);
            await Wait.For(() => other.Delivered.Count == 20);
            _bench.Time.Advance(SinkWorker.StuckAfter + TimeSpan.FromSeconds(1));
            await Wait.For(() => delivery.States[0].Problem is not null);
            var report = delivery.Find("stuck")!;
            Assert.Equal(DeliveryMessages.Start, report.StuckSince);
            Assert.Equal(20, report.Waiting);
            Assert.Null(delivery.Find("other")!.StuckSince);
            delivery.Enqueue(DeliveryMessages.Of(99));
            await Wait.For(() => other.Delivered.Count == 21);
            Assert.Single(stuck.Attempts);
        }
        finally
        {
            free.Set();
            end.TrySetResult(SinkResult.Delivered);
        }

        // What it ends with after all counts.
        await Wait.For(() => delivery.States[0] is { Waiting: 0, Problem: null });
        Assert.Equal(21, stuck.Attempts.Count);
        Assert.Null(delivery.Find("stuck")!.StuckSince);
    }

    [Fact]
    public async Task Exceptions_nothings_and_texts_of_a_sink_are_redacted_problems()
    {
        _bench.Redactor.AddSecret("s3cr3t-token");
        var sink = new ScriptedSink { Send = (_, _) => throw new InvalidOperationException("no s3cr3t-token") };
        var delivery = _bench.Start(("a", sink));
        delivery.Enqueue(DeliveryMessages.Of(1));
        await Wait.For(() => delivery.States[0].Problem is not null);
        Assert.Equal("System.InvalidOperationException: no ***", delivery.States[0].Problem);

        sink.Send = (_, _) => Task.FromResult<SinkResult>(null!);
        _bench.Time.Advance(TimeSpan.FromSeconds(1));
        await Wait.For(() => delivery.States[0].Problem!.Contains("no result", StringComparison.Ordinal));

        await Idle(delivery);
        sink.Send = (_, _) => Task.FromResult(SinkResult.Retry("at s3cr3t-token"));
        _bench.Time.Advance(TimeSpan.FromSeconds(2));
        await Wait.For(() => delivery.States[0].Problem == "at ***");
        Assert.DoesNotContain(_bench.Log.Lines, line => line.Contains("s3cr3t", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_sink_that_cannot_be_made_is_tried_again_and_the_others_go_on()
    {
        var (sink, other) = (new ScriptedSink(), new ScriptedSink());
        var tries = 0;
        var delivery = _bench.Build(
            new SinkDefinition("a", "Scripted", new SinkPolicy(), _ => ++tries < 3 ? throw new IOException("no certificate") : sink),
            new SinkDefinition("b", "Scripted", new SinkPolicy(), _ => other));
        delivery.Start();
        delivery.Enqueue(DeliveryMessages.Of(1));

        await Wait.For(() => other.Delivered.Count == 1);
        await Wait.For(() => delivery.States[0].Problem?.Contains("no certificate", StringComparison.Ordinal) == true);
        await Idle(delivery);
        _bench.Time.Advance(TimeSpan.FromSeconds(1));
        await Wait.For(() => sink.Delivered.Count == 1);
    }

    [Fact]
    public async Task A_test_message_goes_through_every_sink_past_filters_and_back_off_and_each_is_reported()
    {
        using var free = new ManualResetEventSlim();
        var down = new ScriptedSink { Send = (_, _) => Task.FromResult(SinkResult.Retry("HTTP 503")) };
        var stuck = new ScriptedSink
        {
            Send = (_, _) =>
            {
                free.Wait(CancellationToken.None);
                return Task.FromResult(SinkResult.Delivered);
            },
        };
        var picky = new ScriptedSink();
        var delivery = _bench.Build(
            new SinkDefinition("down", "Scripted", new SinkPolicy(), _ => down),
            new SinkDefinition("stuck", "Scripted", new SinkPolicy(), _ => stuck),
            new SinkDefinition("picky", "Scripted", new SinkPolicy { Checks = ["other"] }, _ => picky),
            new SinkDefinition("off", "Scripted", new SinkPolicy { Enabled = false }, _ => throw new InvalidOperationException()));
        delivery.Start();
        try
        {
            delivery.Enqueue(DeliveryMessages.Of(1));
            await Wait.For(() => down.Attempts.Count == 1 && stuck.Attempts.Count == 1);

            var test = delivery.TestAsync(DeliveryMessages.Of(2, kind: IncidentMessageKind.Test), CancellationToken.None);
            await Wait.For(() => down.Attempts.Count == 2 && picky.Delivered.Count == 1);
            await Wait.For(() => delivery.Workers[0].SleepsForAWhile && delivery.Workers[2].Sleeps);
            Assert.False(test.IsCompleted);
            _bench.Time.Advance(SinkWorker.AttemptLimit);
            var results = await test.WaitAsync(TimeSpan.FromSeconds(20));

            Assert.Equal(["down", "stuck", "picky"], results.Select(result => result.Sink));
            Assert.Equal([SinkOutcome.Retry, SinkOutcome.Retry, SinkOutcome.Delivered], results.Select(result => result.Outcome));
            Assert.Equal("HTTP 503", results[0].Problem);
            Assert.Contains("busy", results[1].Problem, StringComparison.Ordinal);
            Assert.Equal(SinkWorker.AttemptLimit, results[1].Duration);
            Assert.Null(results[2].Problem);
        }
        finally
        {
            free.Set();
        }

        await Wait.For(() => stuck.Delivered.Count == 1);
    }

    [Fact]
    public async Task A_test_that_arrives_ends_the_back_off()
    {
        var up = false;
        var sink = new ScriptedSink { Send = (_, _) => Task.FromResult(up ? SinkResult.Delivered : SinkResult.Retry("HTTP 503", TimeSpan.FromHours(1))) };
        var delivery = _bench.Start(("a", sink));
        delivery.Enqueue(DeliveryMessages.Of(1));
        await Attempts(sink, 1);
        await Wait.For(() => delivery.States[0].Problem is not null);

        up = true;
        Assert.Equal(SinkOutcome.Delivered, (await delivery.TestAsync(DeliveryMessages.Of(2, kind: IncidentMessageKind.Test), CancellationToken.None))[0].Outcome);
        await Wait.For(() => sink.Delivered.Count == 2);
    }

    [Fact]
    public async Task Stopping_delivers_what_it_can_and_keeps_the_rest()
    {
        var gate = new TaskCompletionSource();
        var sink = new ScriptedSink
        {
            Send = async (_, _) =>
            {
                await gate.Task;
                return SinkResult.Delivered;
            },
        };
        var down = new ScriptedSink { Send = (_, _) => Task.FromResult(SinkResult.Retry("HTTP 503")) };
        var delivery = _bench.Start(("a", sink), ("b", down));
        for (var i = 0; i < 10; i++)
        {
            delivery.Enqueue(DeliveryMessages.Of(i));
        }

        await Wait.For(() => sink.Attempts.Count == 1 && down.Attempts.Count == 1);
        await Wait.For(() => delivery.States[1].Problem is not null);
        var stop = Task.Run(() => delivery.Stop(TimeSpan.FromSeconds(20)));
        gate.SetResult();
        await stop.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(10, sink.Delivered.Count);
        Assert.Equal(2, down.Attempts.Count); // one last try
        down.Send = (_, _) => Task.FromResult(SinkResult.Delivered);
        _bench.Start(("a", sink), ("b", down));
        await Wait.For(() => down.Delivered.Count == 10);
        Assert.Equal(DeliveryMessages.Ids(0, 10), down.DeliveredIds);
        Assert.Equal(10, sink.Delivered.Count);
    }

    [Fact]
    public async Task Stopping_waits_no_longer_than_it_may_for_a_sink_that_never_ends()
    {
        var sink = new ScriptedSink { Send = (_, _) => new TaskCompletionSource<SinkResult>().Task };
        var delivery = _bench.Start(("a", sink));
        delivery.Enqueue(DeliveryMessages.Of(1));
        await Attempts(sink, 1);

        await Task.Run(() => delivery.Stop(TimeSpan.FromMilliseconds(50))).WaitAsync(TimeSpan.FromSeconds(10));

        var again = new ScriptedSink();
        _bench.Start(("a", again));
        await Wait.For(() => again.Delivered.Count == 1);
    }

    [Fact]
    public async Task Messages_before_the_start_wait_for_it_behind_those_of_the_run_before()
    {
        var first = new ScriptedSink { Send = (_, _) => Task.FromResult(SinkResult.Retry("down")) };
        var before = _bench.Start(("a", first));
        before.Enqueue(DeliveryMessages.Of(1));
        before.Stop(TimeSpan.FromSeconds(5));

        var sink = new ScriptedSink();
        var delivery = _bench.Build(("a", sink));
        delivery.Enqueue(DeliveryMessages.Of(2));
        delivery.EnqueueMissing(DeliveryMessages.Of(1));
        Assert.Equal(2, delivery.States[0].Waiting);
        delivery.Start();
        await Wait.For(() => delivery.States[0] is { Waiting: 0, Delivered: 2 });
        Assert.Equal(DeliveryMessages.Ids(1, 2), sink.DeliveredIds);
    }

    [Fact]
    public void Nothing_is_opened_or_made_before_the_start()
    {
        var delivery = _bench.Build(new SinkDefinition("a", "Scripted", new SinkPolicy(), _ => throw new InvalidOperationException()));
        Assert.Empty(_bench.Disks);
        Assert.Equal(new SinkState { Name = "a", Type = "Scripted", Waiting = 0, Delivered = 0, Dropped = 0 }, Assert.Single(delivery.States));
    }

    [Fact]
    public async Task Its_own_sinks_are_disposed_with_it_and_the_containers_are_not()
    {
        var (own, foreign) = (new ScriptedSink(), new ScriptedSink());
        var delivery = _bench.Build(
            new SinkDefinition("a", "Scripted", new SinkPolicy(), _ => own), new SinkDefinition("b", "Scripted", new SinkPolicy(), _ => foreign, IsOwned: false));
        delivery.Start();
        await delivery.DisposeAsync();
        Assert.True(own.IsDisposed);
        Assert.False(foreign.IsDisposed);
    }

    /// <summary>Until the first sink's thread waits for a time to come: before that, turning the clock would move that time.</summary>
    private static Task Idle(IncidentDelivery delivery) => Wait.For(() => delivery.Workers[0].SleepsForAWhile);

    private static Task Attempts(ScriptedSink sink, int count) => Wait.For(() => sink.Attempts.Count >= count);
}
