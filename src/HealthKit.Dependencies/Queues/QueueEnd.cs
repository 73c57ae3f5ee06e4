namespace HealthKit;

/// <summary>An end of a list.</summary>
public enum QueueEnd
{
    /// <summary>The last element: producers use LPUSH, consumers RPOP, as Sidekiq and Celery do.</summary>
    Tail,

    /// <summary>The first element: producers use RPUSH, consumers LPOP, as Resque and RQ do.</summary>
    Head,
}
