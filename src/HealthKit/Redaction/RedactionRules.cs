using System.Buffers;

namespace HealthKit;

/// <summary>
/// The tables of what <see cref="Redactor"/> hides without being told. To hide one more thing, add one line to
/// <see cref="Names"/> (something that stands before a secret) or to <see cref="Tokens"/> (a secret known by its own beginning).
/// </summary>
internal static class RedactionRules
{
    /// <summary>
    /// Names whose value is a secret. Words apart here may be written together, in camel case, or with <c>- _ .</c> or a blank.
    /// </summary>
    private static readonly NameRule[] Names =
    [
        // name, how it may be dressed, what its value looks like
        new("password", NameDress.Anywhere, ValueShape.WordOrSqlLiteral),
        new("passwd", NameDress.Anywhere, ValueShape.WordOrSqlLiteral),
        new("passphrase", NameDress.Anywhere, ValueShape.Line),
        new("passcode", NameDress.Prefixed),
        new("pwd", NameDress.Prefixed),
        new("pass", NameDress.Word),
        new("psw", NameDress.Word),
        new("secret", NameDress.Prefixed),
        new("token", NameDress.Prefixed),
        new("identified by", NameDress.Word, ValueShape.WordOrSqlLiteral),
        new("access key", NameDress.Prefixed),
        new("account key", NameDress.Prefixed),
        new("api key", NameDress.Prefixed),
        new("app key", NameDress.Word),
        new("auth key", NameDress.Word),
        new("decryption key", NameDress.Prefixed),
        new("encryption key", NameDress.Prefixed),
        new("functions key", NameDress.Word),
        new("license key", NameDress.Prefixed),
        new("master key", NameDress.Prefixed),
        new("private key", NameDress.Prefixed),
        new("sas key", NameDress.Word),
        new("secret key", NameDress.Prefixed),
        new("session key", NameDress.Prefixed),
        new("shared key", NameDress.Prefixed),
        new("signing key", NameDress.Prefixed),
        new("storage key", NameDress.Prefixed),
        new("subscription key", NameDress.Prefixed),
        new("validation key", NameDress.Prefixed),
        new("shared access signature", NameDress.Prefixed),
        new("sig", NameDress.Query),
        new("signature", NameDress.Query),

        // The key of an Azure Functions address, and OAuth's authorization code (RFC 6749, section 4.1.2); elsewhere a code is a cause.
        new("code", NameDress.Parameter),
        new("authorization", NameDress.Prefixed, ValueShape.Header),
        new("cookie", NameDress.Word, ValueShape.Header),
    ];

    /// <summary>Secrets that are known by their first characters: prefix, least length with the prefix, what they are made of.</summary>
    private static readonly TokenRule[] Tokens =
    [
        // AWS: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html ("Understanding unique ID prefixes")
        new("AKIA", 20, TokenAlphabet.UpperCase),
        new("ASIA", 20, TokenAlphabet.UpperCase),
        new("ABIA", 20, TokenAlphabet.UpperCase),
        new("ACCA", 20, TokenAlphabet.UpperCase),

        // GitHub: https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github
        new("ghp_", 20),
        new("gho_", 20),
        new("ghu_", 20),
        new("ghs_", 20),
        new("ghr_", 20),
        new("github_pat_", 24),

        // GitLab: https://docs.gitlab.com/security/tokens/ ("Token prefixes"): of people, of runners, of jobs
        new("glpat-", 20),
        new("glrt-", 20),
        new("glcbt-", 20),
        new("npm_", 30),

        // Slack: https://api.slack.com/concepts/token-types
        new("xoxa-", 14),
        new("xoxb-", 14),
        new("xoxe.", 14, TokenAlphabet.Dotted),
        new("xoxe-", 14),
        new("xoxo-", 14),
        new("xoxp-", 14),
        new("xoxr-", 14),
        new("xoxs-", 14),
        new("xapp-", 14),

        // Google API keys, OAuth access tokens and client secrets
        new("AIza", 30),
        new("ya29.", 20, TokenAlphabet.Dotted),
        new("GOCSPX-", 20),

        // Stripe: https://docs.stripe.com/keys (publishable keys, pk_, are public)
        new("sk_live_", 16),
        new("sk_test_", 16),
        new("rk_live_", 16),
        new("rk_test_", 16),
        new("whsec_", 16),

        // HashiCorp Vault: https://developer.hashicorp.com/vault/docs/concepts/tokens (service, batch, recovery)
        new("hvs.", 24, TokenAlphabet.Dotted),
        new("hvb.", 24, TokenAlphabet.Dotted),
        new("hvr.", 24, TokenAlphabet.Dotted),

        // DigitalOcean: personal, OAuth and refresh tokens
        new("dop_v1_", 24),
        new("doo_v1_", 24),
        new("dor_v1_", 24),

        // PyPI: a macaroon in base64url, whose first bytes are always the same
        new("pypi-AgE", 24),
        new("SG.", 30, TokenAlphabet.Dotted),
        new("sk-", 24),
        new("sntrys_", 24),
        new("sntryu_", 24),
        new("shpat_", 24),
        new("hf_", 37, TokenAlphabet.LettersAndDigits),

        // age's identity, AGE-SECRET-KEY-1… (https://age-encryption.org/v1): a search for "age" would halt at "usage" and "message"
        new("SECRET-KEY-1", 36),

        // Addresses whose path is the secret
        new("hooks.slack.com/", 24, TokenAlphabet.Path, Kept: "hooks.slack.com/"),
        new("discord.com/api/webhooks/", 30, TokenAlphabet.Path, Kept: "discord.com/api/webhooks/"),
        new("discordapp.com/api/webhooks/", 33, TokenAlphabet.Path, Kept: "discordapp.com/api/webhooks/"),
        new("api.telegram.org/bot", 30, TokenAlphabet.Path, Kept: "api.telegram.org/bot"),

        new("webhook.office.com/", 30, TokenAlphabet.Path, Kept: "webhook.office.com/"),
        new("outlook.office.com/webhook/", 40, TokenAlphabet.Path, Kept: "outlook.office.com/webhook/"),
        new("outlook.office365.com/webhook/", 40, TokenAlphabet.Path, Kept: "outlook.office365.com/webhook/"),

        // JSON Web Token (RFC 7519): the base64url of '{"'
        new("eyJ", 20, TokenAlphabet.Dotted, Needs: '.'),
    ];

    private static readonly RedactionRule[] Others =
    [
        new UserInfoRule(),
        new PemRule(),
        new BearerRule(),
        new BasicRule(),
        new OracleRule(),
        new DockerAuthRule("auth\""),
        new DockerAuthRule("auth\\"),

        // Options of one letter mean a password with some programs only.
        new CommandRule(" -p", ["mysql", "mariadb"], IsAttached: true),
        new CommandRule(" -a ", ["redis-cli"]),
        new CommandRule(" -u", ["curl"], IsUserInfo: true),
        new CommandRule(" --user", ["curl"], IsUserInfo: true),
    ];

    /// <summary>
    /// Last words that make of a secret's name the name of something else: <c>passwordRequired</c>, <c>token_type</c>.
    /// </summary>
    private static readonly HashSet<string> HarmlessEndings = new(StringComparer.OrdinalIgnoreCase)
    {
        "age", "algorithm", "at", "attempts", "authentication", "changed", "count", "created", "dir", "directory", "disabled", "enabled",
        "endpoint", "error", "errors", "expiration", "expired", "expires", "expiry", "failed", "failures", "field", "file", "filename",
        "format", "id", "ids", "in", "invalid", "kind", "label", "last", "left", "len", "length", "lifetime", "limit", "max", "message",
        "min", "mode", "name", "path", "policy", "prompt", "provider", "ref", "remaining", "required", "reset", "rotated", "rotation",
        "rules", "seconds", "set", "size", "source", "state", "status", "store", "strength", "timeout", "ttl", "type", "updated", "uri",
        "url", "usage", "used", "valid", "version", "days",
        "bytes", "hours", "latency", "milliseconds", "minutes", "ms", "on", "percent", "second", "until",
    };

    /// <summary>
    /// Values that no one means to keep secret: <c>(using password: YES)</c>, <c>"token": null</c>, <c>password: required</c>.
    /// </summary>
    private static readonly HashSet<string> PlainValues = new(StringComparer.OrdinalIgnoreCase)
    {
        "true", "false", "yes", "no", "null", "nil", "none", "undefined", "unset", "empty", "hidden", "redacted", "required", "missing",
        "invalid", "incorrect", "expired", "wrong", "denied", "|", "|-", ">", ">-",
    };

    private const int LongestPlainValue = 32;

    /// <summary>Words that follow an option's name in prose: "the option --password is required".</summary>
    private static readonly HashSet<string> Prose = new(StringComparer.OrdinalIgnoreCase)
    {
        "a", "an", "and", "are", "argument", "as", "at", "can", "cannot", "failed", "flag", "for", "from", "has", "if", "in", "is", "may",
        "must", "needs", "not", "on", "option", "or", "parameter", "requires", "should", "switch", "the", "to", "was", "when", "with",
    };

    /// <summary>
    /// What several triggers begin with: looked for in their place, since the search takes longer with each text that it looks for.
    /// </summary>
    private static readonly string[] Stems = ["xox", "sk_", "rk_", "sntry", "discord", "outlook.office", "pass", "auth"];

    private static readonly RedactionRule[] All = [.. Names, .. Tokens, .. Others];

    private static readonly RedactionRule[][] ByFirstCharacter = Group();

    /// <summary>Where a rule may apply at all: one vectorized search over a text, and most texts are done.</summary>
    public static readonly SearchValues<string> Triggers = SearchValues.Create(
        [.. All.Select(rule => StemOf(rule.Trigger)).Distinct(StringComparer.OrdinalIgnoreCase)],
        StringComparison.OrdinalIgnoreCase);

    /// <summary>The rules whose trigger may begin with a character.</summary>
    public static RedactionRule[] StartingWith(char c) => c < ByFirstCharacter.Length ? ByFirstCharacter[c] : [];

    /// <summary>Whether a name's last word says that its value is no secret.</summary>
    public static bool IsHarmlessEnding(ReadOnlySpan<char> word) =>
        HarmlessEndings.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word);

    /// <summary>Whether a value is a plain word such as <c>true</c> or <c>none</c>, with or without brackets.</summary>
    public static bool IsPlainValue(ReadOnlySpan<char> value) =>
        value.Length <= LongestPlainValue && PlainValues.GetAlternateLookup<ReadOnlySpan<char>>().Contains(value.Trim("()<>[]"));

    /// <summary>Whether a word after an option's name is prose.</summary>
    public static bool IsProse(ReadOnlySpan<char> word) =>
        IsPlainValue(word) || Prose.GetAlternateLookup<ReadOnlySpan<char>>().Contains(word);

    /// <summary>Whether a whole key, such as a setting's or a data entry's, names a secret.</summary>
    /// <param name="name">The key.</param>
    /// <param name="isLast">Whether no word may stand behind the secret's name: <c>clientSecret</c>, but not <c>tokenService</c>.</param>
    public static bool IsSecretName(ReadOnlySpan<char> name, bool isLast = false)
    {
        for (var from = 0; from < name.Length;)
        {
            var hit = name[from..].IndexOfAny(Triggers);
            if (hit < 0)
            {
                return false;
            }

            hit += from;
            foreach (var rule in StartingWith(name[hit]))
            {
                if (rule is NameRule names && names.IsName(name, hit) && (!isLast || hit + rule.Trigger.Length == name.Length))
                {
                    return true;
                }
            }

            from = hit + 1;
        }

        return false;
    }

    /// <summary>Whether a word is exactly one of the names, without any dress.</summary>
    public static bool IsBareName(ReadOnlySpan<char> word)
    {
        foreach (var rule in Names)
        {
            if (word.Equals(rule.Name, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static string StemOf(string trigger) =>
        Array.Find(Stems, stem => trigger.StartsWith(stem, StringComparison.OrdinalIgnoreCase)) ?? trigger;

    /// <summary>By hand: this runs at every start, before anything is compiled.</summary>
    private static RedactionRule[][] Group()
    {
        var groups = new List<RedactionRule>[128];
        foreach (var rule in All)
        {
            var first = rule.Trigger[0];
            Add(char.ToLowerInvariant(first));
            if (char.ToUpperInvariant(first) != char.ToLowerInvariant(first))
            {
                Add(char.ToUpperInvariant(first));
            }

            void Add(char c) => (groups[c] ??= []).Add(rule);
        }

        var sorted = new RedactionRule[groups.Length][];
        for (var c = 0; c < groups.Length; c++)
        {
            // The longest trigger first, so that the more exact rule speaks first.
            sorted[c] = groups[c] is { } rules ? [.. rules.OrderByDescending(rule => rule.Trigger.Length)] : [];
        }

        return sorted;
    }
}
