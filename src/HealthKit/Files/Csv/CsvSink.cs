namespace HealthKit;

/// <summary>Takes what a <see cref="CsvScanner"/> finds.</summary>
internal abstract class CsvSink
{
    /// <summary>Whether the text of fields is wanted. Asked anew for each piece.</summary>
    public virtual bool WantsText => false;

    /// <summary>A piece of the present field's text, without its quotes. A field may have none or many.</summary>
    public virtual void OnText(ReadOnlySpan<byte> text)
    {
    }

    /// <summary>The present field has ended.</summary>
    public virtual void OnField()
    {
    }

    /// <summary>The present record has ended; its last field was told before.</summary>
    public abstract void OnRecord(in CsvRecord record);
}
