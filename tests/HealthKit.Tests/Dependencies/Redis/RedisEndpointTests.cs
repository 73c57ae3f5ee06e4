using FsCheck;
using FsCheck.Fluent;

namespace HealthKit.Tests.Dependencies.Redis;

/// <summary>Addresses and strings of clients that name one server.</summary>
public class RedisEndpointTests
{
    [Theory]
    [InlineData("redis://cache.example", "redis://cache.example:6379/0", null, null)]
    [InlineData("REDIS://cache.example/", "redis://cache.example:6379/0", null, null)]
    [InlineData("redis://cache.example:7000/3", "redis://cache.example:7000/3", null, null)]
    [InlineData("rediss://cache.example?db=2", "rediss://cache.example:6379/2", null, null)]
    [InlineData("redis://:pa%40ss%3A%2F@[::1]:7000", "redis://[::1]:7000/0", null, "pa@ss:/")]
    [InlineData("redis://app:p:q@10.0.0.1", "redis://10.0.0.1:6379/0", "app", "p:q")]
    [InlineData("redis://a%20b:p@q@10.0.0.1", "redis://10.0.0.1:6379/0", "a b", "p@q")]
    [InlineData("redis://:@10.0.0.1", "redis://10.0.0.1:6379/0", null, null)]
    [InlineData("unix:///run/redis/redis.sock", "unix:///run/redis/redis.sock", null, null)]
    [InlineData("redis+unix://app:secret@/run/r%20s?db=4", "unix:///run/r s?db=4", "app", "secret")]
    [InlineData("cache.example", "redis://cache.example:6379/0", null, null)]
    [InlineData("cache.example:7000,password=a=b,user=app", "redis://cache.example:7000/0", "app", "a=b")]
    [InlineData("password=x://y, cache.example , ssl=True,defaultDatabase=1,abortConnect=false,name=web", "rediss://cache.example:6380/1", null, "x://y")]
    [InlineData("[::1]:6380,SSL=false,connectTimeout=500,syncTimeout=1,tieBreaker=,allowAdmin=true", "redis://[::1]:6380/0", null, null)]
    [InlineData("10.0.0.1,password=", "redis://10.0.0.1:6379/0", null, null)]
    public void It_is_read_and_shown_without_user_and_password(string text, string target, string? user, string? password)
    {
        var endpoint = RedisEndpoint.TryParse(text);

        Assert.NotNull(endpoint);
        Assert.Equal((target, user, password), (endpoint.Target, endpoint.User, endpoint.Password));
        Assert.Empty(RedisEndpoint.Validate("ConnectionString", text));
    }

    [Theory]
    [InlineData("", "here it is empty")]
    [InlineData("http://cache.example", "the scheme is another one")]
    [InlineData("redis://", "the host is none")]
    [InlineData("redis://cache.example:0", "the port is none from 1 to 65535")]
    [InlineData("redis://cache.example:65536", "the port is none from 1 to 65535")]
    [InlineData("redis://cache.example:", "the port is none from 1 to 65535")]
    [InlineData("redis://cache.example/zero", "not the number of a database")]
    [InlineData("redis://cache.example/-1", "not the number of a database")]
    [InlineData("redis://cache.example?db=x", "not the number of a database")]
    [InlineData("redis://cache.example?ssl_cert_reqs=none", "something other than db=n stands after the '?'")]
    [InlineData("redis://hunter2@cache.example", "user:password, or :password")]
    [InlineData("redis://hunter2:@cache.example", "a user without a password")]
    [InlineData("redis://:hunter2%@cache.example", "not followed by two hexadecimal digits")]
    [InlineData("redis://:hunter2/x@cache.example", "write these as %40, %2F, %3F")]
    [InlineData("redis://:hunter2?x@cache.example", "write these as %40, %2F, %3F")]
    [InlineData("redis://:hunter2#x@cache.example", "write it as %23")]
    [InlineData("redis://::1", "stands in brackets")]
    [InlineData("redis://[cache.example]:1", "no IPv6 address stands in the brackets")]
    [InlineData("unix://run/redis.sock", "begins with a slash")]
    [InlineData("unix:///", "begins with a slash")]
    [InlineData("cache.example,password=hunter2,other.example", "here are several servers")]
    [InlineData("cache.example,password=hunter2,hunter=2", "a word before a '='")]
    [InlineData("cache.example,colour=red", "colour is no option that is known here")]
    [InlineData("cache.example,user=app", "a user without a password")]
    [InlineData("cache.example,ssl=yes", "ssl is true or false")]
    [InlineData("cache.example,sslHost=", "sslHost is a host's name")]
    [InlineData("cache.example,defaultDatabase=one", "at defaultDatabase is not the number")]
    [InlineData("sentinel.example:26379,serviceName=main", "serviceName asks Sentinels")]
    [InlineData("cache.example,proxy=Envoy", "proxy is a way to the server")]
    [InlineData("password=hunter2", "no server is named")]
    public void What_is_wrong_is_named_and_nothing_of_it_shown(string text, string problem)
    {
        Assert.Null(RedisEndpoint.TryParse(text));
        var error = Assert.Single(RedisEndpoint.Validate("ConnectionString", text));

        Assert.Equal("ConnectionString", error.Property);
        Assert.Contains(problem, error.Allowed, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_user_and_password_come_through_percent_encoding()
    {
        var words = ArbMap.Default.GeneratorFor<NonEmptyString>().Select(text => text.Get).Where(text => !text.Any(char.IsSurrogate));
        Prop.ForAll(words.ToArbitrary(), words.ToArbitrary(), (user, password) =>
        {
            var endpoint = RedisEndpoint.TryParse($"redis://{Uri.EscapeDataString(user)}:{Uri.EscapeDataString(password)}@cache.example/5");

            Assert.Equal((user, password, "redis://cache.example:6379/5"), (endpoint?.User, endpoint?.Password, endpoint?.Target));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Whatever_the_text_it_is_a_server_or_an_error()
    {
        var parts = Gen.Elements("redis://", "rediss://", "unix://", ":", "@", "/", "?", "#", "%", "db=", "1", "host", ",", "=", "password", "[", "]", "::1", "\0", " ", "é");
        Prop.ForAll(Gen.ListOf(parts).Select(list => string.Concat(list)).ToArbitrary(), text =>
        {
            Assert.Equal(RedisEndpoint.TryParse(text) is null, RedisEndpoint.Validate("ConnectionString", text).Any());
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("redis://cache.example", "redis_cache_example_6379")]
    [InlineData("redis://:hunter2@cache.example:7000/2", "redis_cache_example_7000_2")]
    [InlineData("unix:///run/redis.sock", "redis")]
    [InlineData("hunter2@x", "redis")]
    public void The_name_of_the_check_is_made_of_it(string text, string name) => Assert.Equal(name, RedisEndpoint.CheckName("redis", text));

    [Fact]
    public void The_help_comes_through_the_redactor_as_it_is()
    {
        Assert.Equal(RedisEndpoint.Allowed, new Redactor().Redact(RedisEndpoint.Allowed));
        Assert.Equal(RabbitMqAddress.Allowed, new Redactor().Redact(RabbitMqAddress.Allowed));
    }
}
