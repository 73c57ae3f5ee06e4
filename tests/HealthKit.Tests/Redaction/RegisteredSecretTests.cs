using System.Text;

namespace HealthKit.Tests.Redaction;

public sealed class RegisteredSecretTests
{
    private readonly Redactor _redactor = new();

    [Fact]
    public void A_registered_secret_is_hidden_as_it_is_percent_encoded_and_in_base64()
    {
        const string Secret = "pä/ss w?rd";
        _redactor.AddSecret(Secret);
        var base64 = Convert.ToBase64String(Encoding.UTF8.GetBytes(Secret));
        Assert.Equal(
            "a *** b *** c *** d ***",
            _redactor.Redact($"a {Secret} b {Uri.EscapeDataString(Secret)} c {Uri.EscapeDataString(Secret).ToLowerInvariant()} d {base64}"));
    }

    [Fact]
    public void Case_matters()
    {
        _redactor.AddSecret("Hunter2");
        Assert.Equal("hunter2 ***", _redactor.Redact("hunter2 Hunter2"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("***")]
    [InlineData("**abc**")]
    public void Too_short_a_secret_is_ignored(string? secret)
    {
        _redactor.AddSecret(secret);
        Assert.Equal("abc *** **abc**", _redactor.Redact("abc *** **abc**"));
    }

    [Fact]
    public void The_longest_secret_wins_and_overlapping_ones_are_hidden_whole()
    {
        _redactor.AddSecret("abcd");
        _redactor.AddSecret("abcdefgh");
        _redactor.AddSecret("ghijkl");
        Assert.Equal("<***> <***> <***efg>", _redactor.Redact("<abcdefgh> <abcdefghijkl> <abcdefg>"));
    }

    [Fact]
    public void A_secret_with_the_marker_in_it_is_hidden_in_pieces()
    {
        _redactor.AddSecret("left***right");
        Assert.Equal("*********", _redactor.Redact("left***right"));
    }

    [Fact]
    public void The_oldest_secret_makes_room_for_the_newest()
    {
        for (var i = 0; i < RegisteredSecrets.MaxCount + 1; i++)
        {
            _redactor.AddSecret($"secret-number-{i:D5}");
        }

        Assert.Equal("secret-number-00000 *** ***", _redactor.Redact("secret-number-00000 secret-number-00001 secret-number-01000"));
    }

    [Fact]
    public void A_lone_surrogate_in_a_secret_or_a_text_does_no_harm()
    {
        _redactor.AddSecret("ab\uD83Dcd");
        Assert.Equal("\uDE00***\uD83D", _redactor.Redact("\uDE00ab\uD83Dcd\uD83D"));
    }

    [Fact]
    public async Task Secrets_may_be_registered_while_texts_are_redacted()
    {
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                var secret = $"secret-{writer}-{i:D4}";
                _redactor.AddSecret(secret);
                Assert.Equal("x *** y", _redactor.Redact($"x {secret} y"));
            }
        }));
        await Task.WhenAll(writers);
    }

    [Theory]
    [InlineData("Server=db;User Id=app;Password=s3cret;Database=shop", "s3cret")]
    [InlineData("Server=db;PWD = \"a;b\"\"c d\" ;Database=shop", "a;b\"c d")]
    [InlineData("Server=db;Password='a;b''c d';Database=shop", "a;b'c d")]
    [InlineData("Server=db;Password=a b, c=d;Database=shop", "a b, c=d")]
    [InlineData("Driver={x};UID=app;PWD={Zq8vK2pLm}", "Zq8vK2pLm")]
    [InlineData("PWD={Zq8;vK2} ;Driver={x}", "Zq8;vK2")]
    [InlineData("PWD={Zq8}};v=K2};Driver={x}", "Zq8};v=K2")]
    [InlineData("Server=db;Password={Zq8vK2;Database=x", "{Zq8vK2")]
    [InlineData("host:6379,password=s3cret,ssl=true", "s3cret")]
    [InlineData("host:6379,password=a;b-c,ssl=true", "a;b-c")]
    [InlineData("AccountName=a;AccountKey=abc+/9==;EndpointSuffix=x", "abc+/9==")]
    [InlineData("Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=abcd9=", "abcd9=")]
    [InlineData("amqp://user:p%40ss@host/vhost", "p@ss")]
    [InlineData("amqp://user:p%40ss@host/vhost", "p%40ss")]
    [InlineData("redis://:p@ss/w:rd@host", "p@ss/w:rd")]
    [InlineData("postgres://host/db?user=app&password=s3cret", "s3cret")]
    [InlineData("host=db user=app password='a \\'b' dbname=x", "a 'b")]
    [InlineData("host=db user=app password=s3cret dbname=x", "s3cret")]
    [InlineData("Password=s3cret", "s3cret")]
    [InlineData("Host=db;Username=app;PSW=geheim;Database=x", "geheim")]
    [InlineData("https://x.azurewebsites.net/api/f?a=1&code=abcDEF", "abcDEF")]
    public void The_password_of_a_connection_string_is_hidden_wherever_it_stands(string connectionString, string password)
    {
        _redactor.AddConnectionString(connectionString);
        Assert.Equal("it was *** there", _redactor.Redact($"it was {password} there"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(";;;===")]
    [InlineData("Server=database;User Id=application;Database=shop;Persist Security Info=true;Integrated Security=true")]
    [InlineData("Username=shop;Password=shop;Server=database;Database=shop;User Id=application")]
    [InlineData("amqp://shop:shop@database/application")]
    [InlineData("Data Source=/var/lib/app/database.db")]
    public void Nothing_else_of_a_connection_string_is_hidden(string? connectionString)
    {
        const string Text = "the shop application cannot reach database; true";
        _redactor.AddConnectionString(connectionString);
        Assert.Same(Text, _redactor.Redact(Text));
    }

    [Theory]
    [InlineData("amqp://orders:orders@mq/orders")]
    [InlineData("amqp://app:orders@mq:5672/orders")]
    [InlineData("postgres://app:orders@db/orders?sslmode=require")]
    public void A_password_that_names_the_user_or_the_database_too_is_not_registered(string connection)
    {
        var redactor = new Redactor();
        redactor.AddConnectionString(connection);
        if (connection.StartsWith("amqp", StringComparison.Ordinal))
        {
            _ = new RabbitMqPlan(new RabbitMqOptions { ConnectionString = connection, Management = new Uri("http://mq:15672/") }, redactor);
        }

        RedisEndpoint.TryParse("redis://orders:orders@cache")!.HideIn(redactor);
        Assert.Equal("queue 'orders' has no consumers", redactor.Redact("queue 'orders' has no consumers"));
        Assert.DoesNotContain(":orders@", redactor.Redact(connection), StringComparison.Ordinal);
    }
}
