using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace HealthKit.Tests.Dependencies;

public sealed class InventoryCheckTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("healthkit-inventory-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Everything_missing_in_a_directory_is_named_at_once_and_extras_are_listed()
    {
        Touch("orders.csv", "mails.csv", "part-1.bin", "part-2.bin");
        var check = Check(options =>
        {
            options.Directory = _root;
            options.Expected = ["orders.csv", "prices.csv", "part-*.bin >= 3", "readme?"];
        });

        var result = await check.RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, "inventory.missing"), (result.Status, result.Reason()));
        Assert.Equal(["prices.csv", "part-*.bin (2 of 3)", "readme?"], (IEnumerable<string>)result.Data["missing"]);
        Assert.Equal(["mails.csv"], (IEnumerable<string>)result.Data["extras"]);
        Assert.StartsWith(
            $"{_root}: 3 of 4 missing: prices.csv, part-*.bin (2 of 3), readme?; 1 other: mails.csv (use ", result.Description, StringComparison.Ordinal);

        Touch("prices.csv", "part-3.bin", "readme1");
        Assert.Equal(HealthStatus.Healthy, (await check.RunAsync()).Status);
    }

    [Fact]
    public async Task Extras_degrade_where_they_are_not_allowed()
    {
        Touch("a", "b");
        var result = await Check(options =>
        {
            options.Directory = _root;
            options.Expected = ["a"];
            options.AllowExtras = false;
        }).RunAsync();

        Assert.Equal((HealthStatus.Degraded, "inventory.extra"), (result.Status, result.Reason()));
    }

    [Fact]
    public async Task Below_a_directory_names_are_paths_of_files()
    {
        Touch("2026/11/orders.csv", "2026/12/orders.csv");
        Directory.CreateSymbolicLink(Path.Combine(_root, "loop"), _root);

        var result = await Check(options =>
        {
            options.Directory = _root;
            options.Recursive = true;
            options.Expected = ["2026/*/orders.csv >= 2", "2026/11/orders.csv"];
        }).RunAsync();

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Equal(["loop"], (IEnumerable<string>)result.Data["extras"]);
    }

    [Fact]
    public async Task A_directory_that_is_not_there_is_told_from_what_is_missing_in_it()
    {
        var result = await Check(options =>
        {
            options.Directory = Path.Combine(_root, "nowhere");
            options.Expected = ["a"];
        }).RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, "inventory.source.missing"), (result.Status, result.Reason()));
        Assert.DoesNotContain("missing", result.Data);
    }

    [Fact]
    public async Task A_function_of_the_app_says_what_is_there_and_what_it_may_not_look_at()
    {
        var check = Check(options =>
        {
            options.Expected = ["a", "b"];
            options.Source = (_, _) => Task.FromResult(new Inventory(["a"], Denied: ["b"]));
        });
        var result = await check.RunAsync();
        Assert.Equal((HealthStatus.Unhealthy, "inventory.denied"), (result.Status, result.Reason()));
        Assert.Contains("no access to b", result.Description, StringComparison.Ordinal);

        var failed = await Check(options =>
        {
            options.Expected = ["a"];
            options.Source = (_, _) => throw new InvalidOperationException("the store is closed");
        }).RunAsync();
        Assert.Equal("inventory.source.failed", failed.Reason());
        Assert.Contains("the store is closed", failed.Description, StringComparison.Ordinal);

        var stuck = await Check(options =>
        {
            options.Expected = ["a"];
            options.Deadline = TimeSpan.FromMilliseconds(100);
            options.Source = (_, _) => new TaskCompletionSource<Inventory>().Task;
        }).RunAsync();
        Assert.Equal("use.timeout", stuck.Reason());
    }

    [Fact]
    public async Task What_may_not_be_looked_into_is_not_called_missing()
    {
        var check = Check(options =>
        {
            options.Expected = ["in/secret.csv"];
            options.Source = (_, _) => Task.FromResult(new Inventory(["a"], Denied: ["in/"]));
        });

        var result = await check.RunAsync();

        Assert.Equal("inventory.denied", result.Reason());
        Assert.Contains("this process may not look into in/; elsewhere, 1 of 1 missing", result.Description, StringComparison.Ordinal);
    }

    public static TheoryData<string, string?, string?, string?> Lists => new()
    {
        { """["orders","mails"]""", null, null, null },
        { """{"queues":[{"name":"orders"},{"name":"mails","more":1}]}""", "/queues", "/name", null },
        { """{"indices":{"orders":{},"mails":{}}}""", "/indices", null, null },
        { """{"queues":{}}""", "/queues", null, "inventory.missing" },
        { """{"queues":[{"id":1}]}""", "/queues", "/name", "inventory.source.format" },
        { """{"other":[]}""", "/queues", "/name", "inventory.source.format" },
        { """42""", null, null, "inventory.source.format" },
        { "<html>", null, null, "inventory.source.format" },
    };

    [Theory]
    [MemberData(nameof(Lists))]
    public async Task Names_are_found_in_json_over_http(string json, string? items, string? name, string? reason)
    {
        using var server = Serve("200 OK", json);

        var result = await Check(options =>
        {
            options.Url = new Uri($"http://127.0.0.1:{server.Port}/api/queues?token=s3cr3t");
            options.ItemsPointer = items;
            options.NamePointer = name;
            options.Expected = ["orders", "mail?"];
        }).RunAsync();

        Assert.Equal(reason, result.Reason());
        Assert.Equal(reason is null ? HealthStatus.Healthy : HealthStatus.Unhealthy, result.Status);
        Assert.Equal($"http://127.0.0.1:{server.Port}/api/queues", result.Data["target"]);
        Assert.DoesNotContain("s3cr3t", result.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("401 Unauthorized", "auth.rejected")]
    [InlineData("403 Forbidden", "auth.forbidden")]
    [InlineData("404 Not Found", "http.notFound")]
    [InlineData("502 Bad Gateway", "http.badGateway")]
    public async Task A_list_that_cannot_be_had_is_told_as_the_http_check_tells_it(string status, string reason)
    {
        using var server = Serve(status, "no");

        var result = await Check(options =>
        {
            options.Url = new Uri($"http://127.0.0.1:{server.Port}/");
            options.Expected = ["a"];
        }).RunAsync();

        Assert.Equal((HealthStatus.Unhealthy, reason), (result.Status, result.Reason()));
        Assert.DoesNotContain("missing", result.Data);
    }

    [Theory]
    [InlineData("[\"\\ud800\"]", "inventory.source.format")] // half a surrogate pair
    [InlineData("{\"\\ud800\":1}", "inventory.source.format")]
    [InlineData("[{\"\\ud800-a-long-name\":1,\"name\":\"\\udc00\"}]", "inventory.source.format")]
    [InlineData("[\"a\u00ff\"]", "inventory.source.format")] // sent as Latin-1: no UTF-8
    [InlineData("\u00ef\u00bb\u00bf[\"a\"]", null)] // a byte order mark
    public async Task A_list_whose_names_are_no_text_is_no_list_of_names(string latin1, string? reason)
    {
        using var server = ServeBytes("200 OK", Encoding.Latin1.GetBytes(latin1));

        var result = await Check(options =>
        {
            options.Url = new Uri($"http://127.0.0.1:{server.Port}/");
            options.NamePointer = latin1.Contains("name", StringComparison.Ordinal) ? "/name" : null;
            options.Expected = ["a"];
        }).RunAsync();

        Assert.Equal(reason, result.Reason());
    }

    [Fact]
    public async Task A_list_of_more_names_than_are_read_says_nothing_of_what_is_missing()
    {
        var names = Enumerable.Range(0, 100_001).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture));
        foreach (var json in new[] { $"[{string.Join(',', names)}]", $"{{{string.Join(',', names.Select(name => $"\"{name}\":1"))}}}" })
        {
            using var server = Serve("200 OK", json);
            var result = await Check(options =>
            {
                options.Url = new Uri($"http://127.0.0.1:{server.Port}/");
                options.Expected = ["100000"];
            }).RunAsync();

            Assert.Equal((HealthStatus.Unhealthy, "inventory.source.tooLarge"), (result.Status, result.Reason()));
        }
    }

    [Fact]
    public async Task What_is_missing_is_worse_than_that_we_are_throttled_and_stays_while_nothing_is_asked()
    {
        using var server = Serve("200 OK\r\nX-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 600", "[]");
        using var check = Check(options =>
        {
            options.Url = new Uri($"http://127.0.0.1:{server.Port}/");
            options.Expected = ["a"];
        });

        Assert.Equal("inventory.missing", (await check.RunAsync()).Reason());
        var held = await check.RunAsync();
        Assert.Equal((HealthStatus.Unhealthy, "inventory.missing"), (held.Status, held.Reason()));
        Assert.Contains("not asked: ", held.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_in_an_unknown_encoding_did_not_break_off()
    {
        using var server = Serve("200 OK\r\nContent-Encoding: zstd", "[]");
        var result = await Check(options =>
        {
            options.Url = new Uri($"http://127.0.0.1:{server.Port}/");
            options.Expected = ["a"];
        }).RunAsync();

        Assert.Equal("http.content.encoding", result.Reason());
    }

    [Fact]
    public async Task What_a_function_of_the_app_does_wrong_is_its_failure_and_never_thrown()
    {
        Task<Inventory>[] answers =
        [
            Task.FromResult<Inventory>(null!),
            Task.FromResult(new Inventory(null!)),
            Task.FromResult(new Inventory(["a", null!])),
            Task.FromResult(new Inventory(["a"], [null!])),
            Task.FromException<Inventory>(new TaskCanceledException("The request was canceled due to the configured HttpClient.Timeout")),
        ];
        foreach (var answer in answers)
        {
            var result = await Check(options =>
            {
                options.Expected = ["a"];
                options.Source = (_, _) => answer;
            }).RunAsync();

            Assert.Equal((HealthStatus.Unhealthy, "inventory.source.failed"), (result.Status, result.Reason()));
        }
    }

    [Fact]
    public async Task The_deadline_holds_where_a_function_of_the_app_blocks_and_it_is_called_once_only()
    {
        using var enough = new ManualResetEventSlim();
        var calls = 0;
        using var check = Check(options =>
        {
            options.Expected = ["a"];
            options.Deadline = TimeSpan.FromMilliseconds(100);
            options.Source = (_, _) =>
            {
                Interlocked.Increment(ref calls);
                enough.Wait(TimeSpan.FromSeconds(20), CancellationToken.None);
                return Task.FromResult(new Inventory(["a"]));
            };
        });
        try
        {
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal("use.timeout", (await check.RunAsync()).Reason());
            }

            Assert.Equal(1, calls);
        }
        finally
        {
            enough.Set();
        }
    }

    [Fact]
    public async Task Names_that_a_server_makes_up_stay_short_and_on_their_line()
    {
        using var server = Serve("200 OK", $"[\"x\\u001b[31m\\n\\u202e{new string('y', 1_000_000)}\"]");
        var result = await Check(options =>
        {
            options.Url = new Uri($"http://127.0.0.1:{server.Port}/");
            options.Expected = ["a"];
        }).RunAsync();

        var extra = Assert.Single((IEnumerable<string>)result.Data["extras"]);
        Assert.All(new[] { extra, result.Description! }, text =>
        {
            Assert.InRange(text.Length, 1, 500);
            Assert.DoesNotContain(text, c => char.IsControl(c) || c == '\u202e');
        });
    }

    [Fact]
    public void Options_say_what_is_wrong_with_them()
    {
        Assert.Equal(["Expected", "Directory"], Errors(new InventoryOptions()));
        Assert.Equal(["Expected"], Errors(new InventoryOptions { Directory = "/srv", Expected = ["a >= x"] }));
        Assert.Equal(["Directory"], Errors(new InventoryOptions { Directory = "srv", Expected = ["a"] }));
        Assert.Equal(["Url"], Errors(new InventoryOptions { Directory = "/srv", Url = new Uri("http://a/"), Expected = ["a"] }));
        Assert.Equal(["Url", "ItemsPointer", "Headers"], Errors(new InventoryOptions
        {
            Url = new Uri("http://user:pass@a/"),
            Expected = ["a"],
            ItemsPointer = "queues",
            Headers = ["no header"],
        }).OrderByDescending(name => name, StringComparer.Ordinal));

        static List<string> Errors(InventoryOptions options) => [.. InventoryRules.Validate(options).Select(error => error.Property)];
    }

    private static InventoryCheck Check(Action<InventoryOptions> configure)
    {
        var options = new InventoryOptions();
        configure(options);
        Assert.Empty(InventoryRules.Validate(options));
        return new InventoryCheck(TestNetwork.With(), () => options, new ServiceCollection().BuildServiceProvider(), new Redactor());
    }

    private static RawServer Serve(string status, string body) => ServeBytes(status, Encoding.UTF8.GetBytes(body));

    private static RawServer ServeBytes(string status, byte[] body) => new(async (socket, token) =>
    {
        var request = new byte[4096];
        await socket.ReceiveAsync(request, token);
        await socket.SendAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n"), token);
        for (var sent = 0; sent < body.Length;)
        {
            sent += await socket.SendAsync(body.AsMemory(sent), token);
        }
    });

    private void Touch(params string[] names)
    {
        foreach (var name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_root, name))!);
            File.WriteAllText(Path.Combine(_root, name), name);
        }
    }
}
