using System.Text;
using HealthKit.Tests.Support;

namespace HealthKit.Tests.Redaction;

public sealed class RedactorTests
{
    private const string Pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAx8h1Zk\nq0Zp/3yT0=\n-----END RSA PRIVATE KEY-----";

    // Put together here, so that no scanner of repositories takes the test for a leak.
    private const string Jwt = "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P";

    private readonly Redactor _redactor = new();

    [Theory]
    // connection strings
    [InlineData("Server=db;User Id=app;Password=s3cret;Database=shop", "Server=db;User Id=app;Password=***;Database=shop")]
    [InlineData("Server=db;Pwd=s3cret", "Server=db;Pwd=***")]
    [InlineData("Server=db;Password=my long secret;Database=shop", "Server=db;Password=***;Database=shop")]
    [InlineData("Password=a b;Server=db", "Password=***;Server=db")]
    [InlineData("Server=db;Password=a,b&c;Initial Catalog=shop", "Server=db;Password=***;Initial Catalog=shop")]
    [InlineData("Server=db;Password=\"a;b\"\"c\";Database=shop", "Server=db;Password=\"***\";Database=shop")]
    [InlineData("Server=db;Password='a;b''c';Database=shop", "Server=db;Password='***';Database=shop")]
    [InlineData("Server=db;Password='it's;mine';Database=shop", "Server=db;Password='***';Database=shop")]
    [InlineData("Cannot open \"Server=db;Password=s3cret\".", "Cannot open \"Server=db;Password=***\".")]
    [InlineData("localhost:6379,password=s3cret,ssl=true", "localhost:6379,password=***,ssl=true")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc+/9==;EndpointSuffix=x", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=***;EndpointSuffix=x")]
    [InlineData("Endpoint=sb://x.net/;SharedAccessKeyName=Root;SharedAccessKey=abc9=", "Endpoint=sb://x.net/;SharedAccessKeyName=Root;SharedAccessKey=***")]
    [InlineData("BlobEndpoint=https://x;SharedAccessSignature=abcdef", "BlobEndpoint=https://x;SharedAccessSignature=***")]
    [InlineData("https://x.blob/c?sv=2020&sig=ab%2Bc&se=1", "https://x.blob/c?sv=2020&sig=***&se=1")]
    [InlineData("host=db password='a b' dbname=x", "host=db password='***' dbname=x")]
    [InlineData("Host=db;Username=app;PSW=geheim;Database=x", "Host=db;Username=app;PSW=***;Database=x")]
    [InlineData("Host=db;DB_PSW=@token;Database=x", "Host=db;DB_PSW=***;Database=x")]
    [InlineData("Server=db;User Id=app;Password=two words Zq8", "Server=db;User Id=app;Password=***")]
    [InlineData("Server=db;Password=Zq8 vK2;", "Server=db;Password=***;")]
    [InlineData("Password=Zq8 vK2;", "Password=***;")]
    [InlineData("Server=db;Password=two words\nat App.Main", "Server=db;Password=***\nat App.Main")]
    [InlineData("Cannot open 'Server=db;Password=it's two words'.", "Cannot open 'Server=db;Password=***'.")]
    [InlineData("{\"cs\":\"Server=db;Password=two words\",\"x\":1}", "{\"cs\":\"Server=db;Password=***\",\"x\":1}")]
    [InlineData("<cs>Server=db;Password=two words</cs>", "<cs>Server=db;Password=***</cs>")]
    // YAML
    [InlineData("user: app\npassword: |\n  Zq8 vK2\n\n  pLm\nx: 1", "user: app\npassword: |\n  ***\nx: 1")]
    [InlineData("db:\r\n  password: >-\r\n    Zq8vK2\r\n  user: app", "db:\r\n  password: >-\r\n    ***\r\n  user: app")]
    [InlineData("- password: |2+ # kept\n    Zq8vK2\n  user: app", "- password: |2+ # kept\n    ***\n  user: app")]
    [InlineData("12:00 INFO token: >\n  Zq8vK2\n  end", "12:00 INFO token: >\n  ***")]
    [InlineData("password: Zq8 vK2 pLm", "password: ***")]
    [InlineData("db:\n  - password: Zq8 vK2 pLm\n    user: app", "db:\n  - password: ***\n    user: app")]
    [InlineData("spring.datasource.password: Zq8 vK2, pLm", "spring.datasource.password: ***")]
    [InlineData("password: Zq8 vK2 user: app", "password: *** user: app")]
    [InlineData("token: Zq8vK2 is invalid", "token: *** is invalid")]
    // command lines
    [InlineData("mysqldump -h db -u app -pZq8vK2 shop", "mysqldump -h db -u app -p*** shop")]
    [InlineData("sh -c '/usr/bin/mysql --password=abc -p\"Zq8 vK2\" x'", "sh -c '/usr/bin/mysql --password=*** -p\"***\" x'")]
    [InlineData("redis-cli -h redis.local -a Zq8vK2 ping", "redis-cli -h redis.local -a *** ping")]
    [InlineData("curl -s -u app:Zq8vK2 https://x", "curl -s -u *** https://x")]
    [InlineData("curl --user 'app:Zq8 vK2' https://x", "curl --user '***' https://x")]
    [InlineData("machine db login app password Zq8vK2", "machine db login app password ***")]
    [InlineData("default\n  login app\n  password Zq8vK2\n", "default\n  login app\n  password ***\n")]
    [InlineData("curl -uapp:Zq8vK2 https://x", "curl -u*** https://x")]
    [InlineData("curl --user=app:Zq8vK2 https://x", "curl --user=*** https://x")]
    // SQL
    [InlineData("ALTER USER u IDENTIFIED WITH caching_sha2_password BY 'Zq8vK2';", "ALTER USER u IDENTIFIED WITH caching_sha2_password BY '***';")]
    [InlineData("IDENTIFIED WITH 'mysql_native_password' AS 'Zq8vK2'", "IDENTIFIED WITH 'mysql_native_password' AS '***'")]
    [InlineData("ALTER ROLE u PASSWORD E'Zq8vK2'", "ALTER ROLE u PASSWORD E'***'")]
    [InlineData("ALTER ROLE u PASSWORD $$Zq8 vK2$$;", "ALTER ROLE u PASSWORD $$***$$;")]
    [InlineData("ALTER ROLE u PASSWORD $x$Zq8vK2$x$", "ALTER ROLE u PASSWORD $x$***$x$")]
    [InlineData("SET PASSWORD FOR 'app'@'%' = 'Zq8vK2'", "SET PASSWORD FOR 'app'@'%' = '***'")]
    [InlineData("SET PASSWORD FOR 'app'@'%' = PASSWORD('Zq8vK2')", "SET PASSWORD FOR 'app'@'%' = PASSWORD('***')")]
    // name and value apart
    [InlineData("{\n  \"name\": \"DB_PASSWORD\",\n  \"value\": \"Zq8vK2\"\n}", "{\n  \"name\": \"DB_PASSWORD\",\n  \"value\": \"***\"\n}")]
    [InlineData("- name: POSTGRES_PASSWORD\n  value: Zq8vK2\n- name: x", "- name: POSTGRES_PASSWORD\n  value: ***\n- name: x")]
    [InlineData("- name: \"DB_PASSWORD\"\n  value: \"Zq8vK2\"", "- name: \"DB_PASSWORD\"\n  value: \"***\"")]
    [InlineData("{\"key\":\"password\",\"type\":\"string\",\"value\":\"Zq8vK2\"}", "{\"key\":\"password\",\"type\":\"string\",\"value\":\"***\"}")]
    [InlineData("<setting name=\"Password\" serializeAs=\"String\">\n  <value>Zq8vK2</value>\n</setting>", "<setting name=\"Password\" serializeAs=\"String\">\n  <value>***</value>\n</setting>")]
    [InlineData("<entry key=\"db.password\">Zq8vK2</entry>", "<entry key=\"db.password\">***</entry>")]
    [InlineData("<property name=\"password\">Zq8vK2</property>", "<property name=\"password\">***</property>")]
    [InlineData("\"Password\":\n  \"Zq8vK2\"", "\"Password\":\n  \"***\"")]
    // known by their beginning
    [InlineData("a glrt-0123456789abcdefghAB b", "a *** b")]
    [InlineData("a glcbt-0123456789abcdefghAB b", "a *** b")]
    [InlineData("a hf_0123456789abcdefghijABCDEFGHIJ0123 b", "a *** b")]
    [InlineData("a shpat_0123456789abcdef0123456789abcdef b", "a *** b")]
    [InlineData("https://discordapp.com/api/webhooks/123456789012345678/Zq8vK2", "https://discordapp.com/api/webhooks/***")]
    [InlineData("a AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQQ9 b", "a AGE-*** b")]
    // beside what stays: a working directory, a number, a parameter, a setting's path
    [InlineData("Server=db;Pwd=/root;Database=x", "Server=db;Pwd=***;Database=x")]
    [InlineData("Pwd=/root;Server=db", "Pwd=***;Server=db")]
    [InlineData("/login?user=app&pwd=/Zq8v", "/login?user=app&pwd=***")]
    [InlineData("?pwd=/Zq8v", "?pwd=***")]
    [InlineData("uid=app pwd=/Zq8v", "uid=app pwd=***")]
    [InlineData("pwd=/Zq8v", "pwd=***")]
    [InlineData("Server=db Pwd=/Zq8v", "Server=db Pwd=***")]
    [InlineData("Server=db ; Uid=app ; PWD=/Zq8v", "Server=db ; Uid=app ; PWD=***")]
    [InlineData("PWD=/Zq8v ; Server=db", "PWD=*** ; Server=db")]
    [InlineData("login failed for app, pwd=/Zq8v", "login failed for app, pwd=***")]
    [InlineData("login failed for app, pwd: /Zq8v", "login failed for app, pwd: ***")]
    [InlineData("DB_PASS=12345", "DB_PASS=***")]
    [InlineData("User=x; Pass=1234", "User=x; Pass=***")]
    [InlineData("Server=db; User=x; Pass=1234; Database=y", "Server=db; User=x; Pass=***; Database=y")]
    [InlineData("ftp login user=app pass=48213 refused", "ftp login user=app pass=*** refused")]
    [InlineData("user: app\n  pass: 1234", "user: app\n  pass: ***")]
    [InlineData("db-password-root: 48213", "db-password-root: ***")]
    [InlineData("X-Token-Secret: 48213", "X-Token-Secret: ***")]
    [InlineData("secret-key: 1234", "secret-key: ***")]
    [InlineData("api-token-prod: 48213", "api-token-prod: ***")]
    [InlineData("the api-token-prod: 48213 in use", "the api-token-prod: *** in use")]
    [InlineData("user=app pass=1234567", "user=app pass=***")]
    [InlineData("password-mails: 123456", "password-mails: ***")]
    [InlineData("token = $1abc", "token = ***")]
    [InlineData("HealthKit:Checks:db:Password = 'Zq8vK2'; allowed: x", "HealthKit:Checks:db:Password = '***'; allowed: x")]
    [InlineData("Check 'api_token': Password = 'Zq8vK2'; allowed: x", "Check 'api_token': Password = '***'; allowed: x")]
    // what some programs write
    [InlineData("{\"auths\":{\"r.x\":{\"auth\":\"dXNlcjpwYXNz\"}}}", "{\"auths\":{\"r.x\":{\"auth\":\"***\"}}}")]
    [InlineData("{\\\"auth\\\": \\\"dXNlcjpwYXNz\\\"}", "{\\\"auth\\\": \\\"***\\\"}")]
    [InlineData("<machineKey validationKey=\"AB01\" decryptionKey=\"CD23\" validation=\"SHA1\" />", "<machineKey validationKey=\"***\" decryptionKey=\"***\" validation=\"SHA1\" />")]
    [InlineData("jdbc:oracle:thin:app/Zq8@vK2@//db:1521/x failed", "jdbc:oracle:thin:***@//db:1521/x failed")]
    [InlineData("\"url\":\"jdbc:oracle:oci:app/Zq8vK2@shop\",\"mail\":\"a@b\"", "\"url\":\"jdbc:oracle:oci:***@shop\",\"mail\":\"a@b\"")]
    // addresses
    [InlineData("https://x.azurewebsites.net/api/f?code=abcDEF-_012== failed", "https://x.azurewebsites.net/api/f?code=*** failed")]
    [InlineData("https://x/cb?state=1&code=abcDEF&scope=a", "https://x/cb?state=1&code=***&scope=a")]
    [InlineData("https://x/cb?state=1&amp;code=abcDEF", "https://x/cb?state=1&amp;code=***")]
    [InlineData("\"https://x/cb?state=1\\u0026code=abcDEF\"", "\"https://x/cb?state=1\\u0026code=***\"")]
    [InlineData("to=%2Fcb%3Fcode%3DabcDEF", "to=%2Fcb%3Fcode%3D***")]
    [InlineData("grant_type=authorization_code&code=abcDEF", "grant_type=authorization_code&code=***")]
    [InlineData("amqp://user:pass@host/vhost", "amqp://***@host/vhost")]
    [InlineData("redis://:pass@host:6379", "redis://***@host:6379")]
    [InlineData("redis://:p@ss/w:rd@host:6379/0", "redis://***@host:6379/0")]
    [InlineData("postgres://user:p/w@host/db", "postgres://***@host/db")]
    [InlineData("postgres://user:12/34@host/db", "postgres://***@host/db")]
    [InlineData("https://u:p@ss/w@host/x", "https://***@host/x")]
    [InlineData("https://u:pw@host/invite?mail=a@b.com", "https://***@host/invite?mail=a@b.com")]
    [InlineData("https://abc0123@sentry.example/42", "https://***@sentry.example/42")]
    [InlineData("redis://:a@one:1,redis://:b@two:2", "redis://***@one:1,redis://***@two:2")]
    [InlineData("mongodb+srv://u:pa?ss#@h1,h2/db", "mongodb+srv://***@h1,h2/db")]
    [InlineData("{\"url\":\"amqp://u:p@h\",\"mail\":\"a@b\"}", "{\"url\":\"amqp://***@h\",\"mail\":\"a@b\"}")]
    // headers
    [InlineData("Authorization: Bearer abc.def", "Authorization: Bearer ***")]
    [InlineData("Authorization: Basic dTpw\r\nHost: x", "Authorization: Basic ***\r\nHost: x")]
    [InlineData("Authorization: Digest username=\"u\", response=\"9\"\nHost: x", "Authorization: ***\nHost: x")]
    [InlineData("authorization: abc", "authorization: ***")]
    [InlineData("\"Authorization\":\"Bearer abc\",\"a\":1", "\"Authorization\":\"Bearer ***\",\"a\":1")]
    [InlineData("curl -H 'Authorization: Bearer abc' https://x", "curl -H 'Authorization: Bearer ***' https://x")]
    [InlineData("{Authorization=[Bearer abc], Accept=[x]}", "{Authorization=[Bearer ***], Accept=[x]}")]
    [InlineData("sent Bearer 0123456789abcdef to x", "sent Bearer *** to x")]
    [InlineData("sent Basic dXNlcjpwYXNz to x", "sent Basic *** to x")]
    [InlineData("aeg-sas-key: abcDEF012=", "aeg-sas-key: ***")]
    [InlineData("X-Api-Key: abc def", "X-Api-Key: ***")]
    [InlineData("Cookie: a=b; session=c\nHost: x", "Cookie: ***\nHost: x")]
    [InlineData("Set-Cookie: session=c; Path=/; HttpOnly", "Set-Cookie: ***")]
    [InlineData("\"Set-Cookie\":[\"a=b\",\"session=c; Path=/\"],\"x\":1", "\"Set-Cookie\":[\"***\"],\"x\":1")]
    // names in any dress
    [InlineData("password=s3cret", "password=***")]
    [InlineData("password = s3cret)", "password = ***)")]
    [InlineData("password: s3cret, user: app", "password: ***, user: app")]
    [InlineData("Login (user=app,password=s3cret) failed.", "Login (user=app,password=***) failed.")]
    [InlineData("\"password\": \"a, \\\"b\\\" c\", \"x\": 1", "\"password\": \"***\", \"x\": 1")]
    [InlineData("\"password\":\"ends with \\\\\",\"x\":1", "\"password\":\"***\",\"x\":1")]
    [InlineData("'password' => 'a b', 'x' => 1", "'password' => '***', 'x' => 1")]
    [InlineData(":password=>\"a b\"", ":password=>\"***\"")]
    [InlineData("{\\\"password\\\":\\\"a \\\\\\\"b\\\",\\\"x\\\":1}", "{\\\"password\\\":\\\"***\\\",\\\"x\\\":1}")]
    [InlineData("{\\u0022password\\u0022:\\u0022a b\\u0022,\\u0022x\\u0022:1}", "{\\u0022password\\u0022:\\u0022***\\u0022,\\u0022x\\u0022:1}")]
    [InlineData("{&quot;password&quot;:&quot;a b&quot;}", "{&quot;password&quot;:&quot;***&quot;}")]
    [InlineData("--password s3cret --user app", "--password *** --user app")]
    [InlineData("--db-password=s3cret --user app", "--db-password=*** --user app")]
    [InlineData("['mysqldump', '--password', 's3cret', 'db']", "['mysqldump', '--password', '***', 'db']")]
    [InlineData("net use /password:s3cret", "net use /password:***")]
    [InlineData("DB_PASSWORD=s3cret\nX=1", "DB_PASSWORD=***\nX=1")]
    [InlineData("DB_PASS=s3cret", "DB_PASS=***")]
    [InlineData("dbPassword: s3cret", "dbPassword: ***")]
    [InlineData("userpwd=s3cret", "userpwd=***")]
    [InlineData("client_secret=s3cret&x=1", "client_secret=***&x=1")]
    [InlineData("api-key: s3cret", "api-key: ***")]
    [InlineData("The API key: s3cret is wrong", "The API key: *** is wrong")]
    [InlineData("apiKey=s3cret", "apiKey=***")]
    [InlineData("access_token=s3cret", "access_token=***")]
    [InlineData("passphrase: correct horse battery", "passphrase: ***")]
    [InlineData("secret_key_base: abc123", "secret_key_base: ***")]
    [InlineData("aws_secret_access_key = abc/123+x", "aws_secret_access_key = ***")]
    [InlineData("PASSWORD_2=s3cret", "PASSWORD_2=***")]
    [InlineData("password.primary=s3cret", "password.primary=***")]
    [InlineData("user[password]=s3cret&x=1", "user[password]=***&x=1")]
    [InlineData("user%5Bpassword%5D=s3cret&x=1", "user%5Bpassword%5D=***&x=1")]
    [InlineData("to=%2Fa%3Ftoken%3Dabc123", "to=%2Fa%3Ftoken%3D***")]
    [InlineData("GET /a?token=abc&x=1 HTTP/1.1", "GET /a?token=***&x=1 HTTP/1.1")]
    [InlineData("GET /a?x=1&access_token=abc HTTP/1.1", "GET /a?x=1&access_token=*** HTTP/1.1")]
    [InlineData("line\\npass=abc", "line\\npass=***")]
    [InlineData("password: token: abc123", "password: token: ***")]
    [InlineData("token=Bearer abc", "token=Bearer ***")]
    [InlineData("<Password>a b</Password>", "<Password>***</Password>")]
    [InlineData("<ns:password type=\"text\">a b</ns:password>", "<ns:password type=\"text\">***</ns:password>")]
    [InlineData("<password><![CDATA[a<b]]></password>", "<password><![CDATA[***]]></password>")]
    [InlineData("&lt;password&gt;a b&lt;/password&gt;", "&lt;password&gt;***&lt;/password&gt;")]
    [InlineData("<add key=\"DbPassword\" value=\"a b\" />", "<add key=\"DbPassword\" value=\"***\" />")]
    [InlineData("{\"name\":\"password\",\"value\":\"a b\"}", "{\"name\":\"password\",\"value\":\"***\"}")]
    [InlineData("CREATE USER x IDENTIFIED BY 'a b'", "CREATE USER x IDENTIFIED BY '***'")]
    [InlineData("ALTER ROLE x PASSWORD 'a b'", "ALTER ROLE x PASSWORD '***'")]
    [InlineData("{default_password,<<\"a b\">>}", "{default_password,<<\"***\">>}")]
    [InlineData("[password, s3cret], [user, app]", "[password, ***], [user, app]")]
    [InlineData("HealthKit:Checks:shop:Password = 's3cret'; allowed: a text", "HealthKit:Checks:shop:Password = '***'; allowed: a text")]
    [InlineData("User { Name = app, Password = s3cret, Age = 3 }", "User { Name = app, Password = ***, Age = 3 }")]
    [InlineData("git clone https://x-access-token:s3cret@github.com/o/r.git", "git clone https://***@github.com/o/r.git")]
    [InlineData("Driver={x};UID=app;PWD={a;b}}c};Database=x", "Driver={x};UID=app;PWD={***};Database=x")]
    [InlineData("\"password\":\"cut in the mid", "\"password\":\"***")]
    // keys known by their beginning
    [InlineData("key AKIA" + "IOSFODNN7EXAMPLE used", "key *** used")]
    [InlineData("ghp_" + "0123456789abcdefghijABCDEFGHIJ012345", "***")]
    [InlineData("xoxb" + "-123456789012-abcdefABCDEF", "***")]
    [InlineData("https://hooks.slack.com/services/T000/B000/abcDEF123456", "https://hooks.slack.com/***")]
    [InlineData("POST https://x.webhook.office.com/webhookb2/6f9619ff-8b86@9d2c/IncomingWebhook/abc/def: 400", "POST https://x.webhook.office.com/*** 400")]
    [InlineData("https://outlook.office.com/webhook/6f9619ff-8b86@9d2c/IncomingWebhook/abc", "https://outlook.office.com/webhook/***")]
    [InlineData("hvs." + "CAESIJ0123456789abcdefghij.x", "***")]
    [InlineData("dop_v1_" + "0123456789abcdef0123456789abcdef", "***")]
    [InlineData("pypi-AgE" + "IcHlwaS5vcmcCJDAxMjM0NTY3", "***")]
    [InlineData("key=AIza" + "SyA0123456789abcdefghijklmnopqrstuv.", "key=***.")]
    [InlineData("sk_live" + "_0123456789abcdefABCDEF failed", "*** failed")]
    [InlineData("got " + Jwt + ".", "got ***.")]
    // what looks like a cause and is a secret
    [InlineData("password: hunter2", "password: ***")]
    [InlineData("Password: \"x y\"", "Password: \"***\"")]
    [InlineData("Password: \"must be x\"", "Password: \"***\"")]
    [InlineData("token: abc123def456", "token: ***")]
    [InlineData("secret: s3cr3t", "secret: ***")]
    [InlineData("secret: s3cr3t not found", "secret: *** not found")]
    [InlineData("secret: aB/3xyz not found", "secret: *** not found")]
    [InlineData("password: not", "password: ***")]
    [InlineData("password: the, user: app", "password: ***, user: app")]
    [InlineData("password: the user: app", "password: *** user: app")]
    [InlineData("password: musts3cret be", "password: ***")]
    [InlineData("password:must be", "password:*** be")]
    [InlineData("password = must be", "password = *** be")]
    [InlineData("passphrase: the quick brown fox", "passphrase: ***")]
    [InlineData("passphrase: must horse battery", "passphrase: ***")]
    [InlineData("Authorization: not found", "Authorization: ***")]
    [InlineData("Password = @dm1n", "Password = ***")]
    [InlineData("Password = @Password1", "Password = ***")]
    [InlineData("Password = @hunter", "Password = ***")]
    [InlineData("Password=@password", "Password=***")]
    [InlineData("--password @password x", "--password *** x")]
    [InlineData("Password = @passwordhunter", "Password = ***")]
    [InlineData("Token = @__aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_0", "Token = ***")]
    [InlineData("Token = @__aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_0s3cret", "Token = ***")]
    [InlineData("Password = @password!x", "Password = ***")]
    [InlineData("\"Password\": \"@__token_0\"", "\"Password\": \"***\"")]
    [InlineData("PublicKeyToken=30ad4fe6b2a6aeed0", "PublicKeyToken=***")]
    [InlineData("Token=30ad4fe6b2a6aeed", "Token=***")]
    [InlineData("expected token: 30ad4fe6b2a6, got 1", "expected token: ***, got 1")]
    [InlineData("unexpected token: \"s3cretsecret\"", "unexpected token: \"***\"")]
    [InlineData("invalid token: swordfish", "invalid token: ***")]
    [InlineData("session:token:9f8a7b6c", "session:token:***")]
    [InlineData("'token:123456'", "'token:***'")]
    [InlineData("'password:hunter'", "'password:***'")]
    [InlineData("token:refresh", "token:***")]
    public void A_credential_is_hidden_and_the_rest_stays(string text, string expected)
    {
        Assert.Equal(expected, _redactor.Redact(text));
        Assert.Same(expected, _redactor.Redact(expected));
    }

    [Theory]
    [InlineData("Could not load file or assembly 'Newtonsoft.Json, Version=13.0.0.0, Culture=neutral, PublicKeyToken=30ad4fe6b2a6aeed'. The system cannot find the file specified.")]
    [InlineData("Could not load file or assembly 'App, Version=1.0.0.0, Culture=neutral, PublicKeyToken=null'. The system cannot find the file specified.")]
    [InlineData("List`1[[App.X, App, Version=1.0.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089]], mscorlib")]
    [InlineData("<assemblyIdentity name=\"x\" publicKeyToken=\"b77a5c561934e089\" culture=\"neutral\" />")]
    [InlineData("unexpected token: \"SELECT\", expected \";\"")]
    [InlineData("Unexpected token: StartObject")]
    [InlineData("Unexpected token: '<', cancellationToken: CancellationToken")]
    [InlineData("Token: expected '}'")]
    [InlineData("SELECT 1 FROM users AS u WHERE u.\"Token\" = @__token_0")]
    [InlineData("WHERE ([u].[Token] = @__request_Token_0) AND u.\"Password\" = @hash;")]
    [InlineData("UPDATE users SET password = @password, token = @p0 WHERE id = @p1")]
    [InlineData("DbSet<User>().Where(u => u.Token == __token_0)")]
    [InlineData("queue 'token:refresh' is full")]
    [InlineData("session:token:42")]
    [InlineData("WRONGTYPE session:token:42:refresh, retried")]
    [InlineData("licenseKey: not found")]
    [InlineData("Password: too short")]
    [InlineData("Invalid token: signature mismatch")]
    [InlineData("tests pass: 12, fail: 0")]
    [InlineData("cancellationToken: System.Threading.CancellationToken")]
    [InlineData("{\"errors\":{\"Password\":[\"The Password field is required.\",\"Passwords must have at least one digit ('0'-'9').\"]}}")]
    [InlineData("cannot clone ssh://git@github.com/o/r.git or git+ssh://git@github.com/o/r")]
    [InlineData("password: |\nuser: app, password: >\n\nend")]
    [InlineData("ls -pa -a x; tar -a y; docker run -p80 mysql; mysql -p shop; curl -u app https://x; ps -u app:x")]
    [InlineData("the machine web1 password expired, pypi-server-of-our-own-0123456789")]
    [InlineData("\"auth\": \"none\", \"auth\": true, jdbc:oracle:thin:@db:1521/x, jdbc:oracle:thin:@//db/x?mail=a@b")]
    [InlineData("Secret: prod/db not found")]
    [InlineData("password: must be at least 8 characters")]
    [InlineData("certificate passphrase: cannot open file")]
    [InlineData("secret: the disk is full")]
    [InlineData("apiKey: Value is missing; token: could not refresh; secret: was rotated; password: has 3 characters")]
    [InlineData("status=failed;code=12 code=5 code: 404 /a?status_code=500&errorCode=7&country-code=de HResult code=3")]
    [InlineData("\"passwordRequired\": true")]
    [InlineData("passwordRequired=1; token_type=bearer; tokenCount: 5; max_tokens=4096; passwordless: yes")]
    [InlineData("password authentication failed for user app")]
    [InlineData("28P01: password authentication failed for user \"app\"")]
    [InlineData("No password has been provided but the backend requires one (in SASL/SCRAM-SHA-256)")]
    [InlineData("Access denied for user 'app'@'10.0.0.1' (using password: YES)")]
    [InlineData("Authentication plugin 'caching_sha2_password' cannot be loaded: /usr/lib/x.so: cannot open shared object file")]
    [InlineData("Your password has expired. To log in you must change it using a client that supports expired passwords.")]
    [InlineData("WRONGPASS invalid username-password pair or user is disabled.")]
    [InlineData("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")]
    [InlineData("NOAUTH Authentication required.")]
    [InlineData("It was not possible to connect to the redis server(s). There was an authentication failure; check that passwords (or client certificates) are configured correctly")]
    [InlineData("Token expired")]
    [InlineData("Token expired at 2025-01-01T00:00:00Z")]
    [InlineData("Unexpected token '<' in JSON at position 0")]
    [InlineData("Basic authentication is required; Bearer authentication is not")]
    [InlineData("WWW-Authenticate: Bearer realm=\"x\", error=\"invalid_token\"")]
    [InlineData("Bearer token is missing")]
    [InlineData("the option --password is required")]
    [InlineData("cannot read /run/secrets/db_password: No such file or directory")]
    [InlineData("/etc/passwd: Permission denied, token.go:123: x, Token::Error: y")]
    [InlineData("Duplicate entry '5' for key 'PRIMARY': primary key: 5, foreign key: 6, key=7")]
    [InlineData("at App.PasswordStore.Check(String password) in /src/Password.cs:line 12")]
    [InlineData("Value cannot be null. (Parameter 'password')")]
    [InlineData("https://host:8080/@user https://medium.com/@user/a:b http://[::1]:80/a@b file:///a:b@c")]
    [InlineData("git@github.com:org/repo.git, mail a@b.com")]
    [InlineData("the secretary passed the compass to the passenger, bypass: true, monkey=1")]
    [InlineData("2025-11-22T00:04:00.123Z 6f9619ff-8b86-d011-b42d-00cf4fc964ff /var/log/app/production.log")]
    [InlineData("password=&user=app, password: , Password=;Database=x, \"token\":\"\"")]
    [InlineData("\"secret\": {\"name\": \"x\"}")]
    [InlineData("signal: sig=11")]
    [InlineData("no -----BEGIN RSA PRIVATE KEY----- header in file x.pem")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----")]
    [InlineData("sk-learn-something-with-a-long-name npm_config_user_agent_and_something")]
    [InlineData("41.3 GiB of 98.2 GiB free (42 %)")]
    [InlineData("")]
    [InlineData("sudo: app : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/bin/ls")]
    [InlineData("OLDPWD=/root")]
    [InlineData("export PWD=/srv && env PWD=/srv ls")]
    [InlineData("pwd: /srv/app")]
    [InlineData("first pass: 500 rows")]
    [InlineData("compaction pass=3")]
    [InlineData("SELECT 1 FROM u WHERE token = $1 AND x")]
    [InlineData("SELECT 1 FROM u WHERE token = ?")]
    [InlineData("queue password-mails: 12 ready")]
    [InlineData("token-service: 200 in 12 ms")]
    [InlineData("token-errors-rate: 12 % of all, password-mails: 3 rows.")]
    [InlineData("hf_orders_priority_2024_queue is full")]
    [InlineData("<param name=\"cancellationToken\">Ends when the app stops</param>")]
    [InlineData("<string name=\"forgot_password\">Forgot it?</string>")]
    [InlineData("<entry key=\"password_label\">Forgotten?</entry><entry key=\"password\">Your own password</entry>")]
    [InlineData("unknown option \"token\":\n'orders' was meant?")]
    [InlineData("unknown option \"token\":\n'orders', 'items' were meant?")]
    [InlineData("SELECT password AS 'pw'")]
    [InlineData("SELECT 'password' AS 'pw'")]
    [InlineData("HealthKit:Checks:auth_token:UnhealthyAboveCount = 101; allowed: a number")]
    [InlineData("HealthKit:Sinks:ops_token:Url is missing; allowed: an address")]
    [InlineData("A reload was rejected. HealthKit:Checks:password_reset_queue:Interval = 1; allowed: a time")]
    [InlineData("Check 'db_password': UnhealthyBelowFreePercent = 101; allowed: a number from 0 to 100 (percent)")]
    [InlineData("<input type=\"password\" name=\"password\"> Forgot it? </form>")]
    [InlineData("password by default")]
    [InlineData("getPassword('db')")]
    public void What_is_no_credential_comes_back_as_the_same_instance(string text) =>
        Assert.Same(text, _redactor.Redact(text));

    [Fact]
    public void A_private_key_is_hidden_also_without_its_end_and_under_a_name()
    {
        const string Hidden = "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----";
        Assert.Equal($"a {Hidden} b", _redactor.Redact($"a {Pem} b"));
        Assert.Equal($"private_key: {Hidden}", _redactor.Redact($"private_key: {Pem}"));
        Assert.Equal($"private_key: |\n  {Hidden}", _redactor.Redact($"private_key: |\n  {Pem}"));
        Assert.Equal($"\"private_key\":\"{Hidden}\\n\"", _redactor.Redact($"\"private_key\":\"{Pem.Replace("\n", "\\n", StringComparison.Ordinal)}\\n\""));
        Assert.Equal("-----BEGIN RSA PRIVATE KEY-----***", _redactor.Redact(Pem[..60]));
    }

    [Fact]
    public void Every_line_of_ordinary_logs_stays_readable()
    {
        // As Ruby, the kernel, servers and .NET write them; no line has a secret.
        var lines = Directory.GetFiles(Repository.PathOf("tests", "HealthKit.Tests", "Redaction", "Samples")).SelectMany(File.ReadLines).ToList();
        Assert.True(lines.Count > 50, $"There are {lines.Count} lines.");
        Assert.All(lines, line => Assert.Same(line, _redactor.Redact(line)));
    }

    [Fact]
    public void The_search_for_all_names_at_once_is_a_vectorized_one() =>
        // .NET falls back to a slower search, without a word, when there are too many (80) or one is too short.
        Assert.DoesNotContain("AhoCorasick", RedactionRules.Triggers.GetType().ToString(), StringComparison.Ordinal);

    [Fact]
    public void Null_is_refused() => Assert.Throws<ArgumentNullException>(() => _redactor.Redact(null!));

    [Fact]
    public void An_ordinary_text_costs_no_memory()
    {
        _redactor.AddSecret("registered-s3cret");
        const string Text = "41.3 GiB of 98.2 GiB free (42 %), password authentication failed for user app";
        _redactor.Redact(Text);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            _redactor.Redact(Text);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("password", "s3cret", "***")]
    [InlineData("Smtp:Password", "s3cret", "***")]
    [InlineData("apiKey", "s3cret", "***")]
    [InlineData("passwordRequired", "s3cret", "s3cret")]
    [InlineData("password", "", "")]
    [InlineData("token", "none", "none")]
    [InlineData("path", "/etc/passwd", "/etc/passwd")]
    [InlineData("url", "amqp://u:p@h", "amqp://***@h")]
    public void The_name_of_an_entry_tells_whether_all_of_its_value_is_hidden(string name, string value, string expected) =>
        Assert.Equal(expected, _redactor.Redact(name, value));

    public static TheoryData<string> Hostile => new(
        "password for ", "password for =", "password $a$", "password $a$b$a$ ", "password by '", "password(", "curl -sSu a ", "curl -sSu a:b ", "curl -a ", "curl -sSu \"a: ",
        "<entry key=\"password\">", "<entry key='password'>-----BEGIN →</", "\"key\":\"password\",\"a\":", "name: password\n", "HealthKit:token:A", "Check 'token': A", "\"token\":\n",
        "password-a: 1", "pwd=/", "pass: 1", "PWD=/ ; ", "PWD=/a\n", "a pass: 1 ", "password-a: 1 ready ", "\"token\":\n\"a", "<entry key=\"password\">→ </", "hf_a",
        "curl -u \"a ", "cookie=[*** ", "cookie=[Bearer *** ", ";password=Bearer *** ", ";password={ a} ", ";" + new string('a', 70) + "password={a} ",
        "<password>-----BEGIN →</", "&lt;password&gt;-----BEGIN →&lt;/", "<password>-----BEGIN →     </", "<password><![CDATA[-----BEGIN →]]>",
        "password", "password=", "password=\"", "password=\\\"", "api key api key=", "key_", "token_password-", "://", "://a", "a://b:c@", "eyJ", "eyJ.",
        "eyJ-", "sk-", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY----- ", "<password>", "<password ", "<token><![CDATA[",
        "&lt;token&gt;", "Authorization: ", "cookie:", "bearer ", "basic ", "Basic YWJj", "password=true ", "password=\"true\" ", "password='",
        ";password=a b", "token.token", "--token ", "[token,", "password=;", "\\\"token\\\":", "\\", "password:[\"a\",", "password:***", "***",
        "secret: password: ", "hooks.slack.com/", "AKIA", "password                                                    ",
        "?code=", "password: must ", "password: must", "unexpected token: ", "token: expected ", ":token:1", "token = @token_", "token = @token", "secret: a/",
        "unexpected-token: ", "publickeytoken=0", "password: |\n ", "password: |\n\n", "password: | #", "\npassword: a ", "password: a ", "a;password=;x", ";password='",
        " -p", "mysql -p", " -a x", "curl -u ", "login a password ", "jdbc:oracle:thin:", "jdbc:oracle:a/", "\"auth\":", "password:[\"a must .\",", "ssh://a@");

    /// <summary>
    /// Sixteen short texts against one text of the same total length: about the same time if it is linear, sixteen times as long if it
    /// is quadratic. A busy machine disturbs one measurement, not all of them.
    /// </summary>
    [Theory]
    [MemberData(nameof(Hostile))]
    public void The_time_is_linear_in_the_length(string piece)
    {
        const int Parts = 16;

        // Behind an arrow stands what comes at the end, once.
        var (repeated, end) = piece.Split('→') is [var first, var last] ? (first, last) : (piece, "");
        var part = Repeat(repeated, 1 << 15) + end;
        var whole = Repeat(repeated, Parts << 15) + end;
        var ratios = Enumerable.Range(0, 10).Select(_ => Time(whole, 1) / Time(part, Parts));
        Assert.Contains(ratios, ratio => ratio < 4);
    }

    private double Time(string text, int times)
    {
        var start = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < times; i++)
        {
            _redactor.Redact(text);
        }

        return TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
    }

    private static string Repeat(string piece, int length) => new StringBuilder().Insert(0, piece, length / piece.Length).ToString();
}
