using System.Collections;
using System.Collections.ObjectModel;
using System.Globalization;

namespace HealthKit;

/// <summary>
/// Freezes one result's data. What one result may keep is bounded as a whole: a map that holds itself, or a million entries, costs no
/// more than any other.
/// </summary>
internal sealed class DataFreezer(ResultFreezer freezer)
{
    private const int MaxValues = 10_000;
    private const int MaxCharacters = 256 * 1024;
    private const int MaxDepth = 4;
    private const string Cut = "… (cut)";

    private int _values;
    private int _characters;

    private bool IsFull => _values >= MaxValues || _characters >= MaxCharacters;

    public ReadOnlyDictionary<string, object?> Freeze(IEnumerable<KeyValuePair<string, object>> data) =>
        data is IReadOnlyCollection<KeyValuePair<string, object>> { Count: 0 } ? ReadOnlyDictionary<string, object?>.Empty : Map(data, depth: 0);

    // The entries of "items" are named after things, such as the queue "password-mails". A map is judged by its members, as what it is named after
    // may be a thing too; in one that is named as a secret is, the texts are secrets.
    private ReadOnlyDictionary<string, object?> Map(IEnumerable<KeyValuePair<string, object>> entries, int depth, bool areItems = false, bool areSecrets = false)
    {
        var map = new Dictionary<string, object?>();
        try
        {
            foreach (var (key, value) in entries)
            {
                if (IsFull)
                {
                    map["cut"] = Cut;
                    break;
                }

                if (value is IEnumerable<KeyValuePair<string, object>> or IDictionary)
                {
                    map[Text(key)] = Value(value, depth, depth == 0 && key == "items", !areItems && (areSecrets || Redactor.HoldsSecrets(key)));
                }
                else
                {
                    map[Text(key)] = Redactor.HidesWhole(key, value) || (areSecrets && Redactor.IsHeldSecret(value)) ? Count(Redactor.Marker) : Value(value, depth);
                }
            }
        }
        catch (Exception e)
        {
            // The check's own collection failed while it was read, most often because it still changes: the rest of the result stands.
            map["dataError"] = freezer.Describe(e).Message;
        }

        return map.AsReadOnly();
    }

    private ReadOnlyCollection<object?> List(ICollection items, int depth)
    {
        var list = new List<object?>();
        try
        {
            foreach (var item in items)
            {
                if (IsFull)
                {
                    list.Add(Cut);
                    break;
                }

                list.Add(Value(item, depth));
            }
        }
        catch (Exception e)
        {
            list.Add(freezer.Describe(e).Message);
        }

        return list.AsReadOnly();
    }

    private object? Value(object? value, int depth, bool areItems = false, bool areSecrets = false)
    {
        _values++;
        return value switch
        {
            null => null,
            string text => Text(text),
            bool or long or double or decimal or DateTimeOffset or TimeSpan => value,
            int number => (long)number,
            uint or short or ushort or byte or sbyte => Convert.ToInt64(value, CultureInfo.InvariantCulture),
            ulong number => number <= long.MaxValue ? (long)number : (decimal)number,
            float number => (double)number,
            DateTime { Kind: not DateTimeKind.Unspecified } time => new DateTimeOffset(time),
            DateTime time => time.ToString("s", CultureInfo.InvariantCulture),
            IEnumerable<KeyValuePair<string, object>> map when depth < MaxDepth => Map(map, depth + 1, areItems, areSecrets),
            IDictionary map when depth < MaxDepth => Map(Entries(map), depth + 1, areItems, areSecrets),
            ICollection list when depth < MaxDepth => List(list, depth + 1),
            IFormattable formattable => Text(ResultFreezer.Guarded(formattable, static f => f.ToString(null, CultureInfo.InvariantCulture))),
            _ => Text(ResultFreezer.Guarded(value, static v => v.ToString() ?? string.Empty)),
        };
    }

    private string Text(string text) => Count(freezer.Text(text));

    private string Count(string text)
    {
        _values++;
        _characters += text.Length;
        return text;
    }

    private static IEnumerable<KeyValuePair<string, object>> Entries(IDictionary map)
    {
        foreach (DictionaryEntry entry in map)
        {
            yield return new(ResultFreezer.Guarded(entry.Key, static k => k.ToString() ?? string.Empty), entry.Value!);
        }
    }
}
