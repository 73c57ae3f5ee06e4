namespace HealthKit;

/// <summary>Hides the user information of an address (RFC 3986, section 3.2.1) as a whole: <c>amqp://user:password@host</c>.</summary>
internal sealed record UserInfoRule() : RedactionRule("://")
{
    private static readonly string[] WebSchemes = ["http", "https", "ws", "wss", "ftp", "file"];

    public override Finding Find(ReadOnlySpan<char> text, int hit, ref ScanMemory memory)
    {
        var start = hit + Trigger.Length;
        var end = start < text.Length ? memory.LastAt(text, start) : -1;
        return end < 0 || ValueReader.IsHidden(text, start) || End(text, hit, start, end) is not (> 0 and var userInfo)
            || IsLogin(text[Math.Max(0, hit - 8)..hit], text[start..userInfo])
            ? Finding.Nothing(start)
            : Finding.Hide(text, start, userInfo);
    }

    /// <summary>Where the user information ends; 0 when there is none. People forget to escape <c>@ / : ?</c> in passwords.</summary>
    private static int End(ReadOnlySpan<char> text, int hit, int start, int lastAt)
    {
        var address = text[start..lastAt];
        var authority = address.IndexOfAny('/', '?', '#');
        if (authority < 0)
        {
            return lastAt;
        }

        var head = address[..authority];
        var isWeb = IsWeb(text[Math.Max(0, hit - 8)..hit]);
        if (head.LastIndexOf('@') is >= 0 and var at)
        {
            // "https://user:password@host/invite?mail=a@b": the second belongs to the query.
            return isWeb && address[authority..].ContainsAny('?', '#') ? start + at : lastAt;
        }

        var colon = head.IndexOf(':');
        if (head.StartsWith("[") || (isWeb && (colon < 0 || IsPort(head[(colon + 1)..]))))
        {
            // "https://host:8080/@user"
            return 0;
        }

        return address.Contains(':') ? lastAt : 0;
    }

    /// <summary><c>ssh://git@github.com</c>: with a key, a name alone is no secret; in a web address it may be a token.</summary>
    private static bool IsLogin(ReadOnlySpan<char> before, ReadOnlySpan<char> userInfo) =>
        before[Words.WithoutLast(before).Length..] is "ssh" or "sftp" && !userInfo.ContainsAny(':', '@', '/');

    private static bool IsPort(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExceptInRange('0', '9');

    private static bool IsWeb(ReadOnlySpan<char> before)
    {
        var scheme = before[Words.WithoutLast(before).Length..];
        foreach (var web in WebSchemes)
        {
            if (scheme.Equals(web, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
