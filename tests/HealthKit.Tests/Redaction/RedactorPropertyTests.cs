using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Redaction;

public sealed class RedactorPropertyTests
{
    private const string LettersAndDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>What may stand in a value without quotes, whatever follows it.</summary>
    private const string WordCharacters = LettersAndDigits + "!#$%()*+-./:=>?@[]^_{|}~äß€";

    private const string Printable = WordCharacters + " ,;&\"'`<\\";

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(2_000);

    private static readonly Shape[] Shapes =
    [
        // JSON, once and more often escaped, also cut before its end
        new("JSON", Printable, v => $"{{\"password\":\"{Json(v)}\",\"x\":1}}"),
        new("JSON with blanks", Printable, v => $"{{ \"dbPassword\" : \"{Json(v)}\" }}"),
        new("JSON in JSON", Printable, v => Json($"{{\"client_secret\":\"{Json(v)}\",\"x\":1}}")),
        new("JSON in JSON in JSON", Printable, v => Json(Json($"{{\"apiKey\":\"{Json(v)}\",\"x\":1}}"))),
        new("JSON as .NET escapes it", Printable, v => $"{{\"token\":\"{System.Text.Json.JsonEncodedText.Encode(v)}\"}}"),
        new("JSON in JSON as .NET escapes it", Printable, v => System.Text.Json.JsonEncodedText.Encode($"{{\"token\":\"{System.Text.Json.JsonEncodedText.Encode(v)}\"}}").ToString()),
        new("JSON that was cut", Printable, v => $"{{\"password\":\"{Json(v)}"),
        new("JSON in HTML", Printable, v => $"{{&quot;password&quot;:&quot;{Json(v).Replace("\\\"", "\\u0022", StringComparison.Ordinal)}&quot;}}"),
        new("Ruby or PHP", Printable, v => $"'password' => '{v.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}',"),
        new("Python argument list", Printable, v => $"['x', '--password', '{v.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}']"),
        new("SQL", Printable.Replace("\\", "", StringComparison.Ordinal), v => $"ALTER USER u IDENTIFIED BY '{v.Replace("'", "''", StringComparison.Ordinal)}';"),

        // connection strings
        new("ADO.NET in double quotes", Printable, v => $"Server=db;Password=\"{v.Replace("\"", "\"\"", StringComparison.Ordinal)}\";Database=x"),
        new("ADO.NET in single quotes", Printable, v => $"Server=db;Pwd='{v.Replace("'", "''", StringComparison.Ordinal)}';Database=x"),
        new("ADO.NET without quotes", WordCharacters + " ,&", v => $"Server=db;Password={v};Database=x"),
        new("ADO.NET at the end", WordCharacters + " ,&", v => $"Server=db;Password={v}"),
        new("PSW", WordCharacters + " ,&", v => $"Host=db;PSW={v};Database=x"),
        new("ODBC", WordCharacters + " ;,", v => "Driver={x};PWD={" + v.Replace("}", "}}", StringComparison.Ordinal) + "};Database=x"),
        new("StackExchange.Redis", WordCharacters, v => $"localhost:6379,password={v},ssl=true"),
        new("Azure storage", LettersAndDigits + "+/", v => $"AccountName=a;AccountKey={v}==;EndpointSuffix=x"),
        new("Azure service bus", LettersAndDigits + "+/", v => $"Endpoint=sb://x/;SharedAccessKeyName=r;SharedAccessKey={v}="),
        new("libpq", Printable, v => $"host=db password='{v.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}' dbname=x"),

        // addresses
        new("address", LettersAndDigits + "@/:?#!$%+-._~", v => $"amqp://user:{v}@host:5672/vhost"),
        new("address without a user", LettersAndDigits + "@/:?#!$%+-._~", v => $"redis://:{v}@host:6379/0"),
        new("address with a token", LettersAndDigits, v => $"https://{v}@host/42"),
        new("web address", LettersAndDigits + "@:!$%+-._~", v => $"https://user:{v}@host/a?b=c"),
        new("query", Printable, v => $"GET /a?token={Uri.EscapeDataString(v)}&x=1 HTTP/1.1"),
        new("last of a query", Printable, v => $"https://host/a?x=1&access_token={Uri.EscapeDataString(v)}"),
        new("SAS", Printable, v => $"https://host/a?sv=2020&sig={Uri.EscapeDataString(v)}&se=1"),
        new("key of a function", Printable, v => $"https://host/api/f?code={Uri.EscapeDataString(v)}&x=1"),
        new("encoded query", Printable, v => $"to=%2Fa%3Ftoken%3D{Uri.EscapeDataString(v)}"),

        // headers
        new("Authorization: Bearer", WordCharacters, v => $"Authorization: Bearer {v}\r\nHost: x"),
        new("Authorization: Basic", Printable, v => $"Authorization: Basic {Base64(v)}\r\nHost: x"),
        new("Authorization: anything", WordCharacters + " ,;", v => $"Proxy-Authorization: {v}"),
        new("Bearer alone", LettersAndDigits + "-._~+/", v => $"sent Bearer {v}0123456789abcdef to"),
        new("Basic alone", Printable, v => $"sent Basic {Base64(v)} to"),
        new("aeg-sas-key", WordCharacters, v => $"aeg-sas-key: {v}"),
        new("X-Api-Key", WordCharacters, v => $"X-Api-Key: {v}"),
        new("Cookie", WordCharacters + " ,;", v => $"Cookie: a=b; session={v}"),
        new("Set-Cookie in JSON", WordCharacters + " ,;", v => $"\"Set-Cookie\":[\"a=b\",\"session={v}; Path=/\"],"),
        new("curl", WordCharacters, v => $"curl -H 'Authorization: Token {v}' https://x"),

        // names
        new("=", WordCharacters, v => $"password={v}"),
        new("= with blanks", WordCharacters, v => $"aws_secret_access_key = {v}"),
        new(":", WordCharacters, v => $"password: {v}"),
        new("environment", WordCharacters, v => $"DB_PASSWORD={v}"),
        new("passphrase", WordCharacters + " ,;", v => $"passphrase: {v}"),
        new("option", WordCharacters.Replace("-", "", StringComparison.Ordinal), v => $"--password {v} --user x"),
        new("YAML", WordCharacters, v => $"db:\n  - password: Zq8 {v}\n    user: x"),
        new("YAML block", Printable, v => $"db:\n  password: |\n    {v}\n    x\n  user: x"),
        new("mysql", WordCharacters, v => $"mysql -h db -p_{v} x"),
        new("redis-cli", WordCharacters, v => $"redis-cli -a {v} x"),
        new("curl -u", WordCharacters, v => $"curl -u app:{v} x"),
        new("netrc", WordCharacters, v => $"machine x\n  login a\n  password {v}"),
        new("Oracle", LettersAndDigits + "@#$_", v => $"jdbc:oracle:thin:app/{v}@host"),
        new("docker", Printable, v => $"\"auth\": \"{Base64(v)}\""),
        new("option with =", WordCharacters, v => $"--api-key={v} --user x"),
        new("XML", Printable, v => $"<password>{Xml(v)}</password>"),
        new("XML with a prefix and attributes", Printable, v => $"<s:Password Type=\"text\">\n{Xml(v)}\n</s:Password>"),
        new("XML attributes", Printable, v => $"<add key=\"ApiKey\" value=\"{Xml(v)}\" />"),
        new("CDATA", Printable.Replace("]", "", StringComparison.Ordinal), v => $"<secret><![CDATA[{v}]]></secret>"),

        // known by their beginning
        new("GitHub", LettersAndDigits, v => $"a ghp_{v}0123456789abcdefghijABCDEFGHIJ012345 b"),
        new("Slack", LettersAndDigits + "-", v => $"a xoxb-123456789012-{v} b"),
        new("Slack address", LettersAndDigits + "/", v => $"https://hooks.slack.com/services/T0123/B0123/{v}x"),
        new("Google", LettersAndDigits + "-_", v => $"a AIza{v}0123456789abcdefghijklmno b"),
        new("Stripe", LettersAndDigits, v => $"a sk_live_{v}0123456789 b"),
        new("JWT", LettersAndDigits + "-_", v => $"a eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{v}x b"),
        new("private key", LettersAndDigits + "+/", v => $"-----BEGIN PRIVATE KEY-----\n{v}\n-----END PRIVATE KEY-----"),
    ];

    /// <summary>Pieces that rules look for, put together at random: what no one writes, and an attacker does.</summary>
    private static readonly string[] Pieces =
    [
        "password", "Password", "pass", "token", "secret", "api key", "key", "sig", "Authorization", "Cookie", "passphrase", "identified by", "value", "name",
        "Bearer ", "Basic ", "YTpi", "eyJ", "hbGciOiJIUzI1NiJ9.", "AKIA", "IOSFODNN7EXAMPLE", "ghp_", "sk-", "0123456789abcdefghij", "hooks.slack.com/",
        "-----BEGIN ", "PRIVATE KEY", "-----", "-----END ", "://", "http", "redis", "a", "b", "Z", "9", "true", "none", "Required", "_type", "is",
        "=", ":", "=>", "::", ";", ",", "&", "?", "@", "/", ".", "-", "--", "_", "(", ")", "[", "]", "{", "}", "<", "</", ">", "/>", "<![CDATA[", "]]>",
        "\"", "'", "`", "\\", "\\\"", "\\\\\"", "\\u0022", "&quot;", "&lt;", "&gt;", "%3D", "%5D", "%22", "\\n", " ", "  ", "\t", "\r", "\n", "***", "*",
        "|", ">-", "\n  ", "mysql", " -p", " -u ", "curl", "redis-cli", " -a ", "jdbc:oracle:", "thin:", "auth\"", "dXNlcjpwYXNz", "machine x", "login a",
        "ssh", "field is required.", "is wrong", "code", "psw", "sas", "unexpected", "PublicKeyToken", "30ad4fe6b2a6aeed", "token_0", "p0", "must", "not found", "the", ": must ", ": cannot be",
        "HealthKit:", "Check '", "': Url", "Url = ", "$$", "$a$", "$1", " BY ", " FOR ", "PASSWORD('", "curl -sSu ", "--user=", "<entry key=\"", "<setting name='", "<value>", "PWD=/",
        "-mails: 12 ", "pass: 5 ", "- name: ", "\n value: ", "\"key\":\"", ",\"type\":\"x\",\"value\":",
        "\0", "ä", "😀", "\uD83D", "\uDE00", "\u212A", "\u2028",
    ];

    private static readonly Gen<string> Soup =
        Gen.Elements(Pieces).ListOf().Select(string.Concat);

    private static readonly Gen<string> AnyText =
        Gen.OneOf(Soup, ArbMap.Default.GeneratorFor<string?>().Select(text => text ?? ""), ArbMap.Default.GeneratorFor<char[]>().Select(text => new string(text)));

    [Fact]
    public void A_value_in_any_shape_never_shows_and_what_stands_around_it_stays()
    {
        var redactor = new Redactor();

        // Without P, K and S no name of a secret comes about by chance.
        var around = TextOf(string.Concat(LettersAndDigits.Except("PKSpks")) + " .,:;()[]'\"=/_-%#\n", 0, 60);
        var planted =
            from shape in Gen.Elements(Shapes)
            from value in TextOf(shape.Alphabet, 8, 40)
            where IsPlantable(value)
            from before in around
            from after in around
            where !before.Contains(value, StringComparison.Ordinal) && !after.Contains(value, StringComparison.Ordinal)
            select (Shape: shape, Value: value, Before: before + "\n", After: "\n" + after);

        Check.One(Many.WithMaxTest(10_000), Prop.ForAll(planted.ToArbitrary(), x =>
        {
            var text = x.Before + x.Shape.Plant(x.Value) + x.After;
            var clean = redactor.Redact(text);
            return (!clean.Contains(x.Value, StringComparison.Ordinal)
                    && !clean.Contains(Json(x.Value), StringComparison.Ordinal)
                    && !clean.Contains(Base64(x.Value), StringComparison.Ordinal)
                    && clean.StartsWith(x.Before, StringComparison.Ordinal)
                    && clean.EndsWith(x.After, StringComparison.Ordinal)
                    && ReferenceEquals(clean, redactor.Redact(clean)))
                .Label($"{x.Shape.Name}: {text}\n-> {clean}");
        }));
    }

    [Fact]
    public void Any_text_is_redacted_without_an_exception_and_twice_is_once() =>
        Check.One(Many.WithMaxTest(10_000).WithEndSize(200), Prop.ForAll(AnyText.ToArbitrary(), text =>
        {
            var redactor = new Redactor();
            var clean = redactor.Redact(text);
            var again = redactor.Redact(clean);
            return (clean == again).Label($"{clean}\n-> {again}");
        }));

    [Fact]
    public void Registered_secrets_never_show_and_twice_is_once() =>
        Check.One(Many, Prop.ForAll(Soup.ToArbitrary(), Gen.ListOf(AnyText).Select(list => list.Take(5).ToList()).ToArbitrary(), (text, secrets) =>
        {
            var redactor = new Redactor();
            secrets.ForEach(redactor.AddSecret);
            var clean = redactor.Redact(string.Join('<', [text, .. secrets, text, .. secrets.Select(Uri.EscapeDataString)]));
            return (secrets.All(secret => secret.Length < 4 || secret.Contains('*') || !clean.Contains(secret, StringComparison.Ordinal))
                && clean == redactor.Redact(clean)).Label($"{string.Join(" | ", secrets)}\n-> {clean}\n-> {redactor.Redact(clean)}");
        }));

    [Fact]
    public void Any_connection_string_is_taken_without_an_exception() =>
        Check.One(Many, Prop.ForAll(AnyText.ToArbitrary(), text => new Redactor().AddConnectionString(text)));

    [Fact]
    public void The_password_of_any_connection_string_is_registered()
    {
        var values =
            from value in TextOf(Printable.Replace("*", "", StringComparison.Ordinal), 8, 40)
            where IsPlantable(value)
            select value;

        Check.One(Many, Prop.ForAll(values.ToArbitrary(), value =>
        {
            string[] connectionStrings =
            [
                $"Server=db;Password=\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\";Database=x",
                $"Server=db;Password='{value.Replace("'", "''", StringComparison.Ordinal)}'",
                "Driver={x};PWD={" + value.Replace("}", "}}", StringComparison.Ordinal) + "};Database=x",
                $"amqp://user:{Uri.EscapeDataString(value)}@host/v",
                $"postgres://host/db?password={Uri.EscapeDataString(value)}",
                $"host=db password='{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}' dbname=x",
            ];
            return connectionStrings.All(connectionString =>
            {
                var redactor = new Redactor();
                redactor.AddConnectionString(connectionString);
                return redactor.Redact($"<{value}>") == "<***>";
            });
        }));
    }

    [Fact]
    public void Ordinary_text_comes_back_as_the_same_instance()
    {
        string[] words =
        [
            "disk", "free", "used", "42", "41.3", "GiB", "%", "of", "the", "(", ")", "/var/log/app.log", "2025-11-22T00:04:00Z", "127.0.0.1:6379", "failed:",
            "user", "'root'@'localhost'", "\"app\"", "Authentication", "expired", "password authentication", "https://host:8080/a?b=c", "->", "=", "\n",
            "6f9619ff-8b86-d011-b42d-00cf4fc964ff", "at App.Main(String[] args)", "in /src/Program.cs:line 12", "{\"a\":1}", "<html>", "*", "—", "ä",
        ];
        var redactor = new Redactor();
        redactor.AddSecret("a registered secret");
        Check.One(Many, Prop.ForAll(Gen.Elements(words).ListOf().Select(list => string.Join(' ', list)).ToArbitrary(),
            text => ReferenceEquals(text, redactor.Redact(text))));
    }

    private static bool IsPlantable(string value) =>
        value.Any(char.IsAsciiLetterOrDigit)
        && value.Trim() == value
        && !value.Contains("***", StringComparison.Ordinal)
        && !RedactionRules.IsPlainValue(value);

    private static Gen<string> TextOf(string alphabet, int min, int max) =>
        from length in Gen.Choose(min, max)
        from characters in Gen.Elements(alphabet.ToCharArray()).ArrayOf(length)
        select new string(characters);

    private static string Json(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static string Xml(string value) => System.Security.SecurityElement.Escape(value);

    private static string Base64(string value) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"user:{value}"));

    private sealed record Shape(string Name, string Alphabet, Func<string, string> Plant)
    {
        public override string ToString() => Name;
    }
}
